"""Records as columns: one array a field, names and words as numbers, so that a rule judges a batch at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bocage.engines.alerts.streams import Stream, streams
from bocage.engines.alerts.types import Flags, Floats, Integers, Record

# A source's number and a time share one sortable integer: 42 bits of milliseconds reach the year 2109.
TIME_BITS = 42
SOURCES_MAX = 1 << 20
WORDS_MAX = 20_000


@dataclass
class Names:
    """Names as numbers, in the order of their first appearance."""

    limit: int
    numbers: dict[str, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def number(self, name: str) -> int:
        """The number of a name, a new one if need be; -1 when `limit` names are known already."""
        found = self.numbers.get(name)
        if found is None:
            if len(self.names) >= self.limit:
                return -1
            found = self.numbers[name] = len(self.names)
            self.names.append(name)
        return found

    def all_of(self, names: Sequence[str | None]) -> Integers:
        """The number of each name; -1 for None, and beyond the limit."""
        for name in dict.fromkeys(names):
            if name is not None:
                self.number(name)
        known = self.numbers
        return np.array([-1 if name is None else known.get(name, -1) for name in names], np.int64)

    def keep(self, codes: Integers) -> None:
        """Forget all names but these, which take the numbers 0, 1, ..."""
        self.names = [self.names[code] for code in codes.tolist()]
        self.numbers = {name: number for number, name in enumerate(self.names)}


@dataclass(frozen=True, slots=True)
class Columns:
    """Records of one stream before they are numbered. `values` maps a field to floats (NaN: not said) or words."""

    at_ms: Integers
    ids: Sequence[str]
    on: Sequence[str]
    x_m: Floats
    y_m: Floats
    values: Mapping[str, Floats | Sequence[str | None]]
    order: Integers


def pack(records: Iterable[Record]) -> dict[str, Columns]:
    """Records of any streams as columns, each with its order of arrival."""
    by_stream: dict[str, tuple[list[int], list[Record]]] = {}
    for order, record in enumerate(records):
        orders, found = by_stream.setdefault(record.stream, ([], []))
        orders.append(order)
        found.append(record)
    return {name: _columns(name, found, orders) for name, (orders, found) in by_stream.items()}


def _columns(stream: str, records: list[Record], orders: list[int]) -> Columns:
    said = [record.values for record in records]
    values: dict[str, Floats | Sequence[str | None]] = {}
    for name in sorted(set().union(*said)):
        if (field := streams()[stream].fields.get(name)) is None:
            continue
        if field.words is None:
            values[name] = np.array([each.get(name, np.nan) for each in said], np.float64)
        else:
            values[name] = [None if (word := each.get(name)) is None else str(word) for each in said]
    return Columns(
        at_ms=np.array([record.at_ms for record in records], np.int64),
        ids=[record.id for record in records],
        on=[record.on for record in records],
        x_m=np.array([record.x_m for record in records], np.float64),
        y_m=np.array([record.y_m for record in records], np.float64),
        values=values,
        order=np.array(orders, np.int64),
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """Numbered records of one stream: shape (n,) each. `fresh` marks those not judged before."""

    at_ms: Integers
    order: Integers
    code: Integers
    group: Integers
    x_m: Floats
    y_m: Floats
    fresh: Flags
    values: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.at_ms)

    def take(self, index: Integers | Flags, fresh: bool | None = None) -> "Rows":
        """The rows at `index`, all of them marked fresh or not when told."""
        marks = self.fresh[index]
        if fresh is not None:
            marks = np.full(len(marks), fresh)
        return Rows(
            self.at_ms[index], self.order[index], self.code[index], self.group[index], self.x_m[index],
            self.y_m[index], marks, {name: column[index] for name, column in self.values.items()},
        )  # fmt: skip

    def renumbered(self, numbers: Integers) -> "Rows":
        """The same rows under their sources' new numbers."""
        return replace(self, code=numbers[self.code])

    @property
    def key(self) -> Integers:
        """Source and time in one number that sorts as they do."""
        return (self.code << TIME_BITS) | self.at_ms

    @property
    def starts(self) -> Integers:
        """For each row, the index of its source's first row; rows are sorted by source and time."""
        place = np.arange(len(self))
        first = np.concatenate([[True], self.code[1:] != self.code[:-1]])
        result: Integers = np.maximum.accumulate(np.where(first, place, 0))
        return result

    def sorted(self) -> "Rows":
        """By source, time and arrival; of two records with one source and time, the first to arrive."""
        rows = self.take(np.lexsort((self.order, self.at_ms, self.code)))
        if len(rows) < 2:
            return rows
        again = (rows.code[1:] == rows.code[:-1]) & (rows.at_ms[1:] == rows.at_ms[:-1])
        return rows.take(np.concatenate([[True], ~again])) if again.any() else rows


def concatenated(parts: Sequence[Rows]) -> Rows:
    """Rows of one stream behind one another."""
    if len(parts) == 1:
        return parts[0]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("at_ms", "order", "code", "group", "x_m", "y_m", "fresh")
    }
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values}
    return Rows(**joined, values=values)


@dataclass
class Whereabouts:
    """Where each source of a stream was last: its group and its place. Shape (sources,) each."""

    group: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    x_m: Floats = field(default_factory=lambda: np.empty(0))
    y_m: Floats = field(default_factory=lambda: np.empty(0))

    def update(self, rows: Rows, sources: int) -> None:
        """Take the latest of rows sorted by source and time; `sources` are known by now. Number 0 is no group."""
        more = sources - len(self.group)
        if more > 0:
            self.group = np.concatenate([self.group, np.zeros(more, np.int64)])
            self.x_m = np.concatenate([self.x_m, np.full(more, np.nan)])
            self.y_m = np.concatenate([self.y_m, np.full(more, np.nan)])
        if len(rows) == 0:
            return
        last = np.flatnonzero(np.concatenate([rows.code[1:] != rows.code[:-1], [True]]))
        self.group[rows.code[last]] = rows.group[last]
        self.x_m[rows.code[last]] = rows.x_m[last]
        self.y_m[rows.code[last]] = rows.y_m[last]

    def keep(self, codes: Integers) -> None:
        """Forget every source but these."""
        self.group, self.x_m, self.y_m = self.group[codes], self.x_m[codes], self.y_m[codes]


def empty(stream: Stream) -> Rows:
    """No rows of a stream."""
    whole, real = np.empty(0, np.int64), np.empty(0, np.float64)
    return Rows(whole, whole, whole, whole, real, real, np.empty(0, np.bool_), dict.fromkeys(stream.fields, real))


def numbered(columns: Columns, stream: Stream, sources: Names, words: Names) -> Rows:
    """Number the names and words of a stream's columns; a source or word beyond the limits gets -1 or NaN."""
    count = len(columns.at_ms)
    values = {}
    for name in stream.fields:
        said = columns.values.get(name)
        if said is None:
            values[name] = np.full(count, np.nan)
        elif isinstance(said, np.ndarray):
            values[name] = said
        else:
            numbers = words.all_of(said)
            values[name] = np.where(numbers < 0, np.nan, numbers)
    return Rows(
        columns.at_ms,
        columns.order,
        sources.all_of(columns.ids),
        words.all_of(columns.on),
        columns.x_m,
        columns.y_m,
        np.ones(count, np.bool_),
        values,
    )
