"""`./bocage faults`: many stories on one server, with what struck how often, and what was found wrong."""

import json
import os
import platform
import signal
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

SHORT_TRANSACTION_SECONDS = 1.0
FULL_TRANSACTION_SECONDS = 60.0


def register(app: typer.Typer) -> None:
    """Add `faults` to the command line."""
    app.command()(faults)


def faults(
    seeds: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many stories.")] = 50,
    first: Annotated[int, typer.Option("--from", min=0, help="The first seed: one that failed fails again.")] = 0,
    only: Annotated[str, typer.Option(help="Only seeds of this fault.")] = "",
    long_transactions: Annotated[
        bool, typer.Option(help="Hold the long transaction open for 60 s instead of 1 s.")
    ] = False,
    results: Annotated[
        Path | None, typer.Option(help="A file with a line a seed; seeds that stand in it are not run again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Kill, fill, race and shift the ledger on a server of its own; examine its invariants. Exits 1 on a finding."""
    from bocage.runtime.faults.cluster import cluster
    from bocage.runtime.faults.schedule import FAULTS

    if only and only not in FAULTS:
        raise typer.BadParameter(f"{only} is none of {', '.join(FAULTS)}", param_hint="--only")
    wanted = [seed for seed in range(first, first + seeds) if not only or FAULTS[seed % len(FAULTS)] == only]
    known = _known(results)
    console = Console(stderr=True, highlight=False)
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, _leave)
    with cluster() as server:
        os.environ.update(server.environment)
        import django

        django.setup()
        from bocage.runtime.faults.processes import load
        from bocage.runtime.faults.story import tell

        load()

        seconds = FULL_TRANSACTION_SECONDS if long_transactions else SHORT_TRANSACTION_SECONDS
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, disable=as_json) as progress:
            task = progress.add_task(
                "stories", total=len(wanted), completed=len(wanted) - len(set(wanted) - set(known))
            )
            for seed in wanted:
                if seed in known:
                    continue
                try:
                    result = tell(server, seed, seconds)
                    line = {**result.__dict__, "hits": dict(result.hits)}
                except (TimeoutError, RuntimeError) as error:
                    line = {"seed": seed, "fault": FAULTS[seed % len(FAULTS)], "found": [str(error)], "hits": {}}
                known[seed] = line
                if results is not None:
                    with results.open("a") as file:
                        file.write(json.dumps(line) + "\n")
                for found in line["found"]:
                    progress.console.print(f"seed {seed}: {found}", markup=False)
                progress.update(task, advance=1, description=f"seed {seed} {line['fault']}")
    summary = _summary([known[seed] for seed in wanted], time.monotonic() - begun)
    if as_json:
        typer.echo(json.dumps(summary, indent=1))
    else:
        _show(Console(highlight=False), summary)
    if summary["found"]:
        raise typer.Exit(1)


def _leave(_number: int, _frame: object) -> None:
    """Told to stop, take the server and its file system away all the same."""
    raise SystemExit(143)


def _known(results: Path | None) -> dict[int, dict[str, Any]]:
    if results is None or not results.exists():
        return {}
    lines = [json.loads(line) for line in results.read_text().splitlines() if line.strip()]
    return {int(line["seed"]): line for line in lines}


def _summary(lines: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    hits: Counter[str] = Counter()
    for line in lines:
        hits.update(line["hits"])
    takeovers = [float(each) for line in lines for each in line.get("takeover_seconds", ())]
    return {
        "seeds": len(lines),
        "answers": sum(int(str(line.get("answers", 0))) for line in lines),
        "hits": dict(sorted(hits.items())),
        "skipped": sorted({str(line["skipped"]) for line in lines if line.get("skipped")}),
        "takeovers": len(takeovers),
        "takeover_seconds_median": round(statistics.median(takeovers), 3) if takeovers else None,
        "takeover_seconds_max": round(max(takeovers), 3) if takeovers else None,
        "recovery_seconds_max": max((float(str(line.get("recovery_seconds", 0))) for line in lines), default=0.0),
        "found": [f"seed {line['seed']} ({line['fault']}): {each}" for line in lines for each in line["found"]],
        "seconds": round(seconds, 1),
        "machine": f"{os.cpu_count()} cores, {platform.system()}",
    }


def _show(console: Console, summary: dict[str, Any]) -> None:
    table = Table(title=f"{summary['seeds']} seeds, {summary['answers']} answers, {summary['seconds']} s")
    table.add_column("what struck")
    table.add_column("times", justify="right")
    for name, count in summary["hits"].items():
        table.add_row(name, str(count))
    console.print(table)
    if summary["takeovers"]:
        console.print(
            f"Lane B was taken over {summary['takeovers']} times: in {summary['takeover_seconds_median']} s (median),"
            f" {summary['takeover_seconds_max']} s (longest)."
        )
    for line in summary["skipped"]:
        console.print(f"Skipped: {line}")
    found = list(summary["found"])
    console.print(f"{len(found)} finding(s)" if found else "Nothing lost, nothing doubled, no invariant broken.")
