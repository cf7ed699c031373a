"""`./bocage epidemic`: the laboratory, where a council sees the price of each policy. Needs no database."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bocage.engines.epidemic import EpidemicError
from bocage.engines.epidemic.laboratory.measuring import BANDS, BINS, Outcome
from bocage.engines.epidemic.laboratory.sweep import LaboratoryMissing, Summary, summaries, sweep
from bocage.engines.epidemic.laboratory.world import POLICIES, World, aaai24

SEEDS_MAX = 200
FIGURES = (".svg", ".png", ".pdf")
WRONG = 2


def epidemic(
    policy: Annotated[list[str], typer.Option(help=f"Repeat for several: {', '.join(POLICIES)}; or all.")] = ["bocage"],  # noqa: B006
    budget: Annotated[float, typer.Option(help="Restricted days a person over the whole run (policy bocage).")] = 2.2,
    agents: Annotated[int, typer.Option(help="People in the simulated town.")] = 20_000,
    days: Annotated[int, typer.Option(help="Days to simulate.")] = 91,
    seeds: Annotated[str, typer.Option(help="A seed, or a range such as 1-10.")] = "1",
    beta_scale: Annotated[float, typer.Option(help="Infectiousness against the default; no policy knows it.")] = 1.0,
    adoption: Annotated[float, typer.Option(help="Share of people who have the app.")] = 0.75,
    symptoms: Annotated[str, typer.Option(help="on or off: whether people report illnesses.")] = "on",
    epsilon: Annotated[
        float | None, typer.Option(help="Differential privacy of one contact's message in a day's risk (bocage).")
    ] = None,
    contacts: Annotated[str, typer.Option(help="all of Covasim's, or observed: household and check-ins.")] = "all",
    protocol: Annotated[str, typer.Option(help="city, or aaai24: no restrictions, tests 2 % a day by score.")] = "city",
    results: Annotated[Path | None, typer.Option(help="A folder that keeps each run, to go on later.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the trade-off into this file (.svg, .png, .pdf).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Play policies against an epidemic (Covasim): infections, days at home, precision, fairness, calibration."""
    try:
        worlds = _worlds(
            policy, protocol, seeds, budget=budget, agents=agents, days=days, beta_scale=beta_scale,
            adoption=adoption, symptoms=symptoms, epsilon=epsilon, contacts=contacts,
        )  # fmt: skip
        _writable(results, figure)
        outcomes = _play(worlds, results, quiet=as_json)
    except (EpidemicError, LaboratoryMissing) as error:
        typer.echo(f"epidemic: {error}", err=True)
        raise typer.Exit(WRONG) from None
    found = summaries(outcomes)
    if figure is not None:
        from bocage.engines.epidemic.laboratory.figure import draw

        draw(found, figure)
    if as_json:
        typer.echo(json.dumps({"runs": [each.fields() for each in outcomes], "summary": [_fields(s) for s in found]}))
        return
    for table in tables(found):
        Console().print(table)


def _worlds(names: list[str], protocol: str, seeds: str, **settings: Any) -> list[World]:
    chosen = list(POLICIES) if "all" in names else list(dict.fromkeys(names))
    if settings["symptoms"] not in ("on", "off"):
        raise EpidemicError("symptoms", f"{settings['symptoms']!r} is neither on nor off.")
    settings["symptoms"] = settings["symptoms"] == "on"
    if protocol not in ("city", "aaai24"):
        raise EpidemicError("protocol", f"{protocol!r} is neither city nor aaai24.")
    settings["budget_days"] = settings.pop("budget")
    if protocol == "aaai24":
        # The protocol fixes these; the rest can be tried.
        del settings["budget_days"], settings["adoption"]
    make = aaai24 if protocol == "aaai24" else World
    worlds = []
    for name in chosen:
        private = {} if name == "bocage" else {"epsilon": None, "budget_days": 0.0}
        worlds += [make(policy=name, seed=seed, **(settings | private)) for seed in _seeds(seeds)]  # type: ignore[arg-type]
    return worlds


def _seeds(text: str) -> range:
    found = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", text)
    if found is None:
        raise EpidemicError("seeds", f"{text!r} is not a seed such as 7, nor a range such as 1-10.")
    seeds = range(int(found[1]), int(found[2] or found[1]) + 1)
    if not 1 <= len(seeds) <= SEEDS_MAX:
        raise EpidemicError("seeds", f"{text!r} is {len(seeds)} seeds; between 1 and {SEEDS_MAX} are taken.")
    return seeds


def _writable(results: Path | None, figure: Path | None) -> None:
    """Say what could not be written before the runs and not after them."""
    if figure is not None and figure.suffix not in FIGURES:
        raise EpidemicError("figure", f"{figure} does not end in one of {', '.join(FIGURES)}.")
    for field, folder in (("results", results), ("figure", figure.parent if figure is not None else None)):
        if folder is None:
            continue
        try:
            if field == "results":
                folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise EpidemicError(field, f"nothing can be written in {folder} ({error.strerror}).") from None


def _play(worlds: list[World], folder: Path | None, *, quiet: bool) -> list[Outcome]:
    with TemporaryDirectory() as own, Progress(console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("Simulating", total=len(worlds))
        return sweep(worlds, folder or Path(own), done=lambda outcome, kept: progress.advance(task))


def tables(found: list[Summary]) -> list[Table]:
    """The trade-off, who bears it, and how far the probabilities can be trusted."""
    trade = Table(title="What each policy prevents and costs a person (means over seeds)")
    for name in ("policy", "budget", "runs", "attack", "± sd", "days", "precision", "recall", "peak ‰"):
        trade.add_column(name, justify="left" if name == "policy" else "right", no_wrap=True)
    ages = Table(title="Restricted days a person by age, and the share of them of infected people")
    for name in ("policy", "budget", *(f"{low}-{high - 1}" if high < 200 else f"{low}+" for low, high in BANDS)):
        ages.add_column(name, justify="left" if name == "policy" else "right")
    trust = Table(title="Calibration: the probability of being infectious, and how many were")
    for name in ("policy", "probability", "person-days", "said", "true"):
        trust.add_column(name, justify="left" if name == "policy" else "right")
    for each in found:
        world = each.world
        budget = f"{world.budget_days:g}" if world.policy == "bocage" else ""
        numbers = [each.mean(name) for name in ("restricted_days", "precision", "recall", "peak_permille")]
        trade.add_row(
            world.policy,
            budget,
            str(len(each.seeds)),
            f"{each.mean('attack'):.3f}",
            f"{each.attack_sd:.3f}",
            *("" if number is None else f"{number:.2f}" for number in numbers),
        )
        ages.add_row(world.policy, budget, *(f"{days:.2f} ({share:.2f})" for days, _, share in each.age_bands()))
        for place, (count, said, true) in enumerate(each.bins()):
            if count:
                label = f"{BINS[place]:g} to {min(BINS[place + 1], 1):g}"
                trust.add_row(world.policy, label, f"{count:,}", f"{said:.4f}", f"{true:.4f}")
    return [trade, ages, *([trust] if trust.row_count else [])]


def _fields(summary: Summary) -> dict[str, Any]:
    names = ("attack", "restricted_days", "precision", "recall", "peak_permille", "auc", "calibration_error")
    means = {name: summary.mean(name) for name in (*names, "inference_cpu_seconds_a_day")}
    setting = {"policy": summary.world.policy, "budget_days": summary.world.budget_days}
    return {**setting, "seeds": list(summary.seeds), **means, "attack_sd": summary.attack_sd}
