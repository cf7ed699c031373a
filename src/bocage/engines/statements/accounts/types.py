"""What a company's accounts are once read: entries of the books, invoices, refuellings and metered energy."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from bocage.engines.statements.types import Column, Limits, Note

type AccountsFormat = Literal["fec", "cii", "ubl", "fuel-card", "meter"]
type MeterKind = Literal["electricity", "gas", "heating_oil", "district_heat", "water", "propane"]

ACCOUNTS_LIMITS = Limits(size_bytes=20_000_000, lines=200_000)
INVOICE_LINES_LIMIT = 10_000
QUANTITY_LIMIT = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of a FEC (fichier des écritures comptables), amounts in hundredths of `currency`.

    `amount_minor` is debit less credit. `account` is of the plan comptable général; `party` the auxiliary account's
    name, for an expense the supplier credited by the same entry; `reference` the voucher's.
    """

    source_line: int
    journal: str
    entry: str
    booked_on: date
    account: str
    account_title: str
    party: str
    reference: str
    text: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One item of an invoice: `net_minor` without VAT; `unit` of UN/ECE Recommendation 20 (LTR, KWH, MTQ, ...)."""

    source_line: int
    text: str
    quantity: Decimal | None
    unit: str
    net_minor: int
    product_scheme: str
    product_code: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice (EN 16931): positive amounts are owed to the seller, a credit note's are negative.

    Amounts in minor units, `amount / 10**exponent` of `currency`. What allowances, charges and rounding leave between
    the lines and the total is `unallocated_minor`.
    """

    format: Literal["cii", "ubl"]
    source_line: int
    number: str
    issued_on: date
    seller: str
    seller_id: str
    buyer: str
    currency: str
    exponent: int
    net_minor: int
    gross_minor: int
    unallocated_minor: int
    is_credit: bool
    lines: tuple[InvoiceLine, ...]


@dataclass(frozen=True, slots=True)
class Refuelling:
    """One line of a fuel card's statement: `quantity` of `unit` (L or kWh); the amount is None where none is stated."""

    source_line: int
    filled_on: date
    product: str
    quantity: Decimal
    unit: Literal["L", "kWh"]
    amount_minor: int | None
    with_vat: bool
    currency: str
    station: str
    vehicle: str


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a meter counted from `since` to `until`, both days included: `quantity` of `unit` (kWh, m3, L or kg)."""

    source_line: int
    meter: str
    kind: MeterKind
    since: date
    until: date
    quantity: Decimal
    unit: Literal["kWh", "m3", "L", "kg"]


@dataclass(frozen=True, slots=True)
class TableMapping:
    """Which column of a fuel card's or meter's CSV holds what: a heading, or a place counted from 0.

    Fuel cards need date, product and quantity; meters need date, kind and one of index and consumption. `kind` and
    `unit` may be a constant for the whole file (`kind_is`, `unit_is`).
    """

    date: Column
    quantity: Column | None = None
    product: Column | None = None
    amount: Column | None = None
    currency: Column | None = None
    station: Column | None = None
    vehicle: Column | None = None
    meter: Column | None = None
    kind: Column | None = None
    unit: Column | None = None
    index: Column | None = None
    since: Column | None = None
    kind_is: str = ""
    unit_is: str = ""
    with_vat: bool = True


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The first rows of a CSV, headings first, what it seems to be and which column seems to hold what.

    `format` and `mapping` are None where that is not clear and somebody has to say.
    """

    format: Literal["fuel-card", "meter"] | None
    delimiter: str
    rows: tuple[tuple[str, ...], ...]
    mapping: TableMapping | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """A file as read: what it holds is in the one field of its format, the others are empty."""

    format: AccountsFormat
    encoding: str
    entries: tuple[LedgerEntry, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    refuellings: tuple[Refuelling, ...] = ()
    consumptions: tuple[Consumption, ...] = ()
    notes: tuple[Note, ...] = ()
    mapping: TableMapping | None = None
