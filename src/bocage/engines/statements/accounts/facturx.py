"""Factur-X and ZUGFeRD: a PDF/A-3 that carries its invoice as XML (EN 16931, Cross Industry Invoice)."""

import io

from pypdf import PdfReader, apply_configuration
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import EmbeddedFile

from bocage.engines.statements.types import Limits, StatementError

# Factur-X 1.0 and ZUGFeRD 2.x, 1.0, and the German XRechnung inside a PDF.
NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
# Structure (cross-references, object streams) and invoice are packed once; each layer more multiplies by a thousand.
FILTERS_LIMIT = 1
_ADVICE = "Ask the seller for the invoice as Factur-X or as XML; a scan cannot be read."


def invoice_xml(data: bytes, limits: Limits) -> bytes:
    """The XML inside the PDF, at most `limits.size_bytes`. Raises `StatementError` where there is none or no PDF.

    No stream is unpacked further than that, and of the attachments the invoice alone.
    """
    bounded = apply_configuration(
        stream_filters_maximum_length=FILTERS_LIMIT,
        zlib_maximum_output_length=limits.size_bytes,
        lzw_maximum_output_length=limits.size_bytes,
        run_length_maximum_output_length=limits.size_bytes,
        brotli_maximum_output_length=limits.size_bytes,
        array_based_stream_maximum_output_length=limits.size_bytes,
        # Broken streams are refused, not mended byte by byte.
        zlib_maximum_recovery_input_length=0,
    )
    try:
        with bounded:
            reader = PdfReader(io.BytesIO(data), strict=False)
            if reader.is_encrypted:
                raise StatementError("pdf-locked", "The PDF is locked with a password.", _ADVICE)
            return _content(_invoice(reader), limits)
    except StatementError:
        raise
    except (
        PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, NotImplementedError,
        OSError,
    ) as error:  # fmt: skip
        raise StatementError("pdf-broken", f"The PDF cannot be read: {type(error).__name__}.", _ADVICE) from None


def _invoice(reader: PdfReader) -> EmbeddedFile:
    """The one attachment of an invoice's name; nothing is unpacked to find it."""
    by_name: dict[str, list[EmbeddedFile]] = {}
    for attached in reader.attachment_list:
        for name in {attached.name.lower(), (attached.alternative_name or attached.name).lower()}:
            by_name.setdefault(name, []).append(attached)
    found = next((by_name[name] for name in NAMES if name in by_name), None)
    if found is None:
        inside = ", ".join(sorted(by_name)[:3]) or "nothing"
        problem = f"The PDF carries no invoice as XML (inside: {inside[:120]})."
        raise StatementError("pdf-without-invoice", problem, _ADVICE)
    if len(found) > 1:
        problem = f"The PDF carries {len(found):,} invoices of one name; which one counts is not said."
        raise StatementError("pdf-ambiguous", problem, _ADVICE)
    return found[0]


def _content(invoice: EmbeddedFile, limits: Limits) -> bytes:
    try:
        found = invoice.content
    except LimitReachedError:
        found = None
    if found is None or len(found) > limits.size_bytes:
        problem = f"The XML inside is larger than {limits.size_bytes:,} bytes, packed more than once, or broken."
        raise StatementError("too-large", problem, _ADVICE)
    return bytes(found)
