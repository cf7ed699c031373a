"""Reads bank statements: MT940/942, CAMT.052/053/054, OFX and QFX, QIF and banks' CSV, into one plain shape."""

from .reader import preview_csv, read, sniff
from .types import (
    Account,
    BadLine,
    CsvMapping,
    CsvPreview,
    Foreign,
    Format,
    Limits,
    Line,
    Note,
    Statement,
    StatementError,
)

__all__ = [
    "Account",
    "BadLine",
    "CsvMapping",
    "CsvPreview",
    "Foreign",
    "Format",
    "Limits",
    "Line",
    "Note",
    "Statement",
    "StatementError",
    "preview_csv",
    "read",
    "sniff",
]
