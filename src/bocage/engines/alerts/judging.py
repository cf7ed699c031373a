"""One rule over one stream's rows: which sources turned on or off, with the facts and the records that say why."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bocage.engines.alerts.holding import FOREVER, Carry, Limits, Turns, clock_turns, turns
from bocage.engines.alerts.operators import Context, added, column, holds, ms
from bocage.engines.alerts.rows import TIME_BITS, Names, Rows
from bocage.engines.alerts.streams import Stream
from bocage.engines.alerts.types import Comparison, Fact, Flags, Floats, Integers, Record, Rule, Transition

EVIDENCE_RECORDS_MAX = 12


@dataclass
class Judge:
    """A rule with what it remembers of each source."""

    kind: int
    rule: Rule
    stream: Stream
    carry: Carry = field(default_factory=Carry.empty)
    latest: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def limits(self) -> Limits:
        """The rule's durations; what is not sampled but said (an absence, a state) holds from record to record."""
        rule = self.rule
        for_ms, clear_ms = ms(rule.for_seconds), ms(rule.clear_seconds)
        if rule.operator == "absence" or rule.settings.get("missing"):
            return Limits(for_ms, clear_ms, FOREVER, FOREVER, FOREVER)
        silent_ms = ms(rule.number("silent_seconds", self.stream.silent_seconds))
        if rule.operator == "duration_in_state":
            return Limits(for_ms, clear_ms, silent_ms, silent_ms, silent_ms)
        return Limits(for_ms, clear_ms, min(ms(self.stream.gap_seconds), silent_ms), silent_ms)

    @property
    def window_ms(self) -> int:
        """How much of the past the rule looks at besides what it carries."""
        rule = self.rule
        reach = max(rule.number("over_seconds"), rule.number("within_seconds"), rule.evidence_seconds)
        return ms(reach + self.stream.gap_seconds)

    def keep(self, codes: Integers) -> None:
        """Forget every source but these."""
        if len(self.latest):
            more = len(self.carry.last_ms) - len(self.latest)
            self.latest = np.concatenate([self.latest, np.full(more, np.nan)])[codes]
        self.carry.keep(codes)

    def judge(self, rows: Rows, before_ms: int, context: Context, names: Names, words: Names) -> Iterator[Transition]:
        """Judge the fresh rows (sorted by source and time), then what the clock alone decides before `before_ms`."""
        self.carry.grow(len(names.names))
        part, judged = self._chosen(rows, context)
        if len(judged):
            columns = added(self.rule, part, judged, context)
            mine = part.take(judged)
            on, off, renewed = self._conditions(mine, columns, part, judged, context)
            known = on | off | self._known(mine, columns, context)
            kept = np.flatnonzero(known)
            turned = turns(
                mine.code[kept], mine.at_ms[kept], on[kept], off[kept],
                None if renewed is None else renewed[kept], self.carry, self.limits,
            )  # fmt: skip
            yield from self._transitions(
                turned, mine.take(kept), {n: c[kept] for n, c in columns.items()}, rows, context, names, words
            )
        late = clock_turns(self.carry, before_ms, self.limits)
        if len(late.code):
            yield from self._transitions(late, None, {}, rows, context, names, words)

    def _chosen(self, rows: Rows, context: Context) -> tuple[Rows, Integers]:
        """The rows that `where` admits, and which of them are to be judged."""
        if self.rule.where:
            truths, _ = holds(self.rule.where, rows, {}, context)
            rows = rows.take(np.flatnonzero(np.logical_and.reduce(truths)))
        return rows, np.flatnonzero(rows.fresh)

    def _known(self, mine: Rows, columns: dict[str, Floats], context: Context) -> Flags:
        return holds(self.rule.when, mine, columns, context)[1]

    def _conditions(
        self, mine: Rows, columns: dict[str, Floats], part: Rows, judged: Integers, context: Context
    ) -> tuple[Flags, Flags, Flags | None]:
        """Where the condition holds, where it is over, and where a run begins anew."""
        rule, every = self.rule, np.ones(len(mine), np.bool_)
        if rule.operator == "absence":
            return every, every, every
        truths, known = holds(rule.when, mine, columns, context)
        on = np.logical_and.reduce(truths) & known if truths else every
        if rule.settings.get("missing"):
            first, heard = holds(rule.comparisons("first"), mine, columns, context)
            return np.logical_and.reduce(first) & heard & ~on, on, None
        if unchanged := rule.text("unchanged"):
            changed = self._changed(mine, mine.values[unchanged])
            said = on & ~np.isnan(mine.values[unchanged])
            return said, changed | ~said, changed
        off = known & ~on
        if rule.clear:
            ends, _ = holds(rule.clear, mine, columns, context)
            off = np.logical_or.reduce(ends) & ~on
        return on, off, None

    def _changed(self, mine: Rows, values: Floats) -> Flags:
        """Where a source says something else than before; its first word is a change."""
        more = len(self.carry.last_ms) - len(self.latest)
        self.latest = np.concatenate([self.latest, np.full(more, np.nan)])
        first = np.concatenate([[True], mine.code[1:] != mine.code[:-1]])
        before = np.where(first, self.latest[mine.code], np.concatenate([[np.nan], values[:-1]]))
        self.latest[mine.code] = values
        result: Flags = values != before
        return result

    def _transitions(
        self, turned: Turns, mine: Rows | None, columns: dict[str, Floats], rows: Rows, context: Context,
        names: Names, words: Names,
    ) -> Iterator[Transition]:  # fmt: skip
        key = rows.key
        for index in range(len(turned.code)):
            code, at_ms, rising = int(turned.code[index]), int(turned.at_ms[index]), bool(turned.rising[index])
            # The source's latest row up to then says where it is; an older one is gone from `rows`.
            found = int(np.searchsorted(key, (code << TIME_BITS) | at_ms, side="right")) - 1
            seen = found if found >= 0 and rows.code[found] == code else None
            place, where = (context.last, code) if seen is None else (rows, seen)
            facts: tuple[Fact, ...] = ()
            sample = int(turned.sample[index])
            if rising:
                exact = mine is not None and sample >= 0 and mine.at_ms[sample] == at_ms
                facts = (
                    self._facts(
                        mine.take(np.array([sample])), {n: c[[sample]] for n, c in columns.items()}, context, words
                    )
                    if exact and mine is not None
                    else self._facts(None, {}, context, words)
                )
            yield Transition(
                at_ms=at_ms,
                kind=self.kind,
                id=names.names[code],
                on=words.names[int(place.group[where])],
                x_m=float(place.x_m[where]),
                y_m=float(place.y_m[where]),
                rising=rising,
                silent=bool(turned.silent[index]),
                facts=facts,
                evidence=self._evidence(rows, seen, at_ms, names, words) if rising and seen is not None else (),
            )

    def _facts(self, row: Rows | None, columns: dict[str, Floats], context: Context, words: Names) -> tuple[Fact, ...]:
        facts = []
        for each in self.rule.when:
            limit: float | str = each.limit if each.limit is not None else "|".join(each.words)
            value: float | str | None = None
            if row is not None:
                value = _said(each, column(each.field, row, columns, context), words)
                if each.other is not None:
                    limit = float(column(each.other, row, columns, context)[0])
            elif each.words and each.operator == "==":
                value = "|".join(each.words)
            facts.append(Fact(each.field, value, each.operator, limit))
        return tuple(facts)

    def _evidence(self, rows: Rows, seen: int, at_ms: int, names: Names, words: Names) -> tuple[Record, ...]:
        """The source's latest records before the alert, oldest first."""
        since = (int(rows.code[seen]) << TIME_BITS) | (at_ms - ms(self.rule.evidence_seconds))
        first = int(np.searchsorted(rows.key, since, side="right"))
        return records(rows, slice(max(first, seen + 1 - EVIDENCE_RECORDS_MAX), seen + 1), self.stream, names, words)


def _said(comparison: Comparison, values: Floats, words: Names) -> float | str:
    value = float(values[0])
    return words.names[int(value)] if comparison.words else value


def records(rows: Rows, part: slice, stream: Stream, names: Names, words: Names) -> tuple[Record, ...]:
    """Rows as the records they were."""
    count = len(rows.at_ms[part])
    values: list[dict[str, float | str]] = [{} for _ in range(count)]
    for name, said in stream.fields.items():
        for place, value in enumerate(rows.values[name][part].tolist()):
            if value == value:  # not NaN
                values[place][name] = value if said.words is None else words.names[int(value)]
    places = zip(rows.x_m[part].tolist(), rows.y_m[part].tolist(), strict=True)
    sources = zip(rows.at_ms[part].tolist(), rows.code[part].tolist(), rows.group[part].tolist(), strict=True)
    return tuple(
        Record(at_ms, stream.name, names.names[code], said, words.names[group], x_m, y_m)
        for (at_ms, code, group), said, (x_m, y_m) in zip(sources, values, places, strict=True)
    )
