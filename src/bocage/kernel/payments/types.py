"""What payments shows to everybody else. Amounts are whole minor units of `currency`."""

from dataclasses import dataclass
from datetime import datetime
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
class Intent:
    """A payment on its way. The payer parts with `captured_minor`; of it the payee keeps all but `fee_minor`.

    `transfer_id` is the ledger's movement from payer to payee, once captured.
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
    """A payer's complaint about a captured intent. `secured_minor` is what could be set aside of the payee's money."""

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
