"""The door: `read_accounts` takes a FEC, an invoice (Factur-X, CII, UBL), a fuel card's or a meter's CSV."""

import csv

from bocage.engines.statements.container import unwrap
from bocage.engines.statements.currencies import currency_code
from bocage.engines.statements.encodings import decode
from bocage.engines.statements.types import FieldError, Limits, Note, StatementError
from bocage.engines.statements.xml_text import local, parse_xml, xml_text

from .fec import looks_like_fec, read_fec
from .fuel import read_fuel_card
from .invoices import invoice_format, read_invoice
from .meters import read_meters
from .tables import preview_table
from .types import ACCOUNTS_LIMITS, Accounts, TableMapping, TablePreview

_ADVICE = "Take a FEC, an invoice as Factur-X, CII or UBL, or a CSV of a fuel card or of meters."


def read_accounts(
    data: bytes,
    *,
    name: str = "accounts",
    limits: Limits = ACCOUNTS_LIMITS,
    mapping: TableMapping | None = None,
    currency: str = "EUR",
) -> Accounts | None:
    """Read a file of a company's accounts; None for one of another kind, such as a bank statement.

    `mapping` says what a CSV's columns hold where their headings do not. One wrong line refuses the whole file:
    `StatementError` names file, line and field.
    """
    try:
        return _read(data, limits, mapping, currency_code(currency))
    except StatementError as error:
        error.name = error.name or name
        raise
    except FieldError as error:
        raise StatementError(error.code, error.problem, _ADVICE, name=name, field=error.field) from None
    except csv.Error:
        problem = "The file cannot be cut into rows and columns."
        raise StatementError("columns-unknown", problem, _ADVICE, name=name) from None


def preview_accounts(data: bytes, *, name: str = "accounts", limits: Limits = ACCOUNTS_LIMITS) -> TablePreview:
    """The first rows of a CSV that `read_accounts` does not understand, for a person to say what its columns hold."""
    try:
        inner, _notes = unwrap(data, limits)
        return preview_table(decode(inner)[0], limits)
    except StatementError as error:
        error.name = error.name or name
        raise
    except csv.Error:
        problem = "The file cannot be cut into rows and columns."
        raise StatementError("columns-unknown", problem, _ADVICE, name=name) from None


def _read(data: bytes, limits: Limits, mapping: TableMapping | None, currency: str) -> Accounts | None:
    notes: list[Note] = []
    if len(data) > limits.size_bytes:
        raise StatementError("too-large", f"The file is larger than {limits.size_bytes:,} bytes.", "Split it by year.")
    if data[:1024].lstrip().startswith(b"%PDF"):
        # Reading PDF takes half a second to load; few files are one.
        from .facturx import invoice_xml

        data = invoice_xml(data, limits)
        notes.append(Note("unpacked", "The invoice was taken out of the PDF."))
    else:
        data, notes = unwrap(data, limits)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or data[:4] in (b"\xff\xfe<\0", b"\xfe\xff\0<"):
        text, encoding, more = xml_text(data)
        root = parse_xml(text)
        if invoice_format(root) is None:
            if any(note.code == "unpacked" and "PDF" in note.text for note in notes):
                problem = f"The XML inside is <{local(root)[:40]}>, not an invoice."
                raise StatementError("not-an-invoice", problem, _ADVICE)
            return None
        invoice = read_invoice(root)
        return Accounts(invoice.format, encoding, invoices=(invoice,), notes=(*notes, *more))
    text, encoding, more = decode(data)
    if looks_like_fec(text):
        entries, said = read_fec(text, limits)
        return Accounts("fec", encoding, entries=tuple(entries), notes=(*notes, *more, *said))
    return _table(text, encoding, [*notes, *more], limits, mapping, currency)


def _table(
    text: str, encoding: str, notes: list[Note], limits: Limits, mapping: TableMapping | None, currency: str
) -> Accounts | None:
    if mapping is None:
        try:
            preview = preview_table(text, limits)
        except StatementError:
            return None
        kind, used = preview.format, preview.mapping
        if kind is None or used is None:
            return None
    else:
        used, kind = mapping, "fuel-card" if mapping.product is not None else "meter"
    if kind == "fuel-card":
        filled = tuple(read_fuel_card(text, limits, used, currency))
        return Accounts("fuel-card", encoding, refuellings=filled, notes=tuple(notes), mapping=used)
    counted = tuple(read_meters(text, limits, used))
    return Accounts("meter", encoding, consumptions=counted, notes=tuple(notes), mapping=used)
