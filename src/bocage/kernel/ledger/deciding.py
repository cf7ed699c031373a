"""What lane B answers to a batch of requests, worked out in memory: a pure function of the state it was given.

Most of a batch needs no order. For each account the sums of all that the batch takes from it and gives to it are
compared with what it has and may have: if even the worst order keeps its limits, no order can break them, and each
plain transfer between two such accounts is accepted at once, vectorised (NumPy). Everything that touches another
account, and all that depends on order by nature (holds, linked groups, balancing transfers, ids that were seen before),
is decided one by one, in order, in exact integers (`exact.py`). That sees the same answers as one by one for all: an
account that passes in any order cannot refuse, and an account that might refuse is decided with all of its transfers.
"""

from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from bocage.kernel.ledger import limits
from bocage.kernel.ledger.exact import Exact, ExpiredHold, HeldState, Stored, Written
from bocage.kernel.ledger.wire import ANSWER, CODE_OF, LINKED, POST, Records

type Integers = NDArray[np.int64]
type Mask = NDArray[np.bool_]

NO_ACCOUNT = -1
# Beyond what counters can reach, and still far from overflowing when one of them is taken off.
NO_MINIMUM, NO_MAXIMUM = -2 * limits.COUNTER_MINOR_MAX, 2 * limits.COUNTER_MINOR_MAX


@dataclass
class Accounts:
    """The accounts that a batch names, as columns; only those that exist. `index` finds a row by the account's id."""

    index: dict[bytes, int]
    in_lane: Mask
    closed: Mask
    frozen: Mask
    units: NDArray[np.bytes_]
    minimum: Integers
    maximum: Integers
    debits_posted: Integers
    credits_posted: Integers
    debits_pending: Integers
    credits_pending: Integers

    def __len__(self) -> int:
        return len(self.units)


@dataclass
class State:
    """All that decides a batch. `at`: the ledger's time in microseconds. `overdue`: by account, oldest first."""

    at: int
    accounts: Accounts
    stored: dict[bytes, Stored] = field(default_factory=dict)
    holds: dict[bytes, HeldState] = field(default_factory=dict)
    overdue: dict[int, list[bytes]] = field(default_factory=dict)


@dataclass
class Decision:
    """`answers`: a record a request. `plain`: those decided at once, with their accounts' rows (-1: none);
    `written`: the rows of the others by their place in the batch, each after the holds that expired before it."""

    answers: Records
    plain: Mask
    debit: Integers
    credit: Integers
    written: dict[int, Written]
    expired: dict[int, list[ExpiredHold]]
    deltas: Integers  # accounts x (debits posted, credits posted, debits pending, credits pending)
    opened: list[bytes]
    resolved: list[bytes]


def decide(state: State, requests: Records) -> Decision:
    """The answers to `requests` in their order, and what they change. With no requests: what is overdue expires."""
    accounts, size = state.accounts, len(requests)
    debit, credit = _rows_of(accounts, requests["debit"]), _rows_of(accounts, requests["credit"])
    answers = np.zeros(size, ANSWER)
    answers["at"], answers["amount_minor"] = state.at, requests["amount_minor"]
    simple = _simple(state, requests, debit)
    answers["code"][simple] = _standing(accounts, requests, debit, credit)[simple]
    live = simple & (answers["code"] == 0)
    doubtful = _doubtful(accounts, requests["amount_minor"], debit, credit, live)
    # What is decided in order makes its accounts doubtful, and so takes all else on these accounts into the order.
    for side in (debit, credit):
        touched = side[~simple & (side != NO_ACCOUNT)]
        doubtful[touched] = True
    _doubt_holds(state, requests, simple, doubtful)
    plain = simple & ((answers["code"] != 0) | ~(doubtful[debit] | doubtful[credit]))
    deltas = np.zeros((len(accounts), 4), np.int64)
    moved = plain & (answers["code"] == 0)
    np.add.at(deltas[:, 0], debit[moved], requests["amount_minor"][moved])
    np.add.at(deltas[:, 1], credit[moved], requests["amount_minor"][moved])
    exact = Exact(state.at, accounts, state.stored, state.holds, state.overdue)
    _in_order(exact, requests, np.flatnonzero(~plain), debit, credit, answers)
    if not size:
        exact.expire_all(0)
    exact.add_deltas(deltas)
    opened, resolved = exact.pending_changes()
    return Decision(answers, plain, debit, credit, exact.written, exact.expired, deltas, opened, resolved)


