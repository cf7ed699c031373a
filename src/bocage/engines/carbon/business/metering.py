"""Which days a meter counted: of a year, and of one meter in two files, each day once."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import accumulate

from .types import Record

type Span = tuple[int, int]


class Days:
    """The union of spans of ordinals, both ends included; asks take the logarithm of its pieces."""

    def __init__(self, spans: Iterable[Span]) -> None:
        pieces: list[Span] = []
        for begin, end in sorted(spans):
            if pieces and begin <= pieces[-1][1] + 1:
                pieces[-1] = (pieces[-1][0], max(pieces[-1][1], end))
            elif begin <= end:
                pieces.append((begin, end))
        self.pieces = pieces
        self._before = [0, *accumulate(end - begin + 1 for begin, end in pieces)]

    def __len__(self) -> int:
        return self._before[-1]

    def within(self, begin: int, end: int) -> int:
        """How many of them lie from `begin` to `end`, both included."""
        return self._until(end) - self._until(begin - 1) if begin <= end else 0

    def _until(self, day: int) -> int:
        at = bisect_left(self.pieces, (day + 1,))
        if not at:
            return 0
        begin, end = self.pieces[at - 1]
        return self._before[at - 1] + min(day, end) - begin + 1


def metered_shares(records: Sequence[Record], begins: date, ends: date) -> dict[str, Fraction]:
    """Of each kind, the share of the year's days on which some meter counted."""
    first, last = begins.toordinal(), ends.toordinal()
    spans: dict[str, list[Span]] = defaultdict(list)
    for record in records:
        if record.origin == "meter" and record.since is not None:
            spans[record.kind].append((max(record.since.toordinal(), first), min(record.on.toordinal(), last)))
    return {kind: Fraction(len(Days(found)), last - first + 1) for kind, found in spans.items()}


def counted_elsewhere(records: Sequence[Record], why: Mapping[int, str]) -> dict[int, Days]:
    """For a meter's period (by place), the days that other files count of the same meter (kind and name).

    The file that knows most days of the meter counts them, then the others what is left, by name where they know
    as much. Periods of one file are never compared: registers of one meter (day and night tariff) lie side by side.
    Meters without a name are one meter.
    """
    meters: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, record in enumerate(records):
        if record.origin == "meter" and place not in why:
            meters[record.kind, record.text][record.file].append(place)
    elsewhere: dict[int, Days] = {}
    for files in meters.values():
        spans = {file: Days(_span(records[place]) for place in places) for file, places in files.items()}
        taken: list[Span] = []
        for file in sorted(files, key=lambda name: (-len(spans[name]), name)):
            if taken:
                elsewhere.update(dict.fromkeys(files[file], Days(taken)))
            taken += spans[file].pieces
    return elsewhere


def _span(record: Record) -> Span:
    return (record.since or record.on).toordinal(), record.on.toordinal()


def free_share(record: Record, elsewhere: Days, begins: date, ends: date) -> Fraction:
    """The share of a period's days that lies in the year and is not counted `elsewhere`."""
    since, until = _span(record)
    first, last = max(since, begins.toordinal()), min(until, ends.toordinal())
    days = max(0, last - first + 1) - elsewhere.within(first, last)
    return Fraction(days, until - since + 1)
