"""A company's files become the records that its footprint is made of; used by the command and by the company's page."""

from dataclasses import dataclass

from bocage.engines.carbon.business import Record, of_bank, of_fuel_card, of_invoice, of_ledger, of_meters
from bocage.engines.statements import CsvMapping, Limits, read
from bocage.engines.statements.accounts import ACCOUNTS_LIMITS, TableMapping, read_accounts


@dataclass(frozen=True)
class Papers:
    """A file as read: its format, the records in it, and what was assumed or left out on the way."""

    format: str
    records: tuple[Record, ...]
    notes: tuple[str, ...]


def read_papers(
    data: bytes,
    *,
    name: str,
    currency: str,
    limits: Limits = ACCOUNTS_LIMITS,
    mapping: TableMapping | CsvMapping | None = None,
) -> Papers:
    """Read a FEC, an invoice, a fuel card, meters or a bank statement. Raises `StatementError` naming file and line."""
    payments = mapping if isinstance(mapping, CsvMapping) else None
    table = mapping if isinstance(mapping, TableMapping) else None
    found = None
    if payments is None:
        found = read_accounts(data, name=name, limits=limits, mapping=table, currency=currency)
    if found is None:
        statement = read(data, name=name, limits=limits, currency=currency, mapping=payments)
        notes = [note.text for note in statement.notes]
        notes += [f"Line {bad.line}, {bad.field}: {bad.problem}" for bad in statement.bad_lines]
        return Papers(statement.format, tuple(of_bank(statement.lines, name)), tuple(notes))
    records = [
        *of_ledger(found.entries, name),
        *(record for invoice in found.invoices for record in of_invoice(invoice, name)),
        *of_fuel_card(found.refuellings, name),
        *of_meters(found.consumptions, name),
    ]
    return Papers(found.format, tuple(records), tuple(note.text for note in found.notes))
