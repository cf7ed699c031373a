"""What a seed makes happen: accounts, who asks for what in which order, and where the fault strikes."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from bocage.kernel.ledger.types import Hold, Operation, PostHold, Transfer, UpTo, VoidHold

_SPACE = UUID("0d0b9f5e-7f5a-5b43-9d4e-5c8a2f0e61d4")
UNIT = "EUR"
CLIENTS = 3
TURNS = 22
WALLETS = 5
OPENING_MINOR = 2_000
MAXIMUM_MINOR = 2_600
SHORT_HOLD = timedelta(seconds=0.3)
# Where a client of lane A is killed: in its transaction before and after it wrote, and between commit and answer.
CLIENT_POINTS = ("before_write", "after_write", "before_answer")
FAULTS = (
    *(f"client_{point}" for point in CLIENT_POINTS),
    "sealer_killed",
    "deliverer_killed",
    "postgres_killed",
    "postgres_killed_in_recovery",
    "disk_full",
    "two_writers",
    "clock_shifted",
    "long_transaction",
    "byte_flipped",
)
# Besides the fault of its own, every fifth seed kills PostgreSQL.
POSTGRES_EVERY = 5
CLOCK_SHIFT = timedelta(hours=1)


@dataclass(frozen=True)
class Account:
    """An account to be opened: the issuer has no minimum, one wallet has a maximum."""

    id: UUID
    kind: str
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
    """The story of one seed. The fault strikes after `after_answers` answers, or at the `hit`-th time of its point."""

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
    issuer = Account(_id(seed, "issuer"), "issuer")
    wallets = [Account(_id(seed, f"wallet {n}"), "wallet", MAXIMUM_MINOR if n == 0 else None) for n in range(WALLETS)]
    openings = tuple(
        Transfer(_id(seed, f"opening {n}"), issuer.id, wallet.id, OPENING_MINOR, UNIT, "opening")
        for n, wallet in enumerate(wallets)
    )
    requests = _requests(seed, draw, [wallet.id for wallet in wallets], begun_at)
    turns = _shared_out(draw, requests)
    fault = FAULTS[seed % len(FAULTS)]
    return Plan(
        seed=seed,
        accounts=(issuer, *wallets),
        openings=openings,
        turns=turns,
        fault=fault,
        after_answers=draw.randint(8, CLIENTS * TURNS // 2),
        hit=draw.randint(2, 10),
        client=draw.randrange(CLIENTS),
        kills_postgres=seed % POSTGRES_EVERY == POSTGRES_EVERY - 1 and not fault.startswith(("postgres", "disk")),
        shift=draw.choice([CLOCK_SHIFT, -CLOCK_SHIFT]),
    )


def _requests(seed: int, draw: random.Random, wallets: list[UUID], begun_at: datetime) -> list[Asked]:
    requests: list[Asked] = []
    holds: list[UUID] = []
    for n in range(CLIENTS * TURNS):
        id, kind = _id(seed, f"request {n}"), draw.random()
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
            linked = [_transfer(_id(seed, f"request {n} part {part}"), draw, wallets) for part in range(3)]
            requests.append(Asked(tuple(linked)))
    return requests


def _shared_out(draw: random.Random, requests: list[Asked]) -> tuple[tuple[Asked, ...], ...]:
    """Each client's requests: its own, some of the others' again (duplicates), some with another body, all shuffled."""
    turns: list[list[Asked]] = [[] for _ in range(CLIENTS)]
    for request in requests:
        first, second = draw.sample(range(CLIENTS), 2)
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
    return tuple(tuple(turn) for turn in turns)


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
