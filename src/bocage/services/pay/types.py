"""What Pay shows to everybody else: frozen dataclasses, never rows. Amounts are in minor units of their currency."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from bocage.kernel.payments.types import Dispute


class LineKind(StrEnum):
    """What moved the money of a wallet line."""

    PAID = "paid"
    TAKEN = "taken"
    REFUND = "refund"
    SENT = "sent"
    RECEIVED = "received"
    TOP_UP = "top_up"
    PAY_OUT = "pay_out"
    EXCHANGE = "exchange"


class CodeKind(StrEnum):
    """A poster is scanned again and again; an order, with its amount, once. A person's code is a poster of hers."""

    POSTER = "poster"
    ORDER = "order"


class CodeState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    CANCELLED = "cancelled"


class RequestState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RefundRequestState(StrEnum):
    OPEN = "open"
    REFUNDED = "refunded"
    DECLINED = "declined"


class TopUpState(StrEnum):
    WAITING = "waiting"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PayOutState(StrEnum):
    """Held in the wallet; sent to the bank in a file; paid or rejected by the bank; cancelled before it was sent."""

    HELD = "held"
    SENT = "sent"
    PAID = "paid"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class EntryState(StrEnum):
    """A line of the bank's statement: matched, waiting for an operator to say whose it is, or assigned by one."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    ASSIGNED = "assigned"


class LineFinding(StrEnum):
    """What a line of the bank's is to the ledger: the same as a movement there (the first three), set aside with a
    reason, or something to look at."""

    REFERENCE = "reference"
    AMOUNT_AND_DAY = "amount_and_day"
    OPERATOR = "operator"
    EXPLAINED = "explained"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    DUPLICATE = "duplicate"
    DIFFERS = "differs"
    NOT_POSTED = "not_posted"


MATCHED_FINDINGS = (LineFinding.REFERENCE, LineFinding.AMOUNT_AND_DAY, LineFinding.OPERATOR)
OPEN_FINDINGS = (
    LineFinding.UNMATCHED,
    LineFinding.AMBIGUOUS,
    LineFinding.DUPLICATE,
    LineFinding.DIFFERS,
    LineFinding.NOT_POSTED,
)


@dataclass(frozen=True)
class Wallet:
    """A party's wallet: `posted` is what it has, `held` what is promised and not yet gone, `available` the rest."""

    account_id: UUID
    owner_id: UUID
    currency: str
    posted_minor: int
    available_minor: int
    held_minor: int


@dataclass(frozen=True)
class Line:
    """One line of one wallet. `amount_minor` is signed; `fee_minor` is what the payee bore of it."""

    id: UUID
    kind: LineKind
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


@dataclass(frozen=True)
class Refund:
    """Money given back of a payment."""

    id: UUID
    amount_minor: int
    reason: str
    at: datetime


class KeptReason(StrEnum):
    """What the two sides of kept money say when they ask for it or object, besides what is wrong with a payment."""

    DELIVERED = "delivered"
    UNDER_WAY = "under_way"
    CALLED_OFF = "called_off"
    NO_ANSWER = "no_answer"
    FROZEN = "frozen"  # said by nobody: one of the two cannot act any more


class KeptState(StrEnum):
    """Where kept money is: kept, asked for (it lapses unless objected to), contested, paid out, or come back."""

    KEPT = "kept"
    ASKED = "asked"
    CONTESTED = "contested"
    PAID_OUT = "paid_out"
    CAME_BACK = "came_back"


class ComplaintReason(StrEnum):
    """What a payer may say is wrong with a payment."""

    NOT_RECEIVED = "not_received"
    NOT_AS_DESCRIBED = "not_as_described"
    WRONG_AMOUNT = "wrong_amount"
    PAID_TWICE = "paid_twice"
    NOT_MINE = "not_mine"


@dataclass(frozen=True)
class Receipt:
    """All that a person may know of one line of her wallet. `refundable_minor` is what may still come back."""

    line: Line
    owner_name: str
    counterpart_handle: str
    counterpart_verified: bool
    category: str
    state: str
    refunds: tuple[Refund, ...]
    refundable_minor: int
    request: "RefundRequest | None"
    complaint: Dispute | None
    may_complain: bool
    is_kept: bool = False


@dataclass(frozen=True)
class Page[T]:
    """A page of a list, newest first; `next_id` is where the next page begins, None at the end."""

    rows: tuple[T, ...]
    next_id: UUID | None


@dataclass(frozen=True)
class Payee:
    """Who is paid: a shop or a person, as the payment sheet shows it."""

    id: UUID
    name: str
    handle: str
    is_person: bool
    verified: bool
    mcc: str
    category: str
    country: str


@dataclass(frozen=True)
class Code:
    """Something to scan. `payload` is the EMVCo text that the QR holds."""

    id: UUID
    token: str
    payee_id: UUID
    kind: CodeKind
    label: str
    amount_minor: int | None
    currency: str
    reference: str
    state: CodeState
    expired: bool
    payment_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    payload: str


