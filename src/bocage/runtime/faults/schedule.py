"""What a seed makes happen: accounts, who asks for what in which order, and where the fault strikes."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from bocage.kernel.ledger import faults as poster_faults
from bocage.kernel.ledger.types import Hold, Operation, PostHold, Transfer, UpTo, VoidHold

_SPACE = UUID("0d0b9f5e-7f5a-5b43-9d4e-5c8a2f0e61d4")
UNIT = "EUR"
# Each lane has clients of its own, and each client so many requests before the duplicates.
CLIENT_LANES = ("A", "A", "B", "B")
CLIENTS = len(CLIENT_LANES)
TURNS = 16
WALLETS = 5
OPENING_MINOR = 2_000
MAXIMUM_MINOR = 2_600
SHORT_HOLD = timedelta(seconds=0.3)
# Where a client of lane A is killed: in its transaction before and after it wrote, and between commit and answer.
CLIENT_POINTS = ("before_write", "after_write", "before_answer")
# Where the poster of lane B is killed: `ledger.faults` names the points.
POSTER_POINTS = (poster_faults.BEFORE_COPY, poster_faults.AFTER_COPY, poster_faults.BEFORE_ANSWER)
FAULTS = (
    "disk_full",
    "postgres_killed_in_recovery",
    *(f"client_{point}" for point in CLIENT_POINTS),
    *(f"poster_{point}" for point in POSTER_POINTS),
    f"poster_{poster_faults.IN_RECOVERY}",
    "sealer_killed",
    "deliverer_killed",
    "postgres_killed",
    "two_writers",
    "clock_shifted",
    "long_transaction",
    "byte_flipped",
)
# What strikes besides, in the stories of two of them: `two_writers` and `poster_in_recovery`.
STRUCK_BESIDES = ("stale_epoch", "poster_killed")
# Besides the fault of its own, every fifth seed kills PostgreSQL.
POSTGRES_EVERY = 5
CLOCK_SHIFT = timedelta(hours=1)


@dataclass(frozen=True)
class Account:
    """An account to be opened: the issuer has no minimum, one wallet has a maximum."""

    id: UUID
    kind: str
    lane: str
    maximum_minor: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request: an operation, or several linked ones."""

    operations: tuple[Operation, ...]

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple(id_of(operation) for operation in self.operations)


@dataclass(frozen=True)
class Plan:
    """The story of one seed. The fault strikes after `after_answers` answers, or at the `hit`-th time of its point.
    `client`: the one of lane A that it strikes. `turns`: what each client asks for, in `CLIENT_LANES`' order."""

    seed: int
    accounts: tuple[Account, ...]
    openings: tuple[Transfer, ...]
    turns: tuple[tuple[Asked, ...], ...]
    fault: str
    after_answers: int
    hit: int
    client: int
    kills_postgres: bool
    shift: timedelta


def id_of(operation: Operation) -> UUID:
    """The caller's id of an operation."""
    return operation.transfer.id if isinstance(operation, Hold | UpTo) else operation.id


