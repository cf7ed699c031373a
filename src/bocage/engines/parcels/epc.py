"""EPC URIs (GS1 EPC Tag Data Standard 2.1, sections 6 and 8) and the SSCC that a URI of either kind names."""

import re

from . import gs1
from .types import NumberError

# Scheme -> digits of company prefix and reference together, and whether a serial number follows.
_DIGITS = {
    "sgtin": 13, "sscc": 17, "sgln": 12, "grai": 12, "gsrn": 17, "gsrnp": 17, "gdti": 12, "sgcn": 12,
    "gsin": 16, "pgln": 12, "itip": 13, "lgtin": 13,
}  # fmt: skip
_SERIAL = frozenset({"sgtin", "sgln", "grai", "gdti", "sgcn", "lgtin"})
_OWN_REFERENCE = frozenset({"giai", "cpi", "ginc", "upui", "bic", "imovn", "gid", "usdod", "adi"})
_URN = re.compile(r"urn:epc:(id|class|idpat|pat|tag|raw):([a-z0-9-]+):(\S+)", re.ASCII)
# The two shapes that nearly every scan has, decided by one look each.
_QUICK = re.compile(
    r"urn:epc:id:(?:sscc:(?=\d[\d.]{17}\Z)\d{6,12}\.\d{5,11}"
    r"|sgln:(?=\d[\d.]{12}\.)\d{6,12}\.\d{0,6}\.[!-~]{1,20})",
    re.ASCII,
)
_CLASS_SCHEMES = frozenset({"lgtin"})


def check_epc(uri: str) -> None:
    """Refuse (`NumberError`) an EPC URI `urn:epc:...` whose scheme, company prefix or digits are wrong."""
    if _QUICK.fullmatch(uri):
        return
    parts = _URN.fullmatch(uri)
    if parts is None:
        raise NumberError("epc-form", f"{uri[:80]!r} is not written like urn:epc:id:sscc:9521141.0123456789.")
    kind, scheme, rest = parts.groups()
    if kind in ("tag", "raw", "pat"):
        return
    if scheme in _OWN_REFERENCE:
        return
    if scheme not in _DIGITS or (kind == "id" and scheme in _CLASS_SCHEMES):
        raise NumberError("epc-scheme", f"{scheme!r} is not a scheme of GS1's EPC Tag Data Standard.")
    prefix, _dot, after = rest.partition(".")
    reference, _dot, serial = after.partition(".")
    if kind == "idpat" and (prefix == "*" or reference == "*"):
        return
    if not (prefix.isdigit() and 6 <= len(prefix) <= 12):
        raise NumberError("epc-prefix", f"A GS1 company prefix has 6 to 12 digits, not {prefix[:20]!r}.")
    digits = f"{prefix}{reference}"
    if not digits.isdigit() or len(digits) != _DIGITS[scheme]:
        wanted = f"{_DIGITS[scheme]} digits before any serial number"
        raise NumberError("epc-digits", f"{uri[:80]!r} has {len(digits)}; {scheme} has {wanted}.")
    if bool(serial) != (scheme in _SERIAL) and scheme not in ("itip",):
        said = "needs a serial number" if scheme in _SERIAL else "has no serial number"
        raise NumberError("epc-serial", f"{uri[:80]!r}: {scheme} {said}.")


def sscc_urn(sscc: str, prefix_digits: int) -> str:
    """The EPC URI of an SSCC, whose company prefix has `prefix_digits` (6 to 12)."""
    number = gs1.read_sscc(sscc)
    prefix = number[1 : 1 + prefix_digits]
    return f"urn:epc:id:sscc:{prefix}.{number[0]}{number[1 + prefix_digits : -1]}"


def sscc_of(uri: str) -> str | None:
    """The SSCC that an EPC URI or a Digital Link names; None when it names something else. Raises `NumberError`."""
    if uri.startswith("urn:epc:id:sscc:"):
        prefix, _dot, reference = uri[16:].partition(".")
        digits = f"{reference[:1]}{prefix}{reference[1:]}"
        if not (digits.isascii() and digits.isdigit() and len(digits) == gs1.SSCC_DIGITS - 1):
            raise NumberError("epc-digits", f"{uri[:80]!r} is not an SSCC: 17 digits, one point.")
        return f"{digits}{gs1.check_digit(digits)}"
    if uri.startswith("http") and "/00/" in uri:
        return gs1.read_link(uri).get("00")
    return None
