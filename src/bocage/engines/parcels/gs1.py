"""GS1 keys in the three ways they are written: plain digits, element strings of a barcode, Digital Links.

GS1 General Specifications 24: section 7.9.1 (check digits), 7.8 (element strings, figure 7.8.5-2 for the predefined
lengths); GS1 Digital Link URI Syntax 1.4. Only what a parcel carries is known: the application identifiers below.
"""

import re
from urllib.parse import quote, unquote, urlsplit

from .types import NumberError

FNC1 = "\x1d"
SSCC_DIGITS = 18
ELEMENTS_MAX = 32
TEXT_MAX = 2_000

# Application identifier -> the form of its value (GS1 General Specifications, figure 3.2-1).
_DIGITS = {"00": 18, "01": 14, "02": 14, "410": 13, "413": 13, "414": 13, "415": 13, "417": 13, "402": 17, "8018": 18}
_DATES = frozenset({"11", "13", "15", "17"})
_CHARACTERS = {
    "10": 20, "21": 20, "240": 30, "400": 30, "401": 30, "403": 30, "420": 20, "4300": 35, "8008": 12,
}  # fmt: skip
# Values of these need no FNC1 behind them, whatever follows (figure 7.8.5-2).
_PREDEFINED = frozenset({"00", "01", "02", "11", "13", "15", "17", "410", "413", "414", "415", "417"})
_NAMES_LONGEST_FIRST = sorted({*_DIGITS, *_DATES, *_CHARACTERS}, key=len, reverse=True)
# Encodable character set 82 (figure 7.11-1).
_SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+", re.ASCII)
_BRACKETED = re.compile(r"\((\d{2,4})\)([^(]+)", re.ASCII)
_PRIMARY = frozenset({"00", "01", "401", "402", "414", "417", "8018"})


def check_digit(digits: str) -> int:
    """The check digit of a GS1 key's other digits: weights 3, 1, 3, ... from the right, up to the next ten."""
    # Sums of bytes, less what "0" is: this stands on the way of every scan.
    back = digits.encode()[::-1]
    odd, even = back[::2], back[1::2]
    total = 3 * (sum(odd) - 48 * len(odd)) + sum(even) - 48 * len(even)
    return -total % 10


def write_sscc(company_prefix: str, serial: int, extension: int = 0) -> str:
    """A serial shipping container code of 18 digits; raises `NumberError` when the serial number does not fit."""
    if not (company_prefix.isascii() and company_prefix.isdigit() and 4 <= len(company_prefix) <= 12):
        raise NumberError("gs1-prefix", f"{company_prefix[:20]!r} is not a company prefix of 4 to 12 digits.")
    if not 0 <= extension <= 9:
        raise NumberError("sscc-extension", "The extension digit is 0 to 9.")
    room = SSCC_DIGITS - 2 - len(company_prefix)
    if not 0 <= serial < 10**room:
        raise NumberError("sscc-serial", f"The prefix {company_prefix} leaves {room} digits; {serial} does not fit.")
    digits = f"{extension}{company_prefix}{serial:0{room}}"
    return f"{digits}{check_digit(digits)}"


def read_sscc(text: str) -> str:
    """The 18 digits, without spaces and without a leading (00); raises `NumberError`."""
    number = "".join(text[:40].split()).removeprefix("(00)")
    if len(number) == SSCC_DIGITS + 2:
        number = number.removeprefix("00")
    if not (number.isascii() and number.isdigit() and len(number) == SSCC_DIGITS):
        raise NumberError("sscc-form", f"{text[:40]!r} is not an SSCC of 18 digits.")
    return _checked(number)


def read_elements(text: str) -> dict[str, str]:
    """The values of an element string by application identifier; raises `NumberError`.

    `text` is what a reader gives (`FNC1` after values of variable length, a symbology identifier such as `]C1` before)
    or what is printed below a barcode, with brackets. An identifier that stands there twice is refused.
    """
    if len(text) > TEXT_MAX:
        raise NumberError("elements-long", f"An element string has {TEXT_MAX} characters at most.")
    if text.startswith("("):
        pairs = _BRACKETED.findall(text)
        if "".join(f"({name}){value}" for name, value in pairs) != text:
            raise NumberError("elements-form", f"{text[:40]!r} is not written like (00)340123450000000001.")
    else:
        pairs = _split(re.sub(r"^\][A-Za-z]\d", "", text).removeprefix(FNC1))
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise NumberError("elements-twice", f"({name}) stands there twice.")
        found[name] = _valued(name, value)
    if not found:
        raise NumberError("elements-form", "The element string is empty.")
    return found


