"""What a bank statement is once read: plain frozen dataclasses, and the one error a reader raises."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

type Format = Literal["mt940", "mt942", "camt.052", "camt.053", "camt.054", "ofx", "qif", "csv"]
type DateOrder = Literal["ymd", "dmy", "mdy"]
type Decimal = Literal[".", ","]
type Column = int | str

FIRST_DATE = date(1970, 1, 1)
LAST_DATE = date(2100, 12, 31)
AMOUNT_LIMIT_MINOR = 9 * 10**15
DECIMALS_LIMIT = 6
NO_CURRENCY = "XXX"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a reader takes before it refuses: a file's own size, and what it may grow to once unpacked."""

    size_bytes: int = 10_000_000
    lines: int = 200_000
    accounts: int = 1_000
    field_characters: int = 4_000


@dataclass(frozen=True, slots=True)
class Foreign:
    """The amount in the currency it was first asked in; signed like the line, in that currency's minor units."""

    amount_minor: int
    currency: str
    exponent: int


@dataclass(frozen=True, slots=True)
class Line:
    """One booked movement of an account.

    `number` counts lines in the statement from 1 and `source_line` is its place in the file; `account` is an index
    into `Statement.accounts`. `amount_minor` is signed, + for money in, and means `amount_minor / 10**exponent` of
    `currency` ("XXX" where neither the file nor the caller says which). `exponent` is ISO 4217's, or greater
    where the account's file states finer amounts. `booked_on` and `value_on` are the bank's own calendar days.

    `fingerprint` is the same for the same line in another export of the account, and unique in one statement: it
    covers day, amount and the words of the text in any order, plus a number when all three are repeated. It leaves
    out the account, the currency's name and the bank's references, which banks change from one export to another.
    `statement` is what the bank calls the statement that the line stands in (camt: Id, sequence numbers and page), ""
    where it does not say.
    """

    number: int
    source_line: int
    account: int
    booked_on: date
    value_on: date | None
    amount_minor: int
    currency: str
    exponent: int
    text: str
    counterparty: str | None
    reference: str | None
    mcc: str | None
    foreign: Foreign | None
    kind: str | None
    fingerprint: str
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account in the statement; balances are None where the file states none.

    `reconciles` is True when each stated opening balance plus its lines gives the stated closing balance (with a
    CSV's running balance: when the rows make one unbroken chain), False when not, None when it cannot be checked.
    """

    identifier: str | None
    currency: str
    exponent: int
    opening_minor: int | None
    closing_minor: int | None
    reconciles: bool | None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be read, by its place in the file. `code` is a stable slug for translations."""

    line: int
    field: str
    problem: str
    code: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader assumed, repaired or left out, so that nothing happens in silence."""

    code: str
    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """Which column of a CSV holds what: by its heading, or by its place counted from 0.

    `direction` is a column of words such as "debit" or "Af"; `payer` and `payee` are used instead of `counterparty`
    where a file has both. `header_line` counts from 1, 0 for a file without headings, None to find it. With
    `negate`, amounts without sign are money out (a card's purchases).
    """

    date: Column
    amount: Column | None = None
    debit: Column | None = None
    credit: Column | None = None
    direction: Column | None = None
    fee: Column | None = None
    value_date: Column | None = None
    text: tuple[Column, ...] = ()
    counterparty: Column | None = None
    payer: Column | None = None
    payee: Column | None = None
    reference: Column | None = None
    currency: Column | None = None
    balance: Column | None = None
    account: Column | None = None
    mcc: Column | None = None
    kind: Column | None = None
    status: Column | None = None
    foreign_amount: Column | None = None
    foreign_currency: Column | None = None
    delimiter: str | None = None
    header_line: int | None = None
    date_order: DateOrder | None = None
    decimal: Decimal | None = None
    negate: bool = False


@dataclass(frozen=True, slots=True)
class CsvPreview:
    """The first rows of a CSV, to choose columns from: `rows` begin with the headings where there are any.

    `mapping` is what the columns seem to hold, None where that is not clear.
    """

    delimiter: str
    rows: tuple[tuple[str, ...], ...]
    mapping: CsvMapping | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A file as read. `mapping` is what a CSV's columns were taken for, to show and to correct."""

    format: Format
    encoding: str
    accounts: tuple[Account, ...]
    lines: tuple[Line, ...]
    bad_lines: tuple[BadLine, ...]
    notes: tuple[Note, ...]
    mapping: CsvMapping | None = None


class StatementError(ValueError):
    """The file as a whole cannot be read: what, where (line from 1, 0 for the whole file), and what to do next."""

    def __init__(self, code: str, problem: str, advice: str, *, name: str = "", line: int = 0, field: str = "") -> None:
        super().__init__(code, problem, advice, name, line, field)
        self.code = code
        self.problem = problem
        self.advice = advice
        self.name = name
        self.line = line
        self.field = field

    def __str__(self) -> str:
        where = [self.name or "statement"]
        if self.line:
            where.append(f"line {self.line}")
        if self.field:
            where.append(self.field)
        return f"{', '.join(where)}: {self.problem} {self.advice}"


class FieldError(ValueError):
    """One field that cannot be read; readers turn it into a `BadLine`."""

    def __init__(self, code: str, field: str, problem: str) -> None:
        super().__init__(code, field, problem)
        self.code = code
        self.field = field
        self.problem = problem
