"""`./bocage alerts`: the kinds, a dry run of them over a recorded stream, a check of one's own."""

import itertools
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from bocage.engines import alerts
from bocage.engines.alerts import AlertsError, Change, Rule, What, instant

WRONG = 2
BATCH = 20_000
SHOWN_MAX = 200
COLOURS = {"critical": "bold red", "major": "red", "minor": "yellow", "info": "cyan"}
DryRun = tuple[list[Change], alerts.Counts]


def list_kinds(
    rules: Annotated[Path | None, typer.Option(help="Kinds of your own (TOML) over those that are shipped.")] = None,
    language: Annotated[str, typer.Option(help="en or fr.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Every kind of alert in plain words: what raises it, who owns it, what to do."""
    known = _refusing(lambda: _rules(rules, language))
    if as_json:
        typer.echo(json.dumps({"count": len(known), "kinds": [fields(rule) for rule in known]}, ensure_ascii=False))
        return
    out = Console()
    for family, kinds in itertools.groupby(known, key=lambda rule: rule.family):
        table = Table(title=family.replace("_", " "), title_justify="left", show_lines=False)
        for heading in ("kind", "when", "owner", "do"):
            table.add_column(heading, no_wrap=heading == "owner")
        for rule in kinds:
            colour = COLOURS[rule.severity]
            name = f"[{colour}]{escape(rule.title[language])}[/]\n[dim]{rule.name}[/]"
            table.add_row(name, escape(rule.says[language]), rule.owner, escape(rule.action[language]))
        out.print(table)
    severities = Counter(rule.severity for rule in known)
    out.print(
        f"{len(known)} kinds: " + ", ".join(f"[{COLOURS[each]}]{count} {each}[/]" for each, count in severities.items())
    )


def run(
    stream: Annotated[Path, typer.Argument(help="A recorded stream: JSON lines, or .csv.")],
    rules: Annotated[Path | None, typer.Option(help="Kinds of your own (TOML) over those that are shipped.")] = None,
    only: Annotated[bool, typer.Option(help="Judge by the kinds of --rules alone.")] = False,
    usual: Annotated[Path | None, typer.Option(help="An earlier stream, to learn what is usual from.")] = None,
    places: Annotated[Path | None, typer.Option(help="Zones and lines of the town (TOML).")] = None,
    zone: Annotated[str, typer.Option(help="The town's time zone.")] = "UTC",
    lateness: Annotated[float, typer.Option(help="Seconds that a record may come late.")] = 30.0,
    language: Annotated[str, typer.Option(help="en or fr.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Judge a recorded stream, yesterday's for instance: each alert with its reason. Changes nothing."""
    known = _refusing(lambda: _rules(rules, language, only=only))
    engine = _refusing(lambda: _engine(known, usual, places, zone, lateness))
    began = time.process_time()
    changes, counts = _refusing(lambda: _judge(engine, stream, quiet=as_json))
    seconds = time.process_time() - began
    named = {rule.name: rule for rule in known}
    if as_json:
        said = [_change(change, named[change.alert.kind]) for change in changes]
        typer.echo(
            json.dumps(
                {
                    "records": counts.records,
                    "left_out": dict(counts.left_out),
                    "not_judged": dict(counts.not_judged),
                    "cpu_seconds": round(seconds, 3),
                    "by_kind": Counter(c.alert.kind for c in changes if c.what is What.RAISED),
                    "changes": said,
                },
                ensure_ascii=False,
            )
        )
        return
    _print(changes, counts, named, language, seconds)


def check(
    rules: Annotated[Path, typer.Argument(help="A file of kinds (TOML).")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Check a file of kinds: the first fault is named by file, line and field."""
    own = _refusing(lambda: alerts.read(rules))
    _refusing(lambda: alerts.merged(own))
    shipped = {rule.name for rule in alerts.shipped()}
    replaced = [rule.name for rule in own if rule.name in shipped]
    if as_json:
        typer.echo(json.dumps({"kinds": [rule.name for rule in own], "replaces": replaced}))
        return
    typer.echo(f"{rules}: {len(own)} kinds, nothing wrong; {len(replaced)} of them replace a shipped one")


def fields(rule: Rule) -> dict[str, Any]:
    """A rule as JSON."""
    return {
        "name": rule.name,
        "family": rule.family,
        "title": dict(rule.title),
        "says": dict(rule.says),
        "severity": rule.severity,
        "owner": rule.owner,
        "action": dict(rule.action),
        "stream": rule.stream,
        "operator": rule.operator,
        "settings": {
            name: [str(each) for each in value] if isinstance(value, tuple) else value
            for name, value in rule.settings.items()
        },
        "where": [str(each) for each in rule.where],
        "when": [str(each) for each in rule.when],
        "clear": [str(each) for each in rule.clear],
        "for_seconds": rule.for_seconds,
        "clear_seconds": rule.clear_seconds,
        "dedup": rule.dedup,
        "dedup_seconds": rule.dedup_seconds,
        "agree_min": rule.agree_min,
        "suppressed_by": list(rule.suppressed_by),
        "evidence": list(rule.evidence),
        "evidence_days": rule.evidence_days,
    }


def _rules(path: Path | None, language: str, *, only: bool = False) -> tuple[Rule, ...]:
    if language not in ("en", "fr"):
        raise AlertsError("--language", "", f"{language!r:.20} is neither en nor fr")
    if path is None:
        if only:
            raise AlertsError("--only", "", "needs --rules")
        return alerts.shipped()
    own = alerts.read(path)
    everything = alerts.merged(own)
    return own if only else everything


def _engine(
    known: tuple[Rule, ...], usual: Path | None, places: Path | None, zone: str, lateness: float
) -> alerts.Engine:
    if not 0 <= lateness <= 86_400:
        raise AlertsError("--lateness", "", f"{lateness:g} is not between 0 and 86400 seconds")
    profile = None if usual is None else alerts.learn(alerts.read_stream(usual), known, alerts.zone_named(zone))
    return alerts.Engine(
        known,
        places=None if places is None else alerts.read_places(places),
        profile=profile,
        zone=alerts.zone_named(zone),
        lateness_seconds=lateness,
    )


def _judge(engine: alerts.Engine, stream: Path, *, quiet: bool) -> DryRun:
    changes: list[Change] = []
    records = alerts.read_stream(stream)
    err = Console(stderr=True)
    with Progress(console=err, disable=quiet or not err.is_terminal, transient=True) as progress:
        task = progress.add_task("Judging", total=None)
        while batch := list(itertools.islice(records, BATCH)):
            changes += engine.feed(batch)
            progress.advance(task, len(batch))
    return [*changes, *engine.finish()], engine.counts()


def _refusing[T](work: Callable[[], T]) -> T:
    try:
        return work()
    except AlertsError as error:
        typer.echo(f"alerts: {error}", err=True)
        raise typer.Exit(WRONG) from None


def _change(change: Change, rule: Rule) -> dict[str, Any]:
    alert = change.alert
    return {
        "at": instant(change.at_ms),
        "what": change.what,
        "id": alert.id,
        "kind": alert.kind,
        "severity": alert.severity,
        "source": alert.source,
        "on": alert.on,
        "reason": {language: alerts.reason(alert, rule, language) for language in ("en", "fr")},
        "agreeing": alert.agreeing,
        "repeats": alert.repeats,
        "suppressed_by": alert.suppressed_by,
        "raised_at": instant(alert.raised_ms),
        "cleared_at": None if alert.cleared_ms is None else instant(alert.cleared_ms),
        "silent": alert.silent,
        "owner": rule.owner,
        "action": dict(rule.action),
        "evidence_records": len(alert.evidence),
    }


def _print(changes: list[Change], counts: alerts.Counts, named: dict[str, Rule], language: str, seconds: float) -> None:
    out = Console()
    shown = [change for change in changes if change.what in (What.RAISED, What.RELEASED, What.REOPENED)]
    ended = {change.alert.id: change.alert.cleared_ms for change in changes if change.what is What.CLEARED}
    table = Table("at", "kind", "why", "over", title=f"{len(shown)} alerts", title_justify="left")
    for change in shown[:SHOWN_MAX]:
        rule = named[change.alert.kind]
        over = ended.get(change.alert.id)
        table.add_row(
            instant(change.at_ms),
            f"[{COLOURS[rule.severity]}]{escape(rule.title[language])}[/]",
            escape(alerts.reason(change.alert, rule, language)),
            "" if over is None else instant(over),
        )
    if shown:
        out.print(table)
    if len(shown) > SHOWN_MAX:
        out.print(f"and {len(shown) - SHOWN_MAX} more: --json has them all")
    hidden = sum(change.what is What.SUPPRESSED for change in changes)
    out.print(f"{counts.records:,} records, {len(shown)} alerts, {hidden} explained by another, {seconds:.2f} s of CPU")
    for reason, count in counts.left_out.items():
        out.print(f"[yellow]left out:[/] {count:,} {reason}")
    for kind, reason in counts.not_judged.items():
        out.print(f"[dim]not judged: {kind}, {reason}[/]")
