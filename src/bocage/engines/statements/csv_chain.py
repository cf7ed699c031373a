"""Whether a running balance holds, whatever the order of the rows of one day."""

from dataclasses import dataclass

from .amounts import Amount, at_scale


@dataclass(frozen=True, slots=True)
class Chain:
    """What the rows' running balances say: the first and last balance, and where the chain breaks (a row's index)."""

    opening: Amount | None
    closing: Amount | None
    unbroken: bool
    break_at: int | None


def follow(rows: list[tuple[Amount, Amount]]) -> Chain:
    """Follow (amount, balance after it) through the rows.

    Each row leads from `balance - amount` to `balance`. Whatever the order in which a bank lists a day, the rows are
    one chain just when these steps make one path that uses each of them once (Euler's condition: every balance but the
    first and last is left as often as it is reached, and all hang together).
    """
    decimals = max(max(amount[1], balance[1]) for amount, balance in rows)
    steps: list[tuple[int, int]] = []
    for amount, balance in rows:
        after = at_scale(balance, decimals)
        steps.append((after - at_scale(amount, decimals), after))
    surplus: dict[int, int] = {}
    for before, after in steps:
        surplus[before] = surplus.get(before, 0) + 1
        surplus[after] = surplus.get(after, 0) - 1
    starts = [balance for balance, count in surplus.items() if count > 0]
    ends = [balance for balance, count in surplus.items() if count < 0]
    balanced = len(starts) <= 1 and len(ends) <= 1 and all(abs(count) <= 1 for count in surplus.values())
    if balanced and _connected(steps):
        # A closed round leaves open where it starts: then it is the first row's, read in the order of the file.
        opening = starts[0] if starts else steps[0][0]
        closing = ends[0] if ends else opening
        return Chain((opening, decimals), (closing, decimals), True, None)
    return Chain(None, None, False, _first_break(steps))


def _connected(steps: list[tuple[int, int]]) -> bool:
    parent: dict[int, int] = {}

    def root(balance: int) -> int:
        parent.setdefault(balance, balance)
        while parent[balance] != balance:
            parent[balance] = parent[parent[balance]]
            balance = parent[balance]
        return balance

    for before, after in steps:
        parent[root(before)] = root(after)
    return len({root(before) for before, _ in steps}) == 1


def _first_break(steps: list[tuple[int, int]]) -> int:
    """The first row that does not fit its neighbour, in the direction in which fewer do not."""
    falling = [at for at in range(1, len(steps)) if steps[at - 1][0] != steps[at][1]]
    rising = [at for at in range(1, len(steps)) if steps[at - 1][1] != steps[at][0]]
    fewer = rising if len(rising) <= len(falling) else falling
    return fewer[0] if fewer else 0
