"""A budget that chooses the threshold: kept in any epidemic, the same for equals, and the same as `explain` says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.epidemic import COLOURS, EpidemicError, Plan, Rule, colours, dumps, evidence, explain, infer, loads
from bocage.engines.epidemic.explaining import Colour
from bocage.engines.epidemic.policy import BUDGET, NO_BUDGET
from bocage.engines.epidemic.types import Contacts, Floats, Observations, Onsets, Tests

NOBODY = np.zeros(1000, dtype=bool)


def wave(rng: np.random.Generator, day: int, height: float, people: int = 1000) -> Floats:
    """Probabilities of an epidemic that rises and falls over 60 days; each person's are alike from day to day."""
    level = height * np.exp(-(((day - 30) / 12) ** 2))
    chance: Floats = np.clip(level * np.linspace(0, 1, people) ** 4 + rng.random(people) * 0.002, 0, 0.9999)
    return chance


@settings(max_examples=40, deadline=None)
@given(
    budget=st.sampled_from([0.0, 0.5, 2.2, 10.0, 60.0, 1000.0]),
    height=st.sampled_from([0.0, 0.004, 0.05, 0.3, 0.999]),
    cases=st.integers(0, 20),
    haste=st.sampled_from([1.0, 2.5]),
    seed=st.integers(0, 1000),
)
def test_the_budget_is_never_exceeded_but_by_those_who_tested_positive(
    budget: float, height: float, cases: int, haste: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    plan, spent, restricted = Plan(budget, 60, haste=haste), 0.0, NOBODY
    for day in range(60):
        isolated = np.zeros(1000, dtype=bool)
        isolated[rng.choice(1000, cases, replace=False)] = True
        chance = wave(rng, day, height)
        today = colours(plan, day, spent, chance, restricted, isolated)
        others = today.restricted & ~isolated
        assert others.sum() <= today.places
        assert today.restricted[isolated].all()
        assert (np.round(chance[others], 6) >= plan.floor).all()
        assert today.cost_days == today.restricted.sum()
        spent, restricted = spent + today.cost_days, today.restricted
    assert spent <= max(budget * 1000, cases * 60)


def test_a_long_epidemic_spends_what_it_was_given() -> None:
    rng = np.random.default_rng(1)
    spent, restricted = 0.0, NOBODY
    for day in range(60):
        today = colours(Plan(2.0, 60), day, spent, wave(rng, 30, 0.3), restricted, NOBODY)
        spent, restricted = spent + today.cost_days, today.restricted
    assert 1900 <= spent <= 2000


def test_the_threshold_follows_what_is_left() -> None:
    """No constant: a worse epidemic, or a budget nearly spent, moves it up; more room moves it down."""
    rng = np.random.default_rng(2)
    chance = wave(rng, 30, 0.2)
    thresholds = [colours(Plan(budget, 60), 0, 0.0, chance, NOBODY, NOBODY).rule.yellow for budget in (0.5, 2, 10, 50)]
    assert thresholds == sorted(thresholds, reverse=True) and len(set(thresholds)) == 4
    worse = colours(Plan(2, 60), 0, 0.0, wave(rng, 30, 0.6), NOBODY, NOBODY)
    assert worse.rule.yellow > thresholds[1]
    late = colours(Plan(2, 60), 30, 1500.0, chance, NOBODY, NOBODY)
    assert late.rule.yellow > thresholds[1]


def test_equals_are_treated_alike_and_who_shares_the_last_place_stays_free() -> None:
    chance = np.full(1000, 0.02)
    chance[:10] = 0.2
    today = colours(Plan(1.0, 60), 0, 0.0, chance, NOBODY, NOBODY)
    assert today.places == 16 and set(np.flatnonzero(today.restricted)) == set(range(10))
    everybody = colours(Plan(1.0, 60), 0, 0.0, np.full(1000, 0.02), NOBODY, NOBODY)
    assert not everybody.restricted.any()


def test_who_is_restricted_stays_within_the_wider_circle_and_is_free_when_the_risk_falls() -> None:
    plan = Plan(1.0, 10, keep=2.0)
    chance = np.r_[np.linspace(0.5, 0.4, 99), np.full(901, 0.01)]
    first = colours(plan, 0, 0.0, chance, NOBODY, NOBODY)
    assert first.restricted.sum() == 99
    passed = chance.copy()
    passed[99:109] = 0.45
    second = colours(plan, 1, first.cost_days, passed, first.restricted, NOBODY)
    assert second.rule.release < second.rule.yellow
    assert (second.restricted == first.restricted).all()
    fallen = colours(plan, 2, 198.0, np.full(1000, 0.001), second.restricted, NOBODY)
    assert not fallen.restricted.any()


def test_without_a_budget_only_a_positive_test_or_certainty_restricts() -> None:
    isolated = np.arange(1000) < 3
    chance = np.linspace(0, 1, 1000)
    today = colours(Plan(0.0, 60), 0, 0.0, chance, ~NOBODY, isolated)
    assert set(np.flatnonzero(today.restricted)) == {0, 1, 2, 999} and today.template == NO_BUDGET
    assert {COLOURS[each] for each in today.colour[isolated]} == {Colour.RED}
    assert "no room for anybody but those who tested positive" in today.text


def test_the_sentence_says_how_the_threshold_came_about() -> None:
    chance = np.linspace(0, 0.2, 1000)
    today = colours(Plan(2.2, 90), 30, 800.0, chance, NOBODY, NOBODY)
    assert today.template == BUDGET and today.places == 22
    assert dict(today.values) == {
        "budget": "2.2", "horizon": "90", "spent": "0.80", "places": "22", "percent": f"{100 * today.rule.yellow:.2f}",
    }  # fmt: skip
    assert (chance >= today.rule.yellow).sum() == 22


def test_a_colour_recomputes_from_one_persons_record_and_the_rule_of_the_day() -> None:
    """For everybody, with yesterday's colours, positive tests and shared probabilities in it."""
    rng = np.random.default_rng(4)
    people = 400
    first, second = rng.integers(0, people, (2, 1600))
    met = first != second
    contacts = Contacts(people, ("home", "work"), first[met], second[met], layer=met[met].astype(int), weight=0.03)
    ill = rng.choice(people, 40, replace=False)
    swabs = Tests([1, 2, 3, 9], [19, 18, 20, 20], np.array([True, False, True, True]))
    risk = infer(contacts, Observations(swabs, Onsets(ill, [18] * 40), enrolled=np.ones(people, dtype=bool)), 20)
    records = [dumps(evidence(risk, person)) for person in range(people)]
    restricted = rng.random(people) < 0.2
    isolated = np.isin(np.arange(people), [1, 3, 9])
    # What the records say, to their last decimal, is what is ranked.
    chance = np.array([explain(loads(record)).infectious for record in records])
    assert np.abs(chance - risk.infectious).max() < 1e-4
    today = colours(Plan(5.0, 60), 20, 600.0, chance, restricted, isolated, Rule(version="test"))
    assert today.rule.version == "test" and len(set(today.colour.tolist())) == 3
    for person, record in enumerate(records):
        previous = Colour.YELLOW if restricted[person] else Colour.GREEN
        again = explain(loads(record), today.rule, previous)
        assert again.colour == COLOURS[today.colour[person]], person


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("day", {"day": -1}),
        ("day", {"day": 1.5}),
        ("spent_days", {"spent_days": float("nan")}),
        ("spent_days", {"spent_days": -1.0}),
        ("chance", {"chance": np.full(1000, np.nan)}),
        ("chance", {"chance": np.full(1000, 1.5)}),
        ("chance", {"chance": np.zeros(0)}),
        ("restricted", {"restricted": NOBODY[:3]}),
        ("isolated", {"isolated": np.zeros(1000)}),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(field: str, change: dict[str, object]) -> None:
    good: dict[str, object] = {
        "plan": Plan(2.0, 60), "day": 0, "spent_days": 0.0, "chance": np.zeros(1000), "restricted": NOBODY,
        "isolated": NOBODY,
    }  # fmt: skip
    with pytest.raises(EpidemicError) as refused:
        colours(**(good | change))  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(("field", "change"), [("floor", {"floor": 0.0}), ("keep", {"keep": 0.5})])
def test_a_plan_that_cannot_be_is_refused(field: str, change: dict[str, float]) -> None:
    with pytest.raises(EpidemicError) as refused:
        replace(Plan(2.0, 60), **change)  # type: ignore[arg-type]
    assert refused.value.field == field
