"""The posterior against brute force, and what must hold of any epidemic."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.epidemic import EVERY_DAY, Contacts, Observations, Onsets, Parameters, Tests, infer
from bocage.engines.epidemic.course import by_infection_day, course
from bocage.engines.epidemic.graph import build
from bocage.engines.epidemic.likelihood import log_likelihood
from bocage.engines.epidemic.messages import alike
from bocage.engines.epidemic.types import Floats, Ints

SHORT = Parameters(
    window_days=5,
    rounds=12,
    background_per_day=0.02,
    latent_mean_days=1.2,
    latent_sd_days=0.5,
    infectious_mean_days=3,
    message_reach_min=0,
)
DAY = 104


def brute_force(contacts: Contacts, observations: Observations, parameters: Parameters) -> Floats:
    """The posterior by enumerating every combination of infection days."""
    window, people, background = parameters.window_days, contacts.people, parameters.background_per_day or 0.0
    curve = by_infection_day(course(parameters).infectiousness, window)
    own = np.exp(log_likelihood(observations, people, DAY, parameters))
    given = np.ones(people) if observations.susceptibility is None else observations.susceptibility
    moved = np.ones((people, window)) if observations.mobility is None else observations.mobility
    edges = list(zip(contacts.first, contacts.second, contacts.weight, contacts.day, strict=True))
    answer = np.zeros((people, window + 1))
    for times in itertools.product(range(window + 1), repeat=people):
        chance = 1.0
        for person, day in itertools.product(range(people), range(window)):
            if day > times[person]:
                continue
            spared = np.exp(-background * given[person])
            for a, b, weight, when in edges:
                if person not in (a, b) or when not in (EVERY_DAY, DAY - window + 1 + day):
                    continue
                if times[other := b if person == a else a] < window:
                    met = weight * curve[times[other], day] * moved[a, day] * moved[b, day]
                    spared *= 1 - met * given[person]
            chance *= spared if day < times[person] else 1 - spared
        for person in range(people):
            chance *= own[person, times[person]]
        for person in range(people):
            answer[person, times[person]] += chance
    return answer / answer.sum(axis=1, keepdims=True)


@settings(max_examples=12, deadline=None)
@given(
    parents=st.tuples(st.just(0), st.integers(0, 1), st.integers(0, 2)),
    weights=st.lists(st.floats(0.01, 0.5), min_size=3, max_size=3),
    days=st.lists(st.sampled_from([EVERY_DAY, 101, 102, 103]), min_size=3, max_size=3),
    tests=st.lists(st.tuples(st.integers(0, 3), st.integers(100, DAY), st.booleans()), max_size=3),
    ill=st.sets(st.integers(0, 3), max_size=2),
    isolated=st.integers(0, 3),
)
def test_on_a_tree_the_messages_are_exact(
    parents: tuple[int, int, int],
    weights: list[float],
    days: list[int],
    tests: list[tuple[int, int, bool]],
    ill: set[int],
    isolated: int,
) -> None:
    contacts = Contacts(4, ("home",), parents, [1, 2, 3], day=days, weight=weights)
    mobility = np.ones((4, 5))
    mobility[isolated, 2:] = 0.2
    observations = Observations(
        Tests([p for p, _, _ in tests], [d for _, d, _ in tests], np.array([f for _, _, f in tests], dtype=bool)),
        Onsets(sorted(ill), [103] * len(ill)),
        enrolled=np.array([True, True, False, True]),
        susceptibility=np.array([1.0, 0.3, 1.0, 0.8]),
        mobility=mobility,
    )
    exact = brute_force(contacts, observations, SHORT)
    found = infer(contacts, observations, DAY, SHORT)
    assert found.messages is not None and len(found.messages.edge) == 3
    np.testing.assert_allclose(found.posterior, exact, atol=2e-6)


def test_a_positive_test_points_back_at_who_may_have_been_the_source() -> None:
    contacts = Contacts(3, ("home", "work"), [0, 1], [1, 2], layer=[0, 1], weight=[0.1, 0.1])
    quiet = infer(contacts, Observations(), 20)
    found = infer(contacts, Observations(Tests([1], [20], np.array([True]))), 20)
    without = infer(contacts, Observations(Tests([1], [20], np.array([True]))), 20, Parameters(messages=False))
    assert found.infected[0] > 10 * quiet.infected[0]
    # Without messages only the way forward is seen: the other's risk is far below what the evidence says.
    assert found.infected[0] > 1.5 * without.infected[0]


def test_more_exposure_and_worse_answers_never_lower_the_risk() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 200, (2, 600))
    met = first != second
    positive = Observations(Tests([5, 9], [18, 19], np.array([True, True])))
    risks = []
    for weight in (0.005, 0.02, 0.05):
        contacts = Contacts(200, ("c",), first[met], second[met], weight=weight)
        risks.append(infer(contacts, positive, 20, Parameters(background_per_day=1e-4)).infected.mean())
    assert risks == sorted(risks)
    contacts = Contacts(200, ("c",), first[met], second[met], weight=0.02)
    base = infer(contacts, Observations(), 20, Parameters(background_per_day=1e-3)).infected
    for sign, tests in ((1, Tests([7], [20], np.array([True]))), (-1, Tests([7], [20], np.array([False])))):
        moved = infer(contacts, Observations(tests), 20, Parameters(background_per_day=1e-3)).infected
        assert sign * (moved[7] - base[7]) > 1e-5
    ill = infer(contacts, Observations(onsets=Onsets([7], [19])), 20, Parameters(background_per_day=1e-3)).infected
    assert ill[7] > 5 * base[7]
    vaccinated = np.ones(200)
    vaccinated[7] = 0.1
    less = infer(contacts, Observations(susceptibility=vaccinated), 20, Parameters(background_per_day=1e-3)).infected
    assert less[7] <= base[7]


def test_equal_inputs_give_equal_bytes() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.integers(0, 300, (2, 2000))
    met = first != second
    contacts = Contacts(300, ("c",), first[met], second[met], weight=0.01)
    observations = Observations(Tests([1, 2], [8, 9], np.array([True, False])), enrolled=np.ones(300, bool))
    one, other = (infer(contacts, observations, 10) for _ in range(2))
    assert one.posterior.tobytes() == other.posterior.tobytes()
    # The order in which meetings are told is no information.
    order = rng.permutation(int(met.sum()))
    shuffled = Contacts(300, ("c",), second[met][order], first[met][order], weight=0.01)
    np.testing.assert_allclose(infer(shuffled, observations, 10).posterior, one.posterior, atol=1e-5)


def test_what_is_spared_changes_no_bit() -> None:
    rng = np.random.default_rng(6)
    first, second = rng.integers(0, 80, (2, 300))
    met = first != second
    days = np.where(rng.random(300) < 0.5, EVERY_DAY, rng.integers(100, DAY + 1, 300))[met]
    contacts = Contacts(80, ("c",), first[met], second[met], day=days, weight=0.05)
    graph = build(contacts, DAY, 5)
    infectiousness = rng.random((80, 5)).astype(np.float32)
    for empty in range(6):
        infectiousness[:, :empty] = 0
        plain = np.asarray(graph.daily @ infectiousness)
        for column, matrix in graph.single:
            plain[:, column] += matrix @ np.ascontiguousarray(infectiousness[:, column])
        assert graph.hazard(infectiousness).tobytes() == plain.tobytes()
    rows = rng.integers(0, 2, (500, 4)).astype(np.float32)
    kinds, which = alike(rows)
    assert len(kinds) == 16 and (kinds[which] == rows).all()
    assert alike(rows[:0])[0].shape == (0, 4)


def outbreak(people: int, days: int, seed: int, curve: Floats, first: Ints, second: Ints, weight: float) -> Ints:
    """Infection day of each person by simulating the model itself, -1 for never: an independent, plain simulator."""
    rng = np.random.default_rng(seed)
    when = np.full(people, -1)
    neighbours: list[list[int]] = [[] for _ in range(people)]
    for a, b in zip(first, second, strict=True):
        neighbours[a].append(b)
        neighbours[b].append(a)
    for day in range(days):
        caught: list[int] = list(np.flatnonzero((when < 0) & (rng.random(people) < 1e-3)))
        for source in np.flatnonzero(when >= 0):
            chance = weight * curve[day - when[source]]
            caught += [other for other in neighbours[source] if when[other] < 0 and rng.random() < chance]
        when[[each for each in caught if when[each] < 0]] = day
    return when


def test_probabilities_are_calibrated_on_epidemics_of_the_model() -> None:
    people, days = 1500, 14
    parameters = Parameters(background_per_day=1e-3)
    predicted, happened = [], []
    for seed in range(4):
        rng = np.random.default_rng(100 + seed)
        first, second = rng.integers(0, people, (2, people * 4))
        met = first != second
        when = outbreak(people, days, seed, course(parameters).infectiousness, first[met], second[met], 0.05)
        persons = rng.choice(people, 300, replace=False)
        sampled = rng.integers(days // 2, days, 300)
        since = sampled - when[persons]
        ill = course(parameters).infectious[np.maximum(since, 0)] * (when[persons] >= 0) * (since >= 0)
        positive = rng.random(300) < np.maximum(ill * parameters.sensitivity, 1 - parameters.specificity)
        contacts = Contacts(people, ("c",), first[met], second[met], weight=0.05)
        risk = infer(contacts, Observations(Tests(persons, sampled, positive)), days - 1, parameters)
        predicted.append(risk.infected)
        happened.append(when >= 0)
    p, y = np.concatenate(predicted), np.concatenate(happened)
    assert 0.8 < p.sum() / y.sum() < 1.25
    for low, high in ((0.0, 0.02), (0.02, 0.1), (0.1, 0.5)):
        chosen = (p >= low) & (p < high)
        expected = p[chosen].sum()
        # Four standard deviations, doubled because cases come in clusters, and a tenth of model error.
        assert abs(y[chosen].sum() - expected) < 8 * np.sqrt(expected) + 0.1 * expected


def test_the_background_is_learnt_from_the_data() -> None:
    rng = np.random.default_rng(2)
    people = 12000
    contacts = Contacts(people, ("c",), [0], [1], weight=0.01)
    truth = 0.004
    when = np.where(rng.random(people) < truth * 14, rng.integers(0, 14, people), 99)
    tested = rng.choice(people, 6000, replace=False)
    since = 13 - when[tested]
    found = rng.random(6000) < np.where(since >= 0, course(Parameters()).infectious[np.maximum(since, 0)], 0) * 0.85
    risk = infer(contacts, Observations(Tests(tested, [13] * 6000, found)), 13, Parameters(rounds=100))
    assert truth / 1.35 < risk.background_per_day < truth * 1.35


@pytest.mark.heavy
def test_a_million_people_a_day_on_one_core() -> None:
    """1 M people, 10 M meetings: minutes of CPU a day, within 8 GB."""
    rng = np.random.default_rng(1)
    people = 1_000_000
    first, second = rng.integers(0, people, (2, 10_000_000))
    met = first != second
    contacts = Contacts(people, ("c",), first[met], second[met], weight=0.005)
    ill = rng.choice(people, 20_000, replace=False)
    observations = Observations(onsets=Onsets(ill, rng.integers(7, 14, 20_000)), enrolled=np.ones(people, bool))
    begun = time.process_time()
    risk = infer(contacts, observations, 13)
    spent = time.process_time() - begun
    print(f"1 M people, {np.size(contacts.first)} meetings: {spent:.0f} CPU-s")
    assert spent < 180
    assert risk.infected[ill].mean() > 5 * risk.infected.mean()