def _rows_of(accounts: Accounts, ids: NDArray[np.void]) -> Integers:
    find = accounts.index.get
    return np.fromiter((find(id, NO_ACCOUNT) for id in ids.tolist()), np.int64, len(ids))


def _simple(state: State, requests: Records, debit: Integers) -> Mask:
    """Plain posts, alone, with an id that nobody used, from an account where nothing is overdue."""
    simple: Mask = (requests["kind"] == POST) & (requests["flags"] == 0)
    simple[1:] &= (requests["flags"][:-1] & LINKED) == 0
    ids = requests["id"].tolist()
    first = dict(zip(reversed(ids), count(len(ids) - 1, -1), strict=False))
    if len(first) < len(ids) or state.stored:
        last: dict[bytes, int] = dict(zip(ids, count(), strict=False))
        again = [n for n, id in enumerate(ids) if id in state.stored or first[id] != last[id]]
        simple[again] = False
    for row in state.overdue:
        simple[debit == row] = False
    return simple


def _standing(accounts: Accounts, requests: Records, debit: Integers, credit: Integers) -> NDArray[np.uint8]:
    """What an account's standing refuses, whatever is on it; 0 where nothing does."""
    if not len(accounts):
        return np.full(len(requests), CODE_OF["account_not_found"], np.uint8)
    missing = (debit == NO_ACCOUNT) | (credit == NO_ACCOUNT)
    unit = requests["unit"]
    return np.select(
        [
            missing,
            ~(accounts.in_lane[debit] & accounts.in_lane[credit]),
            accounts.closed[debit] | accounts.closed[credit],
            (accounts.units[debit] != unit) | (accounts.units[credit] != unit),
            accounts.frozen[debit],
        ],
        [
            np.uint8(CODE_OF[code])
            for code in ("account_not_found", "wrong_lane", "account_closed", "unit_mismatch", "account_frozen")
        ],
        np.uint8(0),
    ).astype(np.uint8)


def _doubtful(accounts: Accounts, amount: Integers, debit: Integers, credit: Integers, live: Mask) -> Mask:
    """Accounts that some order of the batch's transfers could take past a limit.

    The last of an account's prefix sums says it for all of them: taken without anything given, and given without
    anything taken. One more row stands for no account (`NO_ACCOUNT`), so that it can be asked like any other.
    """
    taken, given = np.zeros(len(accounts), np.int64), np.zeros(len(accounts), np.int64)
    np.add.at(taken, debit[live], amount[live])
    np.add.at(given, credit[live], amount[live])
    balance = accounts.credits_posted - accounts.debits_posted
    most = limits.COUNTER_MINOR_MAX
    doubt = (
        (taken > balance - accounts.debits_pending - accounts.minimum)
        | (given > accounts.maximum - balance - accounts.credits_pending)
        | (taken > most - accounts.debits_posted - accounts.debits_pending)
        | (given > most - accounts.credits_posted - accounts.credits_pending)
    )
    return np.append(doubt, False)


def _doubt_holds(state: State, requests: Records, simple: Mask, doubtful: Mask) -> None:
    """The accounts of the holds that the batch resolves, and of those that expire in it."""
    if simple.all():
        return
    for id in requests["hold"][~simple].tolist():
        if (held := state.holds.get(id)) is not None:
            doubtful[[held.debit, held.credit]] = True
    for row, ids in state.overdue.items():
        doubtful[row] = True
        for id in ids:
            doubtful[state.holds[id].credit] = True


def _in_order(
    exact: Exact,
    requests: Records,
    places: Integers,
    debit: Integers,
    credit: Integers,
    answers: Records,
) -> None:
    """Decide the requests at `places` one group after the other."""
    group: list[int] = []
    chosen = requests[places].tolist()
    sides = zip(debit[places].tolist(), credit[places].tolist(), strict=True)
    for place, request, (payer, payee) in zip(places.tolist(), chosen, sides, strict=True):
        exact.take(place, request, payer, payee)
        group.append(place)
        if not request[1] & LINKED:
            for at_place, answer in zip(group, exact.decide(group), strict=True):
                answers[at_place] = answer
            group = []
