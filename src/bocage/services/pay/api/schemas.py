"""What goes in and out of Pay's API. Amounts are whole minor units (cents) of `currency`."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from bocage.services.pay import limits
from bocage.services.pay.types import ComplaintReason

HANDLE_CHARACTERS_MAX = 31
IBAN_CHARACTERS_MAX = 42

Amount = Annotated[
    int, Field(ge=1, le=limits.AMOUNT_MINOR_MAX, description="Minor units: 340 is 3.40.", examples=[340])
]
Handle = Annotated[
    str,
    Field(min_length=1, max_length=HANDLE_CHARACTERS_MAX, description="A name such as @moulin.", examples=["@moulin"]),
]
Memo = Annotated[str, Field(max_length=limits.MEMO_CHARACTERS_MAX, examples=["Coffee"])]
Reference = Annotated[
    str,
    Field(max_length=limits.REFERENCE_CHARACTERS_MAX, description="Yours; on both receipts.", examples=["Table 6"]),
]
Scanned = Annotated[
    str,
    Field(
        min_length=1,
        max_length=limits.PASTED_CODE_CHARACTERS_MAX,
        description="The EMVCo text of a QR, or its 16-character token.",
    ),
]

# Documented beside each write; `idempotent` asks for it.
WRITES: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "description": "New for each new request; the same key with the same request answers the same, once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]{1,64}$"},
            "example": "5d8d2c1e-6f0e-4b0a-9f55-3a0a7b6d6f10",
        }
    ]
}


class WalletOut(Schema):
    """A wallet: what it has, what of it is set aside, what may be spent."""

    account_id: UUID
    currency: str
    posted_minor: int
    held_minor: int
    available_minor: int


class LineOut(Schema):
    """A line of the wallet. `amount_minor` is signed; `fee_minor` is what the payee bore of it."""

    id: UUID
    kind: str
    amount_minor: int
    fee_minor: int
    currency: str
    counterpart_id: UUID | None
    counterpart_name: str
    mcc: str
    memo: str
    reference: str
    payment_id: UUID | None
    refund_id: UUID | None
    transfer_id: UUID
    at: datetime


class LinePage(Schema):
    """Lines, the newest first; pass `next_cursor` on as `cursor` for the older ones."""

    items: list[LineOut]
    next_cursor: str | None


class StatementOut(Schema):
    """A month: opening_minor + the lines = closing_minor."""

    account_id: UUID
    currency: str
    first_day: date
    last_day: date
    opening_minor: int
    in_minor: int
    out_minor: int
    closing_minor: int
    lines: list[LineOut]


class PayIn(Schema):
    """Whom to pay: a handle with an amount, or a scanned code (with an amount where the code has none)."""

    to: Handle | None = None
    code: Scanned | None = None
    amount_minor: Amount | None = None
    memo: Memo = ""
    reference: Reference = ""
    capture: Annotated[
        Literal["now", "later"], Field(description="later: set the money aside; the payee captures or cancels.")
    ] = "now"


class RefundOut(Schema):
    """Money given back of a payment."""

    id: UUID
    amount_minor: int
    currency: str
    created_at: datetime


class PaymentOut(Schema):
    """A payment. `needs_confirmation`: the payer opens `confirm_url` and shows that it is her; nothing moved yet."""

    id: UUID
    state: Literal["needs_confirmation", "created", "authorised", "captured", "cancelled", "expired"]
    kind: Literal["payment", "transfer", "escrow"]
    payee_id: UUID
    amount_minor: int
    captured_minor: int
    fee_minor: int
    refunded_minor: int
    currency: str
    created_at: datetime
    confirm_url: str | None = None
    refunds: list[RefundOut] = []


class PaymentPage(Schema):
    """Payments, the newest first; pass `next_cursor` on as `cursor` for the older ones."""

    items: list[PaymentOut]
    next_cursor: str | None


class CaptureIn(Schema):
    """How much to take: all that was set aside when it is left out; the rest is released."""

    amount_minor: Amount | None = None


class RefundIn(Schema):
    """How much to give back, and why; the payer reads it."""

    amount_minor: Amount
    reason: Annotated[str, Field(max_length=limits.REASON_CHARACTERS_MAX)] = ""


class ComplaintIn(Schema):
    """How much of a payment the complaint is about, and what is wrong."""

    amount_minor: Amount
    reason: ComplaintReason


class ComplaintOut(Schema):
    """A complaint about a payment. `secured_minor` is what could be set aside of the shop's money."""

    id: UUID
    payment_id: Annotated[UUID, Field(validation_alias="intent_id")]
    amount_minor: int
    secured_minor: int
    currency: str
    reason: str
    state: str
    opened_at: datetime
    decided_at: datetime | None


class ChargeIn(Schema):
    """The code that a customer shows: 18 digits, or the text of its QR."""

    code: Scanned
    amount_minor: Amount
    reference: Reference = ""


