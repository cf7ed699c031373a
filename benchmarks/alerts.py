"""Records a second through every kind of alert on one core, beside a plain loop over the same records and rules.

    .venv/bin/python benchmarks/alerts.py [--records 30000] [--batch 5000] [--trouble 0.1] [--seed 1]

A made-up hour of a town: detectors each minute, vehicles each second, lights, buses, weather. At the share `--trouble`
of the sources every field sweeps its whole range, so that conditions begin and end all the time; the others hold what
they began with. `engine` is
`Engine.feed` from Record objects to changes; `columns` the same from arrays, as a program that has them would call it.
The anchor is what one would write first: a dictionary of states, a loop over records, a loop over the stream's rules,
for the kinds of the operators threshold and duration_in_state without a window (most of them). It judges fewer kinds
than the engine does, has no late records, no dedup, no suppression, no evidence; before anything is timed, the two must
raise the same conditions for those kinds. Times are CPU time of this process.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from bocage.engines.alerts import Engine, Record, Rule, shipped, streams
from bocage.engines.alerts.operators import ms
from bocage.engines.alerts.rows import Columns, pack
from bocage.engines.alerts.types import Comparison, Transition

START_MS = 1_795_003_200_000
# Of the town's records: share, sources, and how often each speaks.
TOWN = {"detector": (0.4, 800, 60.0), "track": (0.4, 120, 1.0), "signal": (0.1, 300, 30.0), "bus": (0.05, 100, 30.0),
        "weather": (0.05, 40, 60.0)}  # fmt: skip
ALONE = ("threshold", "duration_in_state")


def town(count: int, trouble: float, seed: int) -> list[Record]:
    """About `count` records in order of time."""
    dice = np.random.default_rng(seed)
    records: list[Record] = []
    for name, (share, sources, every) in TOWN.items():
        fields = streams()[name].fields
        rounds = max(1, round(count * share / sources))
        for source in range(sources):
            at_ms = START_MS + (np.arange(rounds) * every * 1000 + dice.integers(0, ms(every))).astype(np.int64)
            columns: dict[str, list[float] | list[str]] = {}
            restless = dice.random() < trouble
            for field in fields.values():
                pace = np.arange(rounds) / dice.integers(5, 40) if restless else np.zeros(rounds)
                wave = 0.5 + 0.5 * np.sin(pace + dice.random() * 6)
                if field.words is None:
                    reach = min(field.high, 120.0)
                    columns[field.name] = (field.low + (reach - field.low) * wave).round(2).tolist()
                else:
                    words = field.words or ("north", "east")
                    columns[field.name] = [words[int(each * (len(words) - 1e-9))] for each in wave]
            place = (float(dice.integers(0, 20_000)), float(dice.integers(0, 20_000)))
            for step, at in enumerate(at_ms.tolist()):
                values = {field: column[step] for field, column in columns.items()}
                records.append(Record(at, name, f"{name} {source}", values, f"road {source % 97}", *place))
    return sorted(records, key=lambda record: record.at_ms)


# -- The anchor ------------------------------------------------------------------------------------------------------


def plain(records: Sequence[Record], rules: Sequence[Rule]) -> set[tuple[str, str, int]]:
    """A loop over records and rules: (kind, source, time) of each condition that began."""
    by_stream: dict[str, list[Rule]] = {}
    for rule in rules:
        by_stream.setdefault(rule.stream, []).append(rule)
    states: dict[tuple[str, str], list[float]] = {}
    found = set()
    for record in records:
        for rule in by_stream.get(record.stream, ()):
            if not all(_true(each, record) for each in rule.where):
                continue
            on = all(_true(each, record) for each in rule.when)
            off = not on and (any(_true(each, record) for each in rule.clear) if rule.clear else True)
            _step(rule, record, on, off, states, found)
    return found


def _true(comparison: Comparison, record: Record) -> bool:
    value = record.values.get(comparison.field)
    if comparison.words:
        return (value in comparison.words) == (comparison.operator == "==")
    if comparison.field == "hour_local":
        value = record.at_ms // 3_600_000 % 24
    right = comparison.limit if comparison.other is None else record.values.get(comparison.other)
    if not isinstance(value, int | float) or not isinstance(right, int | float):
        return False
    return PLAIN[comparison.operator](value, right)


PLAIN: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def _step(
    rule: Rule, record: Record, on: bool, off: bool, states: dict[tuple[str, str], list[float]],
    found: set[tuple[str, str, int]],
) -> None:  # fmt: skip
    """State: last time, start of the run that holds (-1 none), start of the run that ends (-1 none), on."""
    stream = streams()[rule.stream]
    state = states.get((rule.name, record.id))
    if state is None:
        state = states[(rule.name, record.id)] = [-1e18, -1, -1, 0]
    at, silent = record.at_ms, ms(rule.number("silent_seconds", stream.silent_seconds))
    holding = rule.operator == "duration_in_state"
    gap = silent if holding else min(ms(stream.gap_seconds), silent)
    due = state[1] + ms(rule.for_seconds)
    if holding and state[1] >= 0 and not state[3] and due < at and due <= state[0] + silent:
        state[3] = 1
        found.add((rule.name, record.id, int(due)))
    if at - state[0] > silent:
        state[3] = 0
    if at - state[0] > gap:
        state[1] = state[2] = -1
    state[0] = at
    state[1] = (at if state[1] < 0 else state[1]) if on else -1
    state[2] = (at if state[2] < 0 else state[2]) if off else -1
    if on and at - state[1] >= ms(rule.for_seconds):
        if not state[3]:
            found.add((rule.name, record.id, at))
        state[3] = 1
    elif off and at - state[2] >= ms(rule.clear_seconds):
        state[3] = 0


# -- Measuring -------------------------------------------------------------------------------------------------------


def conditions(records: Sequence[Record], rules: Sequence[Rule], batch: int) -> set[tuple[str, str, int]]:
    """The same of the engine, before its desk joins and hides them."""
    engine = Engine(rules)
    seen: list[Transition] = []
    take = engine._desk.take

    def listen(transitions: list[Transition], before_ms: int) -> list[object]:
        seen.extend(transitions)
        return list(take(transitions, before_ms))

    engine._desk.take = listen  # type: ignore[method-assign, assignment]
    for begin in range(0, len(records), batch):
        engine.feed(records[begin : begin + batch])
    engine.finish()
    return {(rules[each.kind].name, each.id, each.at_ms) for each in seen if each.rising}


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def feed(records: Sequence[Record], rules: Sequence[Rule], batch: int) -> Callable[[], object]:
    def work() -> None:
        engine = Engine(rules)
        for begin in range(0, len(records), batch):
            engine.feed(records[begin : begin + batch])
        engine.finish()

    return work


def feed_columns(packed: Sequence[dict[str, Columns]], rules: Sequence[Rule]) -> Callable[[], object]:
    def work() -> None:
        engine = Engine(rules)
        for parts in packed:
            engine.feed_columns(parts)
        engine.finish()

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=30_000)
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--trouble", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    records = town(given.records, given.trouble, given.seed)
    everything = shipped()
    alone = [
        rule for rule in everything
        if rule.operator in ALONE and not rule.text("aggregate") and not rule.text("unchanged")
    ]  # fmt: skip
    ours, theirs = conditions(records, alone, given.batch), plain(records, alone)
    # What only the clock decides after a source's last record, the loop cannot see.
    last = {record.id: record.at_ms for record in records}
    ours = {each for each in ours if each[2] <= last[each[1]]}
    out = Console(width=None if sys.stdout.isatty() else 120)
    if ours != theirs:
        out.print(f"[red]they differ: {sorted(ours ^ theirs)[:5]}[/]")
        raise SystemExit(1)
    packed = [pack(records[begin : begin + given.batch]) for begin in range(0, len(records), given.batch)]
    rows: list[tuple[str, int, Callable[[], object]]] = [
        ("plain loop, Record by Record", len(alone), lambda: plain(records, alone)),
        ("engine, the same kinds", len(alone), feed(records, alone, given.batch)),
        ("engine, every kind", len(everything), feed(records, everything, given.batch)),
        ("engine, every kind, from columns", len(everything), feed_columns(packed, everything)),
    ]
    table = Table(
        title=f"{len(records):,} records of {len(TOWN)} streams, batches of {given.batch:,}, {len(theirs):,} conditions"
    )
    for heading in ("what", "kinds", "CPU s", "records/s"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, kinds, work in rows:
        seconds = min(timed(work) for _again in range(2))
        table.add_row(name, str(kinds), f"{seconds:.2f}", f"{len(records) / seconds:,.0f}")
    out.print(table)


if __name__ == "__main__":
    main()