def write_elements(elements: dict[str, str], *, printed: bool = False) -> str:
    """An element string; `printed` with brackets, as below a barcode, else with `FNC1` where one is needed."""
    if printed:
        return "".join(f"({name}){_valued(name, value)}" for name, value in elements.items())
    pieces = [(name, _valued(name, value)) for name, value in elements.items()]
    # Those of predefined length first: then the fewest separators are needed.
    pieces.sort(key=lambda piece: piece[0] not in _PREDEFINED)
    last = len(pieces) - 1
    return "".join(
        f"{name}{value}{'' if name in _PREDEFINED or place == last else FNC1}"
        for place, (name, value) in enumerate(pieces)
    )


def write_link(elements: dict[str, str], domain: str = "https://id.gs1.org") -> str:
    """A Digital Link URI: the primary key and its qualifiers in the path, the rest as a query."""
    pieces = [(name, _valued(name, value)) for name, value in elements.items()]
    primary = [piece for piece in pieces if piece[0] in _PRIMARY]
    if len(primary) != 1:
        raise NumberError("link-primary", "A Digital Link names exactly one primary key, such as (00) or (01).")
    in_path = primary + [piece for piece in pieces if piece[0] in ("10", "21") and primary[0][0] == "01"]
    in_query = [piece for piece in pieces if piece not in in_path]
    path = "".join(f"/{name}/{quote(value, safe='')}" for name, value in in_path)
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in in_query)
    return f"{domain.rstrip('/')}{path}{'?' if query else ''}{query}"


def read_link(uri: str) -> dict[str, str]:
    """The values of a Digital Link URI by application identifier; raises `NumberError`."""
    if len(uri) > TEXT_MAX:
        raise NumberError("link-long", f"A Digital Link has {TEXT_MAX} characters at most.")
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise NumberError("link-form", f"{uri[:60]!r} is not a web address.") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise NumberError("link-form", f"{uri[:60]!r} is not a web address.")
    steps = parts.path.strip("/").split("/")
    start = next((place for place in range(len(steps) - 1) if steps[place] in _PRIMARY), None)
    if start is None or (len(steps) - start) % 2:
        raise NumberError("link-primary", f"{uri[:60]!r} has no primary key such as /00/ or /01/ in its path.")
    pairs = list(zip(steps[start::2], steps[start + 1 :: 2], strict=True))
    asked = [piece.partition("=") for piece in parts.query.split("&") if piece]
    # Whatever else a web address may ask is not GS1's (section 4.8).
    pairs += [(name, value) for name, equals, value in asked if equals and name in _NAMES_LONGEST_FIRST]
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise NumberError("elements-twice", f"{name} stands there twice.")
        found[name] = _valued(name, unquote(value))
    return found


def _split(text: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        if len(pairs) == ELEMENTS_MAX:
            raise NumberError("elements-many", f"An element string has {ELEMENTS_MAX} elements at most.")
        name = next((name for name in _NAMES_LONGEST_FIRST if text.startswith(name, at)), None)
        if name is None:
            raise NumberError("elements-unknown", f"{text[at : at + 4]!r} is not an identifier known here.")
        at += len(name)
        if name in _PREDEFINED:
            end = at + _DIGITS.get(name, 6)
            pairs.append((name, text[at:end]))
            at = end + text.startswith(FNC1, end)
        else:
            value = text[at:].partition(FNC1)[0]
            pairs.append((name, value))
            at += len(value) + 1
    return pairs


def _valued(name: str, value: str) -> str:
    if name in _DIGITS:
        if not (value.isascii() and value.isdigit() and len(value) == _DIGITS[name]):
            raise NumberError("elements-value", f"({name}) has {_DIGITS[name]} digits, not {value[:40]!r}.")
        return _checked(value)
    if name in _DATES:
        if not re.fullmatch(r"\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])", value, re.ASCII):
            raise NumberError("elements-value", f"({name}) is a date written YYMMDD, not {value[:40]!r}.")
        return value
    if name not in _CHARACTERS:
        raise NumberError("elements-unknown", f"({name[:6]}) is not an identifier known here.")
    if not (_SET_82.fullmatch(value) and len(value) <= _CHARACTERS[name]):
        allowed = f"1 to {_CHARACTERS[name]} letters, digits or GS1's signs"
        raise NumberError("elements-value", f"({name}) has {allowed}, not {value[:40]!r}.")
    return value


def _checked(number: str) -> str:
    if check_digit(number[:-1]) != int(number[-1]):
        raise NumberError("gs1-check-digit", f"The check digit of {number} does not fit: a digit is wrong.")
    return number
