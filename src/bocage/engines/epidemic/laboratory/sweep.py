"""Many runs: each in a process of its own, two at a time, each result kept in a file so that a sweep can go on."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from bocage.engines.epidemic.laboratory.measuring import Outcome
from bocage.engines.epidemic.laboratory.world import World
from bocage.engines.epidemic.types import EpidemicError

RUNS_MAX = 5000
PROCESSES_MAX = 2
# Raised whenever the engine's answers change: kept results of another version are run again.
VERSION = "4"


class LaboratoryMissing(RuntimeError):
    """Covasim is not installed."""

    def __init__(self) -> None:
        super().__init__("The laboratory needs Covasim, which the base does not carry: ./bocage extras add epidemic")


@dataclass(frozen=True, slots=True)
class Summary:
    """Runs of one setting: means over seeds, and the standard deviation of the attack rate (0 for a single run)."""

    world: World
    seeds: tuple[int, ...]
    outcomes: tuple[Outcome, ...]

    def mean(self, name: str) -> float | None:
        values = [getattr(each, name) for each in self.outcomes if getattr(each, name) is not None]
        return fmean(values) if values else None

    @property
    def attack_sd(self) -> float:
        return stdev(each.attack for each in self.outcomes) if len(self.outcomes) > 1 else 0.0

    def age_bands(self) -> tuple[tuple[float, float, float], ...]:
        """Mean over seeds of `Outcome.by_age`."""
        bands = zip(*(each.by_age for each in self.outcomes), strict=True)
        return tuple(
            (fmean(b[0] for b in band), fmean(b[1] for b in band), fmean(b[2] for b in band)) for band in bands
        )

    def bins(self) -> tuple[tuple[int, float, float], ...]:
        """`Outcome.calibration` of all seeds together."""
        total = []
        for parts in zip(*(each.calibration for each in self.outcomes), strict=True):
            count = sum(part[0] for part in parts)
            mean = sum(part[0] * part[1] for part in parts) / max(count, 1)
            total.append((count, mean, sum(part[0] * part[2] for part in parts) / max(count, 1)))
        return tuple(total)


def sweep(
    worlds: Iterable[World],
    folder: Path,
    *,
    processes: int = PROCESSES_MAX,
    done: Callable[[Outcome, bool], None] = lambda outcome, kept: None,
) -> list[Outcome]:
    """Play every world, or take its result from `folder`; in the order given. `done` is called as each is there.

    Raises `LaboratoryMissing` where a run is needed and Covasim is absent, `EpidemicError` for too many runs.
    """
    wanted = list(worlds)
    if len(wanted) > RUNS_MAX:
        raise EpidemicError("seeds", f"{len(wanted)} runs; at most {RUNS_MAX} are taken.")
    folder.mkdir(parents=True, exist_ok=True)
    outcomes: dict[World, Outcome] = {}
    missing = []
    for world in dict.fromkeys(wanted):
        outcome = _kept(world, folder)
        if outcome is None:
            missing.append(world)
        else:
            outcomes[world] = outcome
            done(outcome, True)
    if missing and find_spec("covasim") is None:
        raise LaboratoryMissing
    for world, outcome in _played(missing, max(1, min(processes, PROCESSES_MAX))):
        _keep(world, outcome, folder)
        outcomes[world] = outcome
        done(outcome, False)
    return [outcomes[world] for world in wanted]


def summaries(outcomes: Iterable[Outcome]) -> list[Summary]:
    """Outcomes grouped by everything but the seed, in order of first appearance."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(_digest(outcome.world, without_seed=True), []).append(outcome)
    return [
        Summary(group[0].world, tuple(each.world.seed for each in group), tuple(group)) for group in groups.values()
    ]


def saved(folder: Path) -> list[Outcome]:
    """Every result kept in `folder`, by name of file; results of another version are left out."""
    found = []
    for path in sorted(folder.glob("*.json"))[:RUNS_MAX]:
        outcome = _read(path)
        if outcome is not None:
            found.append(outcome)
    return found


def _played(worlds: list[World], processes: int) -> Iterator[tuple[World, Outcome]]:
    if not worlds:
        return
    # Read by the linear algebra of the children: one run, one core.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # Covasim greets and looks for fonts as it is imported, on the output that programs read.
    os.environ.setdefault("COVASIM_VERBOSE", "0")
    os.environ.setdefault("STARSIM_INSTALL_FONTS", "0")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, max_tasks_per_child=1) as pool:
        running = {pool.submit(_play, world): world for world in worlds}
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _play(world: World) -> Outcome:
    from bocage.engines.epidemic.laboratory.playing import play

    return play(world)


def _digest(world: World, without_seed: bool = False) -> str:
    values = asdict(world)
    if without_seed:
        del values["seed"]
    return hashlib.sha256(json.dumps([VERSION, values], sort_keys=True).encode()).hexdigest()[:20]


def _keep(world: World, outcome: Outcome, folder: Path) -> None:
    path = folder / f"{world.policy}-{world.seed}-{_digest(world)}.json"
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"version": VERSION, **outcome.fields()}, indent=1))
    draft.replace(path)


def _kept(world: World, folder: Path) -> Outcome | None:
    path = folder / f"{world.policy}-{world.seed}-{_digest(world)}.json"
    return _read(path) if path.exists() else None


def _read(path: Path) -> Outcome | None:
    try:
        raw: dict[str, Any] = json.loads(path.read_text())
        if raw.pop("version", None) != VERSION:
            return None
        world = World(**raw.pop("world"))
        raw["calibration"] = tuple((int(n), float(p), float(y)) for n, p, y in raw["calibration"])
        raw["by_age"] = tuple((float(a), float(b), float(c)) for a, b, c in raw["by_age"])
        if set(raw) != {each.name for each in fields(Outcome)} - {"world"}:
            raise KeyError("fields")
        return Outcome(world=world, **raw)
    except (ValueError, TypeError, KeyError) as error:
        raise EpidemicError("results", f"{path.name} is not a kept run ({error}); delete it.") from error