def plan_of(seed: int, begun_at: datetime) -> Plan:
    """The story of `seed`: the same at every call, but for the instants of holds, which count from `begun_at`."""
    draw = random.Random(seed)  # noqa: S311 - a story has to come out the same again
    accounts: list[Account] = []
    openings: list[Transfer] = []
    turns: list[tuple[Asked, ...]] = []
    for lane in sorted(set(CLIENT_LANES)):
        issuer = Account(_id(seed, f"issuer {lane}"), "issuer", lane)
        wallets = [
            Account(_id(seed, f"wallet {lane} {n}"), "wallet", lane, MAXIMUM_MINOR if n == 0 else None)
            for n in range(WALLETS)
        ]
        accounts += [issuer, *wallets]
        openings += [
            Transfer(_id(seed, f"opening {lane} {n}"), issuer.id, wallet.id, OPENING_MINOR, UNIT, "opening")
            for n, wallet in enumerate(wallets)
        ]
        clients = CLIENT_LANES.count(lane)
        requests = _requests(seed, lane, draw, [wallet.id for wallet in wallets], begun_at, clients * TURNS)
        turns += _shared_out(draw, requests, clients)
    fault = FAULTS[seed % len(FAULTS)]
    return Plan(
        seed=seed,
        accounts=tuple(accounts),
        openings=tuple(openings),
        turns=tuple(turns),
        fault=fault,
        after_answers=draw.randint(8, CLIENTS * TURNS * 3 // 8),
        hit=draw.randint(2, 10),
        client=draw.randrange(CLIENT_LANES.count("A")),
        kills_postgres=seed % POSTGRES_EVERY == POSTGRES_EVERY - 1 and not fault.startswith(("postgres", "disk")),
        shift=draw.choice([CLOCK_SHIFT, -CLOCK_SHIFT]),
    )


def _requests(
    seed: int, lane: str, draw: random.Random, wallets: list[UUID], begun_at: datetime, count: int
) -> list[Asked]:
    requests: list[Asked] = []
    holds: list[UUID] = []
    for n in range(count):
        id, kind = _id(seed, f"request {lane} {n}"), draw.random()
        if kind < 0.5 or (kind < 0.75 and not holds):
            requests.append(Asked((_transfer(id, draw, wallets),)))
        elif kind < 0.68:
            expires = begun_at + (SHORT_HOLD if draw.random() < 0.4 else timedelta(minutes=10))
            requests.append(Asked((Hold(_transfer(id, draw, wallets), expires),)))
            holds.append(id)
        elif kind < 0.82 and holds:
            amount = draw.choice([None, draw.randint(1, 700)])
            requests.append(Asked((PostHold(id, draw.choice(holds), amount),)))
        elif kind < 0.9 and holds:
            requests.append(Asked((VoidHold(id, draw.choice(holds)),)))
        else:
            linked = [_transfer(_id(seed, f"request {lane} {n} part {part}"), draw, wallets) for part in range(3)]
            requests.append(Asked(tuple(linked)))
    return requests


def _shared_out(draw: random.Random, requests: list[Asked], clients: int) -> list[tuple[Asked, ...]]:
    """Each client's requests: its own, some of the others' again (duplicates), some with another body, all shuffled."""
    turns: list[list[Asked]] = [[] for _ in range(clients)]
    for request in requests:
        first, second = draw.sample(range(clients), 2)
        turns[first].append(request)
        if draw.random() < 0.2:
            turns[second].append(request)
        elif draw.random() < 0.08:
            turns[second].append(Asked(tuple(_altered(operation) for operation in request.operations)))
    for turn in turns:
        # Neighbours change places, so that a hold may be taken before it is made.
        for n in range(len(turn) - 1):
            if draw.random() < 0.25:
                turn[n], turn[n + 1] = turn[n + 1], turn[n]
    return [tuple(turn) for turn in turns]


def _transfer(id: UUID, draw: random.Random, wallets: list[UUID]) -> Transfer:
    debit, credit = draw.sample(wallets, 2)
    return Transfer(id, debit, credit, draw.randint(1, 900), UNIT, "pay")


def _altered(operation: Operation) -> Operation:
    match operation:
        case Transfer():
            values = {**operation.__dict__, "amount_minor": operation.amount_minor + 1}
            return Transfer(**values)
        case Hold(transfer, expires_at):
            return Hold(transfer, expires_at + timedelta(seconds=1))
        case PostHold(id, hold_id, amount):
            return PostHold(id, hold_id, (amount or 1_000) + 1)
        case VoidHold(id, hold_id):
            return PostHold(id, hold_id, 1)
    raise AssertionError(operation)


def _id(seed: int, what: str) -> UUID:
    return uuid5(_SPACE, f"{seed} {what}")


def now() -> datetime:
    """The present instant, whole milliseconds, so that it survives being stored."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
