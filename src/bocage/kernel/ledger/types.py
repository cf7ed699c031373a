"""What the ledger takes and answers. Amounts are whole minor units (cents, grams, Wh) as Python ints."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

_ACCOUNT_NAMESPACE = UUID("6f0a7f3e-2f0b-5c55-9f1b-0d1f0f7c3a11")


@dataclass(frozen=True)
class Unit:
    """What is counted. `exponent` is the number of decimals: 2 for EUR, 0 for gCO2, 3 for kWh."""

    code: str
    exponent: int
    is_money: bool


@dataclass(frozen=True)
class Account:
    """An account as its reader may see it. None as a limit is no limit; `service` is "" for a party's own accounts."""

    id: UUID
    owner_id: UUID | None
    unit: str
    kind: str
    service: str
    minimum_minor: int | None
    maximum_minor: int | None
    frozen: bool
    closed: bool


@dataclass(frozen=True)
class Balance:
    """`posted_minor`: credits - debits. `pending_minor`: held for others. `available_minor`: what may be spent now."""

    posted_minor: int
    available_minor: int
    pending_minor: int


@dataclass(frozen=True)
class Transfer:
    """A movement from the debit account to the credit account.

    `id` is the caller's and says which request this is: asked again with the same body it gets the same answer.
    `code` is a short slug saying what for; `memo_ref` refers to where the words are kept (never the words).
    """

    id: UUID
    debit_account_id: UUID
    credit_account_id: UUID
    amount_minor: int
    unit: str
    code: str
    memo_ref: str = ""


@dataclass(frozen=True)
class Hold:
    """Reserve a transfer's amount until `expires_at` (timezone-aware, by the ledger's time)."""

    transfer: Transfer
    expires_at: datetime


@dataclass(frozen=True)
class PostHold:
    """Take a hold's amount, or `amount_minor` of it with the rest released."""

    id: UUID
    hold_id: UUID
    amount_minor: int | None = None


@dataclass(frozen=True)
class VoidHold:
    """Release all of a hold."""

    id: UUID
    hold_id: UUID


@dataclass(frozen=True)
class UpTo:
    """A balancing transfer: move as much of the amount as the payer has and the payee may hold; at least 1."""

    transfer: Transfer


type Operation = Transfer | UpTo | Hold | PostHold | VoidHold


@dataclass(frozen=True)
class Posted:
    """Accepted: `amount_minor` moved, was held or was released, at `at`."""

    transfer_id: UUID
    amount_minor: int
    at: datetime


@dataclass(frozen=True)
class Refused:
    """Not accepted, and nothing moved. Once the caller's transaction commits, this id stays refused for ever.

    `code`: account_not_found, account_closed, account_frozen, unit_mismatch, exceeds_balance, exceeds_limit,
    exceeds_bounds, wrong_lane, hold_not_found, hold_resolved, hold_expired, amount_exceeds_hold.
    """

    transfer_id: UUID
    code: str
    at: datetime


@dataclass(frozen=True)
class OpenHold:
    """What is reserved of an account, for which other one, and until when by the ledger's time."""

    id: UUID
    amount_minor: int
    counterpart_id: UUID
    code: str
    memo_ref: str
    since: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Movement:
    """A line of an account's history. `amount_minor` is negative where the account was debited.

    `seq` is the cursor: it grows in the order in which the account's transfers took effect.
    """

    seq: int
    transfer_id: UUID
    kind: str
    amount_minor: int
    unit: str
    counterpart_id: UUID
    code: str
    memo_ref: str
    hold_id: UUID | None
    at: datetime


@dataclass(frozen=True)
class TrialBalanceLine:
    """Totals of one kind of account in one unit. Over all kinds of a unit, debits equal credits."""

    unit: str
    kind: str
    accounts: int
    debits_posted_minor: int
    credits_posted_minor: int
    debits_pending_minor: int
    credits_pending_minor: int


@dataclass(frozen=True)
class Disagreement:
    """An account whose counters are not the fold of its transfers; each pair is (stored, folded)."""

    account_id: UUID
    debits_posted_minor: tuple[int, int]
    credits_posted_minor: tuple[int, int]
    debits_pending_minor: tuple[int, int]
    credits_pending_minor: tuple[int, int]


def account_id_of(owner_id: UUID | None, unit: str, kind: str, service: str = "") -> UUID:
    """The id of the one account of this owner (None: the house), unit, kind and service: the same at each call."""
    return uuid5(_ACCOUNT_NAMESPACE, f"{owner_id or ''}:{unit}:{kind}:{service}")
