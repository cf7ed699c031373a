"""What Pay's codes hold in EMVCo's words: our template in a merchant-presented QR, our digits in a consumer's.

The form of the payloads (lengths, checksum, allowed characters) is the engine's business; whose code it is, is ours.
"""

import base64
import binascii
import unicodedata
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from iso4217 import Currency

from bocage.kernel.errors import Refusal
from bocage.services.pay import digits, limits
from bocage.services.pay.types import Payee
from bocage.shell.templatetags.shell import exponent_of

OURS = "org.bocage.pay"
OUR_TEMPLATE = "26"
PERSON_MCC = "0000"
NAME_CHARACTERS_MAX = 25
CITY_CHARACTERS_MAX = 15
_TEMPLATES = range(26, 52)


@dataclass(frozen=True)
class Read:
    """What a scanned text says. `payload` is None where only the token was typed."""

    token: str
    payload: str | None
    amount_minor: int | None
    currency: str


def payload(
    to: Payee, token: str, *, currency: str, amount_minor: int | None, reference: str = "", label: str = ""
) -> str:
    """The EMVCo merchant-presented text for a poster (static) or, with an amount, an order (dynamic)."""
    more = _tlv("05", _ascii(reference, limits.REFERENCE_CHARACTERS_MAX)) if reference else ""
    more += _tlv("07", _ascii(label, limits.REFERENCE_CHARACTERS_MAX)) if label else ""
    text = _tlv("00", "01") + _tlv("01", "11" if amount_minor is None else "12")
    text += _tlv(OUR_TEMPLATE, _tlv("00", OURS) + _tlv("01", token))
    text += _tlv("52", to.mcc or PERSON_MCC) + _tlv("53", f"{Currency(currency).number:03d}")
    if amount_minor is not None:
        exponent = exponent_of(currency)
        whole, part = divmod(amount_minor, 10**exponent)
        text += _tlv("54", f"{whole}.{part:0{exponent}d}" if exponent else str(whole))
    text += _tlv("58", to.country or settings.TOWN["country"])
    text += _tlv("59", _ascii(to.name, NAME_CHARACTERS_MAX) or to.handle[:NAME_CHARACTERS_MAX])
    text += _tlv("60", _ascii(settings.TOWN["name"], CITY_CHARACTERS_MAX) or settings.TOWN["country"])
    if more:
        text += _tlv("62", more)
    text += "6304"
    return text + f"{_crc(text):04X}"


def read(text: str) -> Read:
    """The token, amount and currency in a scanned or pasted text, or a `Refusal` that says what is wrong with it."""
    if len(text) > limits.PASTED_CODE_CHARACTERS_MAX:
        raise _unreadable()
    plain = text.strip()
    token = "".join(plain.upper().split())
    if digits.is_token(token):
        return Read(token, None, None, settings.TOWN["currency"])
    try:
        objects = _objects(plain)
    except ValueError:
        raise _unreadable() from None
    if "63" not in objects or plain[-8:-4] != "6304" or plain[-4:].upper() != f"{_crc(plain[:-4]):04X}":
        raise Refusal("code_damaged", _("This code is damaged: its checksum is wrong. Scan it again."), field="code")
    return Read(_our_token(objects), plain, _amount(objects), _currency(objects))


def presented_payload(code: str) -> str:
    """The EMVCo consumer-presented text for the digits that a person shows."""
    template = _ber(b"\x4f", OURS.encode()) + _ber(b"\x5a", bytes.fromhex(code))
    return base64.b64encode(_ber(b"\x85", b"CPV01") + _ber(b"\x61", template)).decode()


def read_presented(shown: str) -> str:
    """The digits of a presented code, typed or scanned, or a `Refusal`."""
    plain = "".join(shown.split())
    if digits.is_presented(plain):
        return plain
    if len(plain) <= limits.PASTED_CODE_CHARACTERS_MAX:
        try:
            found = _read_ber(base64.b64decode(plain, validate=True))
            template = _read_ber(found.get(b"\x61", b""))
        except (binascii.Error, ValueError):
            found, template = {}, {}
        if found.get(b"\x85") == b"CPV01":
            code = template.get(b"\x5a", b"").hex()
            if template.get(b"\x4f") == OURS.encode() and digits.is_presented(code):
                return code
            raise Refusal("code_foreign", _("This code is of another wallet. Ask for a code of Bocage."), field="code")
    raise Refusal("code_unreadable", _("This is not a customer's code: it has 18 digits. Scan it again."), field="code")


def _our_token(objects: dict[str, str]) -> str:
    for number in _TEMPLATES:
        value = objects.get(f"{number:02d}")
        if value is None:
            continue
        try:
            inner = _objects(value)
        except ValueError:
            continue
        if inner.get("00") == OURS and digits.is_token(inner.get("01", "")):
            return inner["01"]
    raise Refusal(
        "code_foreign", _("This code is of another payment network. Ask for the shop's code of Bocage."), field="code"
    )


def _amount(objects: dict[str, str]) -> int | None:
    text = objects.get("54")
    if text is None:
        return None
    exponent = exponent_of(_currency(objects))
    whole, _point, part = text.partition(".")
    good = whole.isascii() and whole.isdigit() and (part.isdigit() or not part) and len(part) <= exponent
    minor = int(whole) * 10**exponent + int((part or "0").ljust(exponent, "0")) if good and len(text) <= 13 else 0
    if not 0 < minor <= limits.AMOUNT_MINOR_MAX:
        raise Refusal("code_amount", _("The amount in this code is not one that can be paid."), field="amount")
    return minor


def _currency(objects: dict[str, str]) -> str:
    number = objects.get("53", "")
    code = next((each.code for each in Currency if f"{each.number:03d}" == number), None) if number.isdigit() else None
    if code is None:
        raise Refusal("currency_unknown", _("This code asks for a currency that does not exist."), field="currency")
    if code != settings.TOWN["currency"]:
        raise Refusal(
            "currency_other",
            _("This code asks for %(currency)s; your wallet holds %(own)s.")
            % {"currency": code, "own": settings.TOWN["currency"]},
            field="currency",
        )
    return str(code)


def _unreadable() -> Refusal:
    return Refusal(
        "code_unreadable", _("This is not a payment code. Scan it again, or type the shop's name."), field="code"
    )


def _tlv(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def _objects(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while text:
        tag, size = text[:2], text[2:4]
        if not (tag.isascii() and tag.isdigit() and size.isascii() and size.isdigit()) or tag in found:
            raise ValueError("not EMVCo")
        value = text[4 : 4 + int(size)]
        if len(value) != int(size):
            raise ValueError("not EMVCo")
        found[tag], text = value, text[4 + int(size) :]
    if not found:
        raise ValueError("not EMVCo")
    return found


def _crc(text: str) -> int:
    return binascii.crc_hqx(text.encode(), 0xFFFF)


def _ber(tag: bytes, value: bytes) -> bytes:
    return tag + bytes([len(value)]) + value


def _read_ber(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    while data:
        if len(data) < 2 or len(data) < 2 + data[1]:
            raise ValueError("cut short")
        found[data[:1]], data = data[2 : 2 + data[1]], data[2 + data[1] :]
    return found


def _ascii(text: str, characters_max: int) -> str:
    """What every scanner shows alike: letters without their accents, no other script."""
    folded = unicodedata.normalize("NFKD", text)
    return "".join(each for each in folded if " " <= each <= "~")[:characters_max].strip()
