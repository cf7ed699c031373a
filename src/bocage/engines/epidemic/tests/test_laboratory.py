"""The policy's budget, kept runs, and (with Covasim) a tiny epidemic from end to end."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bocage.engines.epidemic import EpidemicError
from bocage.engines.epidemic.laboratory.measuring import rank_area
from bocage.engines.epidemic.laboratory.sweep import VERSION, saved, summaries, sweep
from bocage.engines.epidemic.laboratory.world import World, aaai24
from bocage.engines.epidemic.policy import Controller, Plan, likeliest

NOBODY = np.zeros(1000, dtype=bool)
ANYBODY = np.ones(1000, dtype=bool)


@pytest.mark.parametrize("haste", [1.0, 4.0])
def test_the_budget_is_kept_and_spent(haste: float) -> None:
    rng = np.random.default_rng(1)
    control = Controller(Plan(2.0, 60, haste=haste, floor=1e-6), 1000)
    for day in range(60):
        chance = rng.random(1000) * 0.1
        control.decide(day, chance, chance, NOBODY, ANYBODY)
    assert 1900 <= control.spent_days <= 2000


def test_isolation_counts_against_the_budget() -> None:
    control = Controller(Plan(10.0, 50, floor=1e-6), 1000)
    isolated = np.arange(1000) < 100
    chance = np.full(1000, 0.5)
    chosen = control.decide(0, chance, chance, isolated, ANYBODY)
    assert 90 <= chosen.sum() <= 100
    assert not (chosen & isolated).any()


def test_the_likeliest_are_chosen_only_above_the_floor_and_only_where_allowed() -> None:
    control = Controller(Plan(100.0, 10, floor=0.05), 1000)
    chance = np.linspace(0, 0.1, 1000)
    chosen = control.decide(0, chance, chance, NOBODY, np.arange(1000) % 2 == 0)
    assert chosen.any() and (np.flatnonzero(chosen) % 2 == 0).all() and chance[chosen].min() >= 0.05


def test_who_is_restricted_stays_while_the_rank_is_near_and_is_released_when_risk_falls() -> None:
    control = Controller(Plan(1.0, 10, floor=0.01, keep=2.0), 1000)
    chance = np.full(1000, 0.02)
    chance[:100] = 0.5
    first = control.decide(0, chance, chance, NOBODY, ANYBODY)
    assert first.sum() == 99 and set(np.flatnonzero(first)) <= set(range(100))
    nudged = chance.copy()
    nudged[:10] = 0.45
    nudged[100:110] = 0.47
    assert (control.decide(1, nudged, nudged, NOBODY, ANYBODY) == first).mean() > 0.99
    fallen = np.full(1000, 0.001)
    assert not control.decide(2, fallen, fallen, NOBODY, ANYBODY).any()


def test_tests_go_to_the_likeliest() -> None:
    assert list(likeliest(np.array([0.1, 0.9, 0.5, 0.9]), 3, np.array([True, True, True, False]))) == [1, 2, 0]
    assert len(likeliest(np.ones(5), 0, np.ones(5, bool))) == 0


def test_the_area_under_the_curve_counts_ties_by_half() -> None:
    truth = np.array([True] * 6 + [False] * 6)
    assert rank_area(np.r_[np.ones(6), np.zeros(6)], truth) == 1.0
    assert rank_area(np.zeros(12), truth) == 0.5
    assert rank_area(np.ones(3), np.array([True, False, False])) is None


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("policy", {"policy": "panic"}),
        ("agents", {"agents": 5}),
        ("adoption", {"adoption": 1.2}),
        ("beta_scale", {"beta_scale": float("nan")}),
        ("contacts", {"contacts": "some"}),
        ("epsilon", {"epsilon": 3.0}),
        ("budget_days", {"budget_days": -1}),
    ],
)
def test_a_world_that_cannot_be_is_refused_by_its_field(field: str, change: dict[str, object]) -> None:
    with pytest.raises(EpidemicError) as refused:
        World(**change)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_broken_kept_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"version": VERSION, "world": {}}))
    with pytest.raises(EpidemicError, match=r"x\.json"):
        saved(tmp_path)


@pytest.mark.heavy
def test_a_tiny_epidemic_end_to_end_twice_the_same(tmp_path: Path) -> None:
    pytest.importorskip("covasim", reason="./bocage extras add epidemic")
    from bocage.engines.epidemic.laboratory.playing import play

    world = World(policy="bocage", budget_days=3.0, agents=300, days=15, seed=3, beta_scale=2.0)
    one, other = play(world), play(world)
    again = replace(other, cpu_seconds=one.cpu_seconds, inference_cpu_seconds_a_day=one.inference_cpu_seconds_a_day)
    assert one == again
    assert one.restricted_days <= 3.2 and 0 < one.attack < 1
    assert sum(count for count, _, _ in one.calibration) > 300
    assert play(replace(world, policy="none", budget_days=0.0)).restricted_days == 0


@pytest.mark.heavy
def test_runs_are_kept_and_taken_up_again(tmp_path: Path) -> None:
    pytest.importorskip("covasim", reason="./bocage extras add epidemic")
    worlds = [World(policy="test", agents=300, days=5, seed=seed) for seed in (1, 2)]
    news: list[bool] = []
    first = sweep(worlds, tmp_path, done=lambda outcome, kept: news.append(kept))
    again = sweep(worlds, tmp_path, done=lambda outcome, kept: news.append(kept))
    assert news == [False, False, True, True] and first == again == saved(tmp_path)
    assert [summary.seeds for summary in summaries(first)] == [(1, 2)]


def test_the_protocol_of_aaai24_has_no_restrictions() -> None:
    assert aaai24().budget_days == 0 and aaai24().tests == 0.02 and aaai24(agents=500).agents == 500
