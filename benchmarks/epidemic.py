"""Policies against an epidemic, judged by Covasim: what each costs and prevents, on seeds that chose nothing.

    ./bocage extras add epidemic
    .venv/bin/python benchmarks/epidemic.py [--results FOLDER] [--seeds 10] [--processes 2] [--part NAME]...

NAME is city, observed, aaai24, changed or speed; all of them where none is named.

The plan's two figures (haste, floor: `epidemic/policy.py`) were chosen on seeds 101 and 102 at 10,000 agents, among
those of `--part choose`; every figure reported is on seeds 1 to 10. Each run is kept in FOLDER: a second call goes on
where the first stopped. The whole takes about an hour of CPU.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bocage.engines.epidemic import Contacts, Observations, Onsets, Parameters, Tests, infer
from bocage.engines.epidemic.laboratory.measuring import Outcome
from bocage.engines.epidemic.laboratory.sweep import LaboratoryMissing, Summary, summaries, sweep
from bocage.engines.epidemic.laboratory.world import World, aaai24

PARTS = ("city", "observed", "aaai24", "changed", "speed")
SMALL, LARGE = 2.2, 10.0
ANCHORS = {"trace": "7.6 published (Romijnders et al.)", "bocage": "1.1 published for their DPFN, epsilon = 1"}


def city(seeds: range, contacts: str) -> list[World]:
    """The city benchmark: naive policies, and ours within two budgets."""
    base = World(contacts=contacts, policy="none", budget_days=0.0)  # type: ignore[arg-type]
    names = ("household", "contacts", "test", "none") if contacts == "all" else ("household", "contacts")
    ours = [(budget, seed) for budget in (SMALL, LARGE) for seed in seeds]
    worlds = [replace(base, policy="bocage", budget_days=budget, seed=seed) for budget, seed in ours]
    return worlds + [replace(base, policy=name, seed=seed) for name in names for seed in seeds]  # type: ignore[arg-type]


def changed(seeds: range) -> list[World]:
    """The same policies, unchanged, in worlds that differ: more or less infectious, fewer with the app, no reports."""
    worlds = []
    for change in ({"beta_scale": 1.3}, {"adoption": 0.5}, {"symptoms": False}, {"beta_scale": 0.7}):
        for policy, budget in (("bocage", SMALL), ("bocage", LARGE), ("household", 0.0), ("contacts", 0.0)):
            worlds += [World(policy=policy, budget_days=budget, seed=seed, **change) for seed in seeds]  # type: ignore[arg-type]
    return worlds


def protocol(seeds: range) -> list[World]:
    """Romijnders et al. at 50,000 agents: with reports of illness, and without; with privacy; without messages."""
    worlds = []
    for seed in seeds:
        worlds += [
            aaai24(seed=seed),
            aaai24(seed=seed, epsilon=1.0),
            aaai24(policy="trace", seed=seed),
            aaai24(policy="test", seed=seed),
            aaai24(seed=seed, symptoms=False),
            aaai24(policy="trace", seed=seed, symptoms=False),
            aaai24(seed=seed, symptoms=False, messages=False),
        ]
    return worlds


def choosing() -> list[World]:
    """What the plan's figures were chosen among."""
    grid = [(haste, floor) for haste in (1.0, 1.5, 2.5) for floor in (0.002, 0.004, 0.03)]
    return [
        World(agents=10_000, budget_days=budget, haste=haste, floor=floor, seed=seed)
        for budget in (SMALL, LARGE)
        for haste, floor in grid
        for seed in (101, 102)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path(".bocage/epidemic-benchmark"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--part", choices=(*PARTS, "choose"), action="append")
    chosen = parser.parse_args()
    seeds, few = range(1, chosen.seeds + 1), range(1, min(chosen.seeds, 3) + 1)
    console = Console(width=150)
    worlds = {
        "city": city(seeds, "all"),
        "observed": city(seeds, "observed"),
        "aaai24": protocol(few),
        "changed": changed(few),
        "choose": choosing(),
    }
    for part in chosen.part or PARTS:
        if part == "speed":
            console.print(speed())
            continue
        try:
            outcomes = sweep(worlds[part], chosen.results, processes=chosen.processes, done=_said)
        except LaboratoryMissing as missing:
            sys.exit(str(missing))
        console.print(_table(part, summaries(outcomes)))
        console.print(_spread(summaries(outcomes)))


def _said(outcome: Outcome, kept: bool) -> None:
    if not kept:
        world = outcome.world
        said = f"{world.policy} {world.budget_days:g} seed {world.seed}: attack {outcome.attack:.3f}"
        print(f"{said}, {outcome.restricted_days:.2f} days, {outcome.cpu_seconds:.0f} CPU-s", file=sys.stderr)


def _table(part: str, found: list[Summary]) -> Table:
    table = Table(title=f"{part}: means over seeds")
    names = (
        "policy",
        "world",
        "runs",
        "attack",
        "± sd",
        "days a person",
        "precision",
        "recall",
        "peak ‰",
        "AUC",
        "error",
    )
    for name in (*names, "CPU-s a day"):
        table.add_column(name, justify="left" if name in ("policy", "world") else "right")
    for each in found:
        world = each.world
        values = [each.mean(name) for name in ("restricted_days", "precision", "recall", "peak_permille", "auc")]
        error = each.mean("calibration_error")
        table.add_row(
            f"{world.policy} {world.budget_days:g}" if world.policy == "bocage" else world.policy,
            _setting(world),
            str(len(each.seeds)),
            f"{each.mean('attack'):.3f}",
            f"{each.attack_sd:.3f}",
            *("" if value is None else f"{value:.3f}" for value in values),
            "" if error is None else f"{error:.2f}",
            f"{each.mean('inference_cpu_seconds_a_day'):.3f}",
        )
    if part == "aaai24":
        table.caption = "peak: " + "; ".join(f"{name} {says}" for name, says in ANCHORS.items())
    return table


def _setting(world: World) -> str:
    plain = aaai24() if world.agents == aaai24().agents else World()
    names = ("contacts", "symptoms", "beta_scale", "adoption", "epsilon", "messages", "haste", "floor")
    return " ".join(f"{name}={getattr(world, name)}" for name in names if getattr(world, name) != getattr(plain, name))


def _spread(found: list[Summary]) -> Table:
    """Calibration by bin and restricted days by age, of our policies."""
    table = Table(
        title="said → true in each bin of probability; restricted days a person by age (0-19, 20-39, 40-59, 60+)"
    )
    table.add_column("policy")
    table.add_column("said → true")
    table.add_column("days (share of them infected) by age")
    for each in found:
        bins = ", ".join(f"{said:.3f} → {true:.3f}" for count, said, true in each.bins() if count)
        ages = ", ".join(f"{days:.2f} ({share:.2f})" for days, _, share in each.age_bands())
        table.add_row(f"{each.world.policy} {each.world.budget_days:g} {_setting(each.world)}", bins, ages)
    return table


def speed() -> Table:
    """CPU seconds of one day's inference on random contacts (30 a person), 2 % of people ill, 0.5 % tested a day."""
    table = Table(title="one day's inference, one core (the anchor: sib, 23 to 33 CPU-s at 50,000 people)")
    for name in ("people", "contacts", "messages", "CPU-s"):
        table.add_column(name, justify="right")
    for people, messages in ((50_000, True), (50_000, False), (200_000, True)):
        rng = np.random.default_rng(people)
        first, second = rng.integers(0, people, (2, people * 15))
        met = first != second
        contacts = Contacts(people, ("c",), first[met], second[met], weight=0.006)
        ill = rng.choice(people, people // 50, replace=False)
        tested = rng.choice(people, people // 15, replace=False)
        observations = Observations(
            Tests(tested, rng.integers(1, 15, len(tested)), rng.random(len(tested)) < 0.01),
            Onsets(ill, rng.integers(1, 15, len(ill))),
            enrolled=np.ones(people, dtype=bool),
        )
        parameters = Parameters(messages=messages)
        graph = infer(contacts, observations, 14, parameters).graph
        begun = time.process_time()
        infer(contacts, observations, 14, parameters, graph=graph)
        spent = time.process_time() - begun
        table.add_row(f"{people:,}", f"{int(met.sum()):,}", "yes" if messages else "no", f"{spent:.2f}")
    return table


if __name__ == "__main__":
    main()
