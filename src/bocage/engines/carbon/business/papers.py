"""A company's papers, taken by their shape, as the records that an inventory is made of."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Protocol

from bocage.engines.carbon.types import Line

from .types import Record

# Accounts that weigh nothing but say which payments the books know.
BANK_ACCOUNTS = ("512", "514", "517")
# Opening balances repeat earlier years' assets; they are booked in a journal of this name.
OPENING_JOURNALS = ("AN", "RAN", "ANO", "ANV")


class LedgerEntry(Protocol):
    """A line of the books, as `engines.statements.accounts` reads it."""

    @property
    def source_line(self) -> int: ...
    @property
    def journal(self) -> str: ...
    @property
    def entry(self) -> str: ...
    @property
    def booked_on(self) -> date: ...
    @property
    def account(self) -> str: ...
    @property
    def account_title(self) -> str: ...
    @property
    def party(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...


class InvoiceLine(Protocol):
    """An item of an invoice."""

    @property
    def source_line(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def quantity(self) -> Decimal | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def net_minor(self) -> int: ...
    @property
    def product_scheme(self) -> str: ...
    @property
    def product_code(self) -> str: ...


class Invoice(Protocol):
    """An invoice with its items."""

    @property
    def source_line(self) -> int: ...
    @property
    def number(self) -> str: ...
    @property
    def issued_on(self) -> date: ...
    @property
    def seller(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def exponent(self) -> int: ...
    @property
    def net_minor(self) -> int: ...
    @property
    def gross_minor(self) -> int: ...
    @property
    def unallocated_minor(self) -> int: ...
    @property
    def lines(self) -> tuple[InvoiceLine, ...]: ...


class Refuelling(Protocol):
    """A line of a fuel card."""

    @property
    def source_line(self) -> int: ...
    @property
    def filled_on(self) -> date: ...
    @property
    def product(self) -> str: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def unit(self) -> str: ...
    @property
    def amount_minor(self) -> int | None: ...
    @property
    def with_vat(self) -> bool: ...
    @property
    def currency(self) -> str: ...
    @property
    def station(self) -> str: ...


class Consumption(Protocol):
    """A meter's period."""

    @property
    def source_line(self) -> int: ...
    @property
    def meter(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def unit(self) -> str: ...


class BankLine(Line, Protocol):
    """A line of a statement, with its place in the file."""

    @property
    def source_line(self) -> int: ...


def of_ledger(entries: Iterable[LedgerEntry], file: str) -> Iterator[Record]:
    """Costs (class 6), assets bought (class 2, debits alone) and the bank's side of the books."""
    for entry in entries:
        opening = entry.journal.upper() in OPENING_JOURNALS
        settles = entry.account.startswith(BANK_ACCOUNTS)
        bought = entry.account.startswith("2") and entry.amount_minor > 0 and not opening
        if not (settles or bought or entry.account.startswith("6")) or not entry.amount_minor:
            continue
        yield Record(
            origin="ledger",
            file=file,
            line=entry.source_line,
            on=entry.booked_on,
            text=entry.text,
            supplier=entry.party,
            # What leaves the bank is credited to its account.
            amount_minor=-entry.amount_minor if settles else entry.amount_minor,
            currency=entry.currency,
            account=entry.account,
            account_title=entry.account_title,
            document=f"{entry.journal} {entry.entry}",
            reference=entry.reference,
            settles=settles,
        )


def of_invoice(invoice: Invoice, file: str) -> Iterator[Record]:
    """Each item; what the document's allowances and charges leave is one more, of the first item's kind."""
    items = [
        (line.source_line, line.text, line.quantity, line.unit, line.net_minor, line.product_scheme, line.product_code)
        for line in invoice.lines
    ]
    if invoice.unallocated_minor or not items:
        first = items[0] if items else (invoice.source_line, "", None, "", 0, "", "")
        items.append((invoice.source_line, first[1], None, "", invoice.unallocated_minor, first[5], first[6]))
    for number, text, quantity, unit, net_minor, scheme, code in items:
        yield Record(
            origin="invoice",
            file=file,
            line=number,
            on=invoice.issued_on,
            text=text,
            supplier=invoice.seller,
            amount_minor=net_minor,
            currency=invoice.currency,
            exponent=invoice.exponent,
            # UNTDID 7143: TSP and TST are UNSPSC, MP is "product/service id"; eight digits are UNSPSC's.
            product=code if scheme in {"TSP", "TST", "UNSPSC", "MP"} and code.isdigit() else "",
            quantity=quantity,
            unit=unit,
            document=f"{invoice.seller} {invoice.number}",
            reference=invoice.number,
            document_minor=invoice.net_minor,
            gross_minor=invoice.gross_minor,
        )


def of_fuel_card(refuellings: Iterable[Refuelling], file: str) -> Iterator[Record]:
    """Each refuelling by its litres or kWh."""
    for one in refuellings:
        yield Record(
            origin="fuel-card",
            file=file,
            line=one.source_line,
            on=one.filled_on,
            text=one.product,
            supplier=one.station,
            amount_minor=one.amount_minor or 0,
            currency=one.currency,
            with_vat=one.with_vat,
            quantity=one.quantity,
            unit=one.unit,
        )


def of_meters(consumptions: Iterable[Consumption], file: str) -> Iterator[Record]:
    """Each period that a meter counted."""
    for one in consumptions:
        yield Record(
            origin="meter",
            file=file,
            line=one.source_line,
            on=one.until,
            since=one.since,
            text=one.meter,
            kind=one.kind,
            quantity=one.quantity,
            unit=one.unit,
        )


def of_bank(lines: Iterable[BankLine], file: str) -> Iterator[Record]:
    """Each movement of the company's account, VAT included."""
    for one in lines:
        yield Record(
            origin="bank",
            file=file,
            line=one.source_line,
            on=one.booked_on,
            text=one.text,
            supplier=one.counterparty or "",
            amount_minor=-one.amount_minor,
            currency=one.currency,
            exponent=one.exponent,
            with_vat=True,
            mcc=one.mcc,
        )