@dataclass(frozen=True)
class Sheet:
    """A payment that waits for its payer's word; its id is the payment's."""

    id: UUID
    payer_id: UUID
    payee_id: UUID
    amount_minor: int
    currency: str
    memo: str
    reference: str
    code_id: UUID | None
    request_id: UUID | None
    capture_later: bool
    expired: bool
    confirmed: bool
    created_at: datetime


@dataclass(frozen=True)
class Done:
    """What confirming did: `done` the payment took effect; else it waits for the payer's fresh confirmation."""

    payment_id: UUID
    done: bool


@dataclass(frozen=True)
class PresentedCode:
    """A code to show at a till: `digits` to read out, `payload` (EMVCo consumer-presented) in the QR."""

    digits: str
    payload: str
    expires_at: datetime


@dataclass(frozen=True)
class Request:
    """A request for money between two people."""

    id: UUID
    payee_id: UUID
    payee_name: str
    payer_id: UUID
    payer_name: str
    amount_minor: int
    currency: str
    memo: str
    state: RequestState
    split_id: UUID | None
    payment_id: UUID | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Split:
    """A bill and how far it has been paid back. `own_part_minor` is the owner's own share."""

    id: UUID
    title: str
    total_minor: int
    own_part_minor: int
    paid_minor: int
    currency: str
    created_at: datetime
    requests: tuple[Request, ...] = field(default=())


@dataclass(frozen=True)
class RefundRequest:
    """A payer's wish for money back."""

    id: UUID
    payment_id: UUID
    payer_name: str
    amount_minor: int
    currency: str
    reason: str
    answer: str
    state: RefundRequestState
    created_at: datetime


@dataclass(frozen=True)
class TopUp:
    """Money announced from a bank."""

    id: UUID
    amount_minor: int
    received_minor: int | None
    currency: str
    reference: str
    state: TopUpState
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class PayOut:
    """Money on its way to a bank account; `iban` is shown in full to its owner alone."""

    id: UUID
    amount_minor: int
    currency: str
    iban: str
    holder_name: str
    memo: str
    state: PayOutState
    reason: str
    end_to_end_id: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Statement:
    """A wallet's month: what it had, each line in order, what it has. opening + sum of lines = closing."""

    owner_id: UUID
    owner_name: str
    account_id: UUID
    currency: str
    first_day: date
    last_day: date
    opening_minor: int
    closing_minor: int
    lines: tuple[Line, ...]

    @property
    def in_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines if line.amount_minor > 0)

    @property
    def out_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines if line.amount_minor < 0)


@dataclass(frozen=True)
class Takings:
    """A shop's day: what was taken, given back and kept, and by hour (24 figures, the town's zone)."""

    day: date
    currency: str
    payments_count: int
    taken_minor: int
    refunded_minor: int
    fees_minor: int
    by_hour_minor: tuple[int, ...]

    @property
    def kept_minor(self) -> int:
        return self.taken_minor - self.refunded_minor - self.fees_minor


@dataclass(frozen=True)
class BankFile:
    """A file to ("out") or from ("in") the bank; `refusal` says why nothing in it took effect."""

    id: UUID
    direction: str
    name: str
    message_type: str
    entries_count: int
    refusal: str
    at: datetime


@dataclass(frozen=True)
class BankEntry:
    """A booked line of the bank's statement; `amount_minor` is signed."""

    id: UUID
    bank_reference: str
    amount_minor: int
    currency: str
    party_name: str
    text: str
    state: EntryState
    file_name: str
    at: datetime


@dataclass(frozen=True)
class ReconciledLine:
    """A booked line of the bank's beside the ledger. `movement_id` is the ledger transfer that it was matched with."""

    id: UUID
    booked_on: date
    amount_minor: int
    currency: str
    party_name: str
    text: str
    reference: str
    file_name: str
    source_line: int
    finding: LineFinding
    movement_id: UUID | None
    candidates: tuple[UUID, ...]
    reason: str


@dataclass(frozen=True)
class BankMovement:
    """A movement of the town's bank account in the ledger, + for money in; `posted` False: expected, not there yet."""

    id: UUID
    on: date
    amount_minor: int
    currency: str
    references: tuple[str, ...]
    code: str
    posted: bool


@dataclass(frozen=True)
class FileTaken:
    """One file of a reconciliation: how many booked lines it has, and how many of them are new."""

    name: str
    format: str
    lines: int
    new: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Reconciliation:
    """Where bank and ledger stand: how many lines of each finding, what is open, and what the ledger alone has.

    The ledger's movements are compared for the days that the lines cover, the last `window_days` of them left out:
    the bank may still book those, `awaited` of them. `missing_cut` says that there are more than are listed.
    """

    first_on: date | None
    last_on: date | None
    window_days: int
    counts: dict[LineFinding, int]
    open_lines: tuple[ReconciledLine, ...]
    missing: tuple[BankMovement, ...]
    missing_count: int
    awaited: int

    @property
    def whole(self) -> bool:
        """Nothing is left to look at."""
        return not self.missing_count and not any(self.counts.get(each) for each in OPEN_FINDINGS)
