"""What ISO 20022 messages say, as plain frozen dataclasses, and the one error of this engine."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

type Message = Literal["pain.001.001.09", "pain.002.001.12", "camt.053.001.08", "camt.054.001.08"]

AMOUNT_LIMIT_MINOR = 9 * 10**15
FILE_LIMIT_BYTES = 10_000_000
PAYMENTS_LIMIT = 50_000
ENTRIES_LIMIT = 200_000

GROUP_STATUSES = frozenset({"ACCC", "ACCP", "ACSC", "ACSP", "ACTC", "ACWC", "PART", "PDNG", "RCVD", "RJCT"})
"""Codes of ExternalPaymentGroupStatus1Code that a bank answers a customer's pain.001 with."""

PAYMENT_STATUSES = frozenset({"ACCC", "ACCP", "ACSC", "ACSP", "ACTC", "ACWC", "CANC", "PDNG", "RCVD", "RJCT"})
"""Codes of ExternalPaymentTransactionStatus1Code for one payment; ACCC, ACSC: done; RJCT, CANC: will not be done."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One credit transfer. `amount_minor` > 0 in ISO 4217 minor units of `currency`.

    `end_to_end_id` comes back in statements and status reports; it is unique in its order. `batch_id` names the group
    of payments of one debtor and day; when it is empty, writing makes one.
    """

    end_to_end_id: str
    amount_minor: int
    currency: str
    debtor: str
    debtor_iban: str
    creditor: str
    creditor_iban: str
    remittance: str
    execute_on: date
    debtor_bic: str | None = None
    creditor_bic: str | None = None
    batch_id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A customer's order to its bank: a pain.001. `created_at` is aware; `initiator` is who sends it."""

    message_id: str
    created_at: datetime
    initiator: str
    payments: tuple[Payment, ...]


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """What became of one payment; `reason` is an ISO 20022 code such as AC04 and goes with a refusal."""

    batch_id: str
    end_to_end_id: str
    status: str
    reason: str | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A bank's answer to an order: a pain.002. `group_status` is None when it only speaks of single payments."""

    message_id: str
    created_at: datetime
    original_message_id: str
    group_status: str | None
    payments: tuple[PaymentStatus, ...] = ()
    original_message_name: str = "pain.001.001.09"
    reason: str | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One booked movement. `amount_minor` is signed (+ in), never 0; `reference` is the bank's own and unique.

    `counterparty` is the creditor of money out and the debtor of money in. `code` is the ISO bank transaction code as
    domain-family-subfamily; empty means an ordinary SEPA credit transfer, issued or received.
    """

    reference: str
    amount_minor: int
    booked_on: date
    value_on: date
    end_to_end_id: str = ""
    counterparty: str = ""
    counterparty_iban: str | None = None
    remittance: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class AccountReport:
    """The entries of one account: a camt.053 with both balances, a camt.054 without.

    Exactly one of `iban` and `account_id` names the account. Balances are signed minor units; in a statement,
    opening + entries = closing.
    """

    message_id: str
    created_at: datetime
    report_id: str
    sequence: int
    owner: str
    currency: str
    from_on: date
    to_on: date
    entries: tuple[Entry, ...]
    iban: str | None = None
    account_id: str | None = None
    opening_minor: int | None = None
    closing_minor: int | None = None


class Iso20022Error(ValueError):
    """A message, or data for one, that is wrong: stable `code`, plain `problem`, and where (`line` 0 when unknown)."""

    def __init__(self, code: str, problem: str, *, element: str = "", line: int = 0) -> None:
        super().__init__(code, problem, element, line)
        self.code = code
        self.problem = problem
        self.element = element
        self.line = line

    def __str__(self) -> str:
        where = [part for part in (f"line {self.line}" if self.line else "", self.element) if part]
        return f"{', '.join(where)}: {self.problem}" if where else self.problem
