"""Which records count, and in which order: late ones, those of a clock that jumps, those out of order.

The clock of the town is the latest time any source has said. A record may come up to `lateness_ms` behind it; what
comes later is counted and left out. A record further than `JUMP_MS` ahead waits until a second source says so too:
one device whose clock is wrong must not make everybody else late. Both are decided record by record in the order of
arrival, so batches do not matter.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from bocage.engines.alerts.rows import SOURCES_MAX, WORDS_MAX, Columns, Names, Rows, concatenated, empty, numbered
from bocage.engines.alerts.streams import streams
from bocage.engines.alerts.types import Flags, Integers

JUMP_MS = 6 * 3_600_000
AHEAD_MAX = 256
PENDING_MAX = 5_000_000
EARLIEST_MS, LATEST_MS = 0, 4_102_444_800_000


@dataclass
class Intake:
    """The door of the engine. `left_out` counts the records left out, by reason."""

    lateness_ms: int
    clock_ms: int | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    words: Names = field(default_factory=lambda: Names(WORDS_MAX))
    sources: dict[str, Names] = field(default_factory=dict)
    _pending: dict[str, list[Rows]] = field(default_factory=dict)
    _ahead: list[tuple[str, Rows]] = field(default_factory=list)
    _order: int = 0

    def __post_init__(self) -> None:
        self.words.number("")
        for stream in streams().values():
            for each in stream.fields.values():
                for word in each.words or ():
                    self.words.number(word)

    def take(self, parts: Mapping[str, Columns]) -> None:
        """Admit a batch: columns of several streams with the order in which their records arrived."""
        rows: dict[str, Rows] = {}
        arrived = sum(len(columns.at_ms) for columns in parts.values())
        for name, columns in parts.items():
            stream = streams()[name]
            found = numbered(columns, stream, self.sources.setdefault(name, Names(SOURCES_MAX)), self.words)
            fits = (found.code >= 0) & (found.group >= 0)
            sane = (found.at_ms >= EARLIEST_MS) & (found.at_ms < LATEST_MS)
            self.left_out["too many sources"] += int((~fits).sum())
            self.left_out["no time of this century"] += int((~sane & fits).sum())
            rows[name] = found.take(np.flatnonzero(fits & sane))
        names = [name for name, found in rows.items() if len(found)]
        if names:
            self._admit(names, rows)
        self._order += arrived

    def _admit(self, names: list[str], rows: dict[str, Rows]) -> None:
        order = np.concatenate([rows[name].order for name in names])
        at_ms = np.concatenate([rows[name].at_ms for name in names])
        stream = np.repeat(np.arange(len(names)), [len(rows[name]) for name in names])
        index = np.concatenate([np.arange(len(rows[name])) for name in names])
        arrival = np.argsort(order, kind="stable")
        passed = np.zeros(len(at_ms), np.bool_)
        passed[arrival] = self._in_time(at_ms[arrival], stream[arrival], index[arrival], names, rows)
        for number, name in enumerate(names):
            mine = rows[name].take(np.flatnonzero(passed[stream == number]))
            self._keep(name, mine)

    def _keep(self, name: str, rows: Rows) -> None:
        waiting = sum(len(part) for parts in self._pending.values() for part in parts)
        room = max(0, PENDING_MAX - waiting)
        self.left_out["too many at once"] += max(0, len(rows) - room)
        if len(rows):
            rows = rows.take(np.arange(min(room, len(rows))))
            self._pending.setdefault(name, []).append(replace(rows, order=rows.order + self._order))

    def _in_time(
        self, at_ms: Integers, stream: Integers, index: Integers, names: list[str], rows: dict[str, Rows]
    ) -> Flags:
        """For records in the order of arrival: which are admitted. Moves the clock."""
        clock = int(at_ms[0]) if self.clock_ms is None else self.clock_ms
        reached = np.maximum.accumulate(np.concatenate([[clock], at_ms]))
        if not (at_ms > reached[:-1] + JUMP_MS).any():
            self.clock_ms = int(reached[-1])
            passed = at_ms >= reached[1:] - self.lateness_ms
            self.left_out["late"] += int((~passed).sum())
            return passed
        passed = np.zeros(len(at_ms), np.bool_)
        for place, at in enumerate(at_ms.tolist()):
            if at > clock + JUMP_MS:
                name = names[int(stream[place])]
                moved = self._jump(name, rows[name].take(index[place : place + 1]))
                clock = clock if moved is None else moved
                continue
            clock = max(clock, at)
            passed[place] = at >= clock - self.lateness_ms
            self.left_out["late"] += int(not passed[place])
        self.clock_ms = clock
        return passed

    def _jump(self, name: str, row: Rows) -> int | None:
        """Hold a record that is far ahead; the new clock when another source, or the only one, is there too."""
        here = int(row.at_ms[0])
        known = sum(len(sources.names) for sources in self.sources.values())
        others = [
            (each, held)
            for each, held in self._ahead
            if abs(int(held.at_ms[0]) - here) <= JUMP_MS and (each, int(held.code[0])) != (name, int(row.code[0]))
        ]
        if not others and known > 1:
            if len(self._ahead) >= AHEAD_MAX:
                self._ahead.pop(0)
            self.left_out["ahead of every other clock"] += 1
            self._ahead.append((name, row))
            return None
        self._ahead.clear()
        self._keep(name, row)
        return here

    def release(self, before_ms: int) -> dict[str, Rows]:
        """Give out what is older than `before_ms`, sorted by source and time."""
        released = {}
        for name, parts in list(self._pending.items()):
            rows = concatenated(parts)
            ready = rows.at_ms < before_ms
            if ready.all():
                del self._pending[name]
            else:
                self._pending[name] = [rows.take(np.flatnonzero(~ready))]
            chosen = rows.take(np.flatnonzero(ready))
            if len(chosen):
                released[name] = chosen.sorted()
                self.left_out["repeated"] += len(chosen) - len(released[name])
        return released

    def waiting(self, name: str) -> list[Rows]:
        """The rows of a stream that are not given out yet."""
        return [*self._pending.get(name, ()), *(row for each, row in self._ahead if each == name)]

    def renumber(self, name: str, numbers: Integers) -> None:
        """Give the sources of a stream new numbers."""
        if name in self._pending:
            self._pending[name] = [rows.renumbered(numbers) for rows in self._pending[name]]
        self._ahead = [(each, row.renumbered(numbers) if each == name else row) for each, row in self._ahead]

    def nothing(self, name: str) -> Rows:
        """No rows of a stream."""
        return empty(streams()[name])
