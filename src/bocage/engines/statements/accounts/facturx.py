"""Factur-X and ZUGFeRD: a PDF/A-3 that carries its invoice as XML (EN 16931, Cross Industry Invoice)."""

import io

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from bocage.engines.statements.types import Limits, StatementError

# Factur-X 1.0 and ZUGFeRD 2.x, 1.0, and the German XRechnung inside a PDF.
NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
PAGES_LIMIT = 2_000
_ADVICE = "Ask the seller for the invoice as Factur-X or as XML; a scan cannot be read."


def is_pdf(data: bytes) -> bool:
    return data[:1024].lstrip().startswith(b"%PDF")


def invoice_xml(data: bytes, limits: Limits) -> bytes:
    """The XML inside the PDF, at most `limits.size_bytes`. Raises `StatementError` where there is none or no PDF."""
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise StatementError("pdf-locked", "The PDF is locked with a password.", _ADVICE)
        names = {name.lower(): name for name in reader.attachments}
        named = next((names[name] for name in NAMES if name in names), None)
        if named is None:
            inside = ", ".join(sorted(names)[:3]) or "nothing"
            problem = f"The PDF carries no invoice as XML (inside: {inside[:120]})."
            raise StatementError("pdf-without-invoice", problem, _ADVICE)
        found = reader.attachments[named][0]
    except StatementError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        raise StatementError("pdf-broken", f"The PDF cannot be read: {type(error).__name__}.", _ADVICE) from None
    if len(found) > limits.size_bytes:
        raise StatementError("too-large", f"The XML inside is larger than {limits.size_bytes:,} bytes.", _ADVICE)
    return bytes(found)
