"""The door: `read` a statement of any supported format, or only `sniff` which one it is."""

import csv
import re

from .assembly import Findings, assemble
from .camt import read_camt
from .container import unwrap
from .csv_read import read_csv
from .csv_shape import preview
from .currencies import currency_code
from .encodings import decode
from .mt940 import read_mt940
from .ofx import declared_encoding, read_ofx
from .qif import read_qif
from .types import CsvMapping, CsvPreview, FieldError, Format, Limits, Note, Statement, StatementError
from .xml_text import parse_xml, root_name, xml_text

_MT_LINE = re.compile(r"^:(?:20|25|25P|28C?|60[FM]|61|62[FM]|64|86|34F|13D):", re.MULTILINE | re.ASCII)
_QIF_LINE = re.compile(r"^!(?:type|account|option|clear)\b", re.MULTILINE | re.IGNORECASE | re.ASCII)
_OFX_HEAD = re.compile(r"OFXHEADER|<OFX>", re.IGNORECASE | re.ASCII)
_CSV_SIGNS = (",", ";", "\t", "|")
_HEAD_CHARACTERS = 8_192
_ADVICE = "Take a CAMT.053, MT940, OFX, QIF or CSV file that your bank exports."


def read(
    data: bytes,
    *,
    name: str = "statement",
    limits: Limits = Limits(),  # noqa: B008 - frozen
    mapping: CsvMapping | None = None,
    currency: str | None = None,
) -> Statement:
    """Read a bank statement.

    `currency` is taken where the file names none (QIF, most CSV files). `mapping` says what a CSV's columns hold
    when they are not recognised. Lines that cannot be read are in `bad_lines`; `StatementError` means that nothing of
    the file can be trusted, and names the file, the line and the field.
    """
    try:
        default = currency_code(currency) if currency else None
        inner, notes = unwrap(data, limits)
        findings, encoding, more = _read(inner, limits, mapping, default)
        return assemble(findings, encoding, [*notes, *more])
    except StatementError as error:
        error.name = error.name or name
        raise
    except FieldError as error:
        raise StatementError(error.code, error.problem, _ADVICE, name=name, field=error.field) from None


def _read(
    data: bytes, limits: Limits, mapping: CsvMapping | None, currency: str | None
) -> tuple[Findings, str, list[Note]]:
    if _is_xml(data) and not _OFX_HEAD.search(data[:_HEAD_CHARACTERS].replace(b"\0", b"").decode("latin-1")):
        text, encoding, notes = xml_text(data)
        return read_camt(parse_xml(text), limits), encoding, notes
    text, encoding, notes = decode(data, declared_encoding(data))
    kind = _sniff_text(text)
    if kind == "ofx":
        return read_ofx(text, limits, currency), encoding, notes
    if kind == "qif":
        return read_qif(text, limits, currency), encoding, notes
    if kind == "mt940":
        return read_mt940(text, limits, currency), encoding, notes
    return read_csv(text, limits, mapping, currency), encoding, notes


def _is_xml(data: bytes) -> bool:
    return data[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def _sniff_text(text: str) -> Format:
    head = text[:_HEAD_CHARACTERS]
    if _OFX_HEAD.search(head):
        return "ofx"
    if _QIF_LINE.search(head):
        return "qif"
    if _MT_LINE.search(head):
        return "mt940"
    if any(sign in head for sign in _CSV_SIGNS):
        return "csv"
    raise StatementError("not-a-statement", "The file is no kind of bank statement that is known here.", _ADVICE)


def sniff(data: bytes, *, limits: Limits = Limits()) -> Format:  # noqa: B008 - frozen
    """The format of a file, from its first lines alone: what follows may still be broken. Raises `StatementError`."""
    inner, _ = unwrap(data, limits)
    if _is_xml(inner):
        if _OFX_HEAD.search(inner[:_HEAD_CHARACTERS].replace(b"\0", b"").decode("latin-1")):
            return "ofx"
        return root_name(parse_xml(xml_text(inner)[0]))
    text, _, _ = decode(inner, declared_encoding(inner))
    kind = _sniff_text(text)
    if (
        kind == "mt940"
        and re.search(r"^:(?:34F|13D):", text, re.MULTILINE)
        and not re.search(r"^:60[FM]:", text, re.MULTILINE)
    ):
        return "mt942"
    return kind


def preview_csv(
    data: bytes,
    *,
    name: str = "statement",
    limits: Limits = Limits(),  # noqa: B008 - frozen
    delimiter: str | None = None,
) -> CsvPreview:
    """The first rows of a CSV that `read` does not understand, for a person to say what its columns hold."""
    try:
        inner, _ = unwrap(data, limits)
        return preview(decode(inner)[0], limits, delimiter)
    except StatementError as error:
        error.name = error.name or name
        raise
    except csv.Error:
        problem = "The file cannot be cut into rows and columns."
        raise StatementError("columns-unknown", problem, _ADVICE, name=name) from None
