"""The same payments under two books: what changed, line by line and by cause, summing exactly to the difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from bocage.engines.carbon.types import Assessment, CarbonError, Footprint, Reason

# Causes in the order in which they decide: a line whose category changed is not also said to have another price.
CAUSES = ("category", "counting", "price", "factor", "interval")
_STEPS = {"price": ("price", "exchange", "deflate", "quantity", "country"), "factor": ("factor",)}


@dataclass(frozen=True, slots=True)
class Change:
    """One line that weighs otherwise, or has another interval, under the new book.

    `cause` is one of `CAUSES`; `before` and `after` are the sentences of the two chains that differ.
    """

    index: int
    old_micrograms: int
    new_micrograms: int
    cause: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`by_cause` sums the differences of `changes` in micrograms; together they are exactly new minus old."""

    old_book: str
    new_book: str
    old_micrograms: int
    new_micrograms: int
    changes: tuple[Change, ...]
    by_cause: tuple[tuple[str, int], ...]


def compare(old: Assessment, new: Assessment) -> Comparison:
    """What the new book says otherwise of the same payments; raises `CarbonError` where they are not as many."""
    if len(old.footprints) != len(new.footprints):
        raise CarbonError(
            "payments", f"{len(old.footprints)} under one book and {len(new.footprints)} under the other."
        )
    pairs = enumerate(zip(old.footprints, new.footprints, strict=True))
    changes = tuple(_change(index, a, b) for index, (a, b) in pairs if _weight(a) != _weight(b))
    sums = dict.fromkeys(CAUSES, 0)
    for change in changes:
        sums[change.cause] += change.new_micrograms - change.old_micrograms
    return Comparison(
        old.book,
        new.book,
        old.total.micrograms,
        new.total.micrograms,
        changes,
        tuple((cause, sums[cause]) for cause in CAUSES if any(change.cause == cause for change in changes)),
    )


def _weight(one: Footprint) -> tuple[int, int, int]:
    return one.micrograms, one.low_micrograms, one.high_micrograms


def _change(index: int, a: Footprint, b: Footprint) -> Change:
    return Change(
        index=index,
        old_micrograms=a.micrograms,
        new_micrograms=b.micrograms,
        cause=_cause(a, b),
        before=_only(a.reasons, b.reasons),
        after=_only(b.reasons, a.reasons),
    )


def _cause(a: Footprint, b: Footprint) -> str:
    if a.item != b.item:
        return "category"
    if (a.counted, a.assessed) != (b.counted, b.assessed):
        return "counting"
    if a.micrograms == b.micrograms:
        return "interval"
    return "price" if _said(a.reasons, "price") != _said(b.reasons, "price") else "factor"


def _said(reasons: Sequence[Reason], cause: str) -> list[str]:
    return [reason.text for reason in reasons if reason.step in _STEPS[cause]]


def _only(these: Sequence[Reason], those: Sequence[Reason]) -> tuple[str, ...]:
    known = {_without_version(reason) for reason in those}
    return tuple(reason.text for reason in these if _without_version(reason) not in known)


def _without_version(reason: Reason) -> tuple[str, tuple[tuple[str, str], ...]]:
    return reason.template, tuple(pair for pair in reason.values if pair[0] != "book")
