"""Money in beside the purchases it may take back: the engine's own matching, for the few who got any."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bocage.engines.carbon.assess import REFUND_WINDOW

WINDOW_DAYS = REFUND_WINDOW.days


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of one person at one merchant: `own_rate` is what it counts at when nothing is matched (0: nothing)."""

    line: int
    day: int
    amount_minor: int
    rate: int
    refundable: bool


@dataclass(slots=True)
class _Purchase:
    day: int
    left_minor: int
    rate: int


def matched(groups: Iterable[list[Entry]]) -> Iterator[tuple[int, int]]:
    """(line, rate) of each line of money in that takes back a purchase; `groups` are each in the engine's order.

    The rule of `assess`: the latest purchase of the merchant with that much left to give back, within 180 days.
    """
    for group in groups:
        purchases: list[_Purchase] = []
        for entry in group:
            if entry.amount_minor < 0:
                if entry.refundable:
                    purchases.append(_Purchase(entry.day, -entry.amount_minor, entry.rate))
                continue
            for purchase in reversed(purchases):
                if purchase.left_minor >= entry.amount_minor and entry.day - purchase.day <= WINDOW_DAYS:
                    purchase.left_minor -= entry.amount_minor
                    yield entry.line, purchase.rate
                    break
