"""What payments shows to everybody else. Amounts are whole minor units of `currency`."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class IntentKind(StrEnum):
    """A payment to somebody who takes payments, money kept until receipt, or money between people."""

    PAYMENT = "payment"
    ESCROW = "escrow"
    TRANSFER = "transfer"


class IntentState(StrEnum):
    """Where an intent is: asked for, set aside, taken (in full or part), given up, or lapsed."""

    CREATED = "created"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class DisputeState(StrEnum):
    """A dispute is open until the payer takes it back or an operator decides it for one of the two."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    FOR_PAYER = "for_payer"
    FOR_PAYEE = "for_payee"


@dataclass(frozen=True)
class Kept:
    """What is to become of money that is kept.

    From `ask_from` on (None: the service that keeps it decides alone) either side may ask for it; at `lapses_at` it is
    the asker's, unless the other side has objected (then None).
    """

    ask_from: datetime | None
    asked_by: UUID | None
    asked_at: datetime | None
    asked_reason: str
    lapses_at: datetime | None


@dataclass(frozen=True)
class Intent:
    """A payment on its way. The payer parts with `captured_minor`; of it the payee keeps all but `fee_minor`.

    `transfer_id` is the ledger's movement from payer to payee, once captured. `kept` is there for an escrow alone.
    """

    id: UUID
    kind: IntentKind
    payer_id: UUID
    payee_id: UUID
    amount_minor: int
    currency: str
    state: IntentState
    captured_minor: int
    fee_minor: int
    refunded_minor: int
    memo_ref: str
    service: str
    transfer_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    captured_at: datetime | None
    kept: Kept | None = None

    @property
    def refundable_minor(self) -> int:
        return self.captured_minor - self.refunded_minor


@dataclass(frozen=True)
class Refund:
    """Money given back of a captured intent; the fee is not."""

    id: UUID
    intent_id: UUID
    payer_id: UUID
    payee_id: UUID
    amount_minor: int
    currency: str
    transfer_id: UUID
    created_at: datetime


@dataclass(frozen=True)
class Dispute:
    """A payer's complaint about a captured intent. `secured_minor` is what could be set aside of the payee's money.

    Where the money is still `kept`, one of the two has objected to its going to the other; the end says who gets it.
    """

    id: UUID
    intent_id: UUID
    payer_id: UUID
    payee_id: UUID
    amount_minor: int
    secured_minor: int
    currency: str
    reason: str
    state: DisputeState
    opened_at: datetime
    decided_at: datetime | None
    kept: bool = False


@dataclass(frozen=True)
class FeeTerms:
    """What a payee pays for a payment taken: a share in basis points and a fixed part."""

    basis_points: int
    fixed_minor: int


@dataclass(frozen=True)
class Allowance:
    """What may still leave a party's wallet by payments: in one payment, and today."""

    a_payment_minor: int
    left_today_minor: int


@dataclass(frozen=True)
class IntentPage:
    """A page of intents, latest first. `next_cursor` is None on the last page."""

    intents: tuple[Intent, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Rate:
    """`denominator` minor units of `sell_unit` buy `numerator` of `buy_unit`, since that instant."""

    sell_unit: str
    buy_unit: str
    numerator: int
    denominator: int
    since: datetime


@dataclass(frozen=True)
class Quote:
    """What is sold and bought, exactly: `sell_minor` * `numerator` = `buy_minor` * `denominator` + `remainder`."""

    id: UUID
    owner_id: UUID
    sell_unit: str
    sell_minor: int
    buy_unit: str
    buy_minor: int
    numerator: int
    denominator: int
    remainder: int
    expires_at: datetime
    exchanged_at: datetime | None


@dataclass(frozen=True)
class SharePart:
    """One party's part of a payment among many: `minor` units exactly, or `parts` of what the exact ones leave."""

    party_id: UUID
    parts: int = 0
    minor: int = 0


@dataclass(frozen=True)
class Share:
    """What one party gets of a payment among many: in all, so far, the fee on that, and given back since."""

    party_id: UUID
    payer_id: UUID
    total_minor: int
    released_minor: int
    fee_minor: int
    refunded_minor: int


class Period(StrEnum):
    """How often a mandate's limit begins anew, and its payment falls due."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class ChargeState(StrEnum):
    """A payment under a mandate was made, or refused (no money, over a limit) and may be tried again."""

    PAID = "paid"
    REFUSED = "refused"


@dataclass(frozen=True)
class MandateTerms:
    """What a payer agrees to: up to `payment_minor` at once, `period_minor` in each period, `total_minor` in all (None:
    no limit), from `starts_on` to `ends_on`. With `scheduled_minor` that much is paid by itself at the begin of each
    period, counted from `starts_on`; without, the payee asks."""

    currency: str
    period: Period
    payment_minor: int
    period_minor: int
    starts_on: date
    ends_on: date
    total_minor: int | None = None
    scheduled_minor: int | None = None


@dataclass(frozen=True)
class Mandate:
    """A payer's leave to take money. `next_due_on` is None where nothing falls due by itself any more.

    Between `paused_at` and the payer's going on, nothing is taken.
    """

    id: UUID
    payer_id: UUID
    payee_id: UUID
    memo: str
    terms: MandateTerms
    next_due_on: date | None
    taken_minor: int
    created_at: datetime
    revoked_at: datetime | None
    paused_at: datetime | None


@dataclass(frozen=True)
class Charge:
    """One payment under a mandate; `refusal` is the code of what stood against it, "" when paid."""

    id: UUID
    mandate_id: UUID
    due_on: date
    amount_minor: int
    state: ChargeState
    refusal: str
    payment_id: UUID | None
    at: datetime