class CodeIn(Schema):
    """A poster (any amount, again and again) or an order (this amount, once, until it expires)."""

    kind: Literal["poster", "order"]
    amount_minor: Amount | None = None
    label: Annotated[str, Field(max_length=limits.LABEL_CHARACTERS_MAX)] = ""
    reference: Reference = ""
    life_seconds: Annotated[int, Field(ge=60, le=int(limits.ORDER_LIFE_MAX.total_seconds()))] = int(
        limits.ORDER_LIFE_DEFAULT.total_seconds()
    )


class CodeOut(Schema):
    """A code; `payload` is the EMVCo text to show as a QR."""

    id: UUID
    kind: str
    token: str
    payload: str
    label: str
    reference: str
    amount_minor: int | None
    currency: str
    state: str
    expired: bool
    payment_id: UUID | None
    created_at: datetime
    expires_at: datetime | None


class CodePage(Schema):
    """Codes, the newest first; pass `next_cursor` on as `cursor` for the older ones."""

    items: list[CodeOut]
    next_cursor: str | None


class ScanIn(Schema):
    """What a camera read."""

    code: Scanned


class ScanOut(Schema):
    """Whom a scanned code pays, and how much where it says so."""

    payee_id: UUID
    payee_name: str
    payee_handle: str
    verified: bool
    mcc: str
    category: str
    amount_minor: int | None
    currency: str
    reference: str


class PresentedOut(Schema):
    """A code to show at a till until `expires_at`; the next one ends it."""

    digits: str
    payload: str
    expires_at: datetime


class TransferIn(Schema):
    """Money for a person."""

    to: Handle
    amount_minor: Amount
    memo: Memo = ""


class AskIn(Schema):
    """A request for money."""

    to: Handle
    amount_minor: Amount
    memo: Memo = ""


class RequestOut(Schema):
    """A request for money between two people."""

    id: UUID
    payee_id: UUID
    payee_name: str
    payer_id: UUID
    payer_name: str
    amount_minor: int
    currency: str
    memo: str
    state: str
    split_id: UUID | None
    payment_id: UUID | None
    created_at: datetime
    expires_at: datetime


class RequestPage(Schema):
    """Requests, the newest first; pass `next_cursor` on as `cursor` for the older ones."""

    items: list[RequestOut]
    next_cursor: str | None


class PartIn(Schema):
    """Somebody's part of a bill; left out on every part, the bill is shared equally."""

    to: Handle
    amount_minor: Amount | None = None


class SplitIn(Schema):
    """A bill that the caller paid. `own_part_minor` is the caller's own part where parts have amounts."""

    title: Annotated[str, Field(min_length=1, max_length=limits.MEMO_CHARACTERS_MAX)]
    total_minor: Amount
    parts: Annotated[list[PartIn], Field(min_length=1, max_length=limits.SPLIT_PEOPLE_MAX)]
    owner_shares: bool = True


class SplitOut(Schema):
    """A bill and how far it was paid back."""

    id: UUID
    title: str
    total_minor: int
    own_part_minor: int
    paid_minor: int
    currency: str
    created_at: datetime
    requests: list[RequestOut]


class SplitPage(Schema):
    """Bills, the newest first; pass `next_cursor` on as `cursor` for the older ones."""

    items: list[SplitOut]
    next_cursor: str | None


class TopUpIn(Schema):
    """How much will come from a bank."""

    amount_minor: Annotated[int, Field(ge=1, le=limits.TOP_UP_MINOR_MAX)]


class TopUpOut(Schema):
    """An announced top-up: send to `iban`, with `reference`."""

    id: UUID
    amount_minor: int
    received_minor: int | None
    currency: str
    iban: str
    reference: str
    state: str
    created_at: datetime
    expires_at: datetime


class PayOutIn(Schema):
    """Money for a bank account."""

    amount_minor: Amount
    iban: Annotated[str, Field(min_length=5, max_length=IBAN_CHARACTERS_MAX, examples=["FR7630001007941234567890185"])]
    holder_name: Annotated[str, Field(min_length=1, max_length=70, examples=["Ana Morel"])]
    memo: Memo = ""


class PayOutOut(Schema):
    """A pay-out and how far it is."""

    id: UUID
    amount_minor: int
    currency: str
    iban: str
    holder_name: str
    memo: str
    state: str
    reason: str
    end_to_end_id: str
    created_at: datetime
    ended_at: datetime | None


class PayOutPage(Schema):
    """Pay-outs, the newest first; pass `next_cursor` on as `cursor` for the older ones."""

    items: list[PayOutOut]
    next_cursor: str | None


class TakingsOut(Schema):
    """A shop's business day."""

    day: date
    currency: str
    payments_count: int
    taken_minor: int
    refunded_minor: int
    fees_minor: int
    kept_minor: int
    by_hour_minor: list[int]
