"""Merchant-presented codes: what a shop shows and a payer scans."""

import re
import unicodedata
from functools import cache

from iso4217 import Currency

from .objects import DataObject, checksum, join, split
from .types import (
    AMOUNT_LIMIT_MINOR,
    AccountTemplate,
    AdditionalData,
    EmvError,
    LocalName,
    MerchantCode,
    SchemeAccount,
    Tip,
)

PAYLOAD_CHARACTERS = 512
AMOUNT_CHARACTERS = 13
NAME_CHARACTERS = 25
CITY_CHARACTERS = 15
POSTAL_CHARACTERS = 10
LABEL_CHARACTERS = 25
GUID_CHARACTERS = 32

# This platform's globally unique identifier: a random UUID without hyphens, as the specification allows.
GUID = "7b0f5c1e9a3d4c5e8f21b6d4a7c09e13"
ACCOUNT_TAG = 26
_PAYEE_FIELD = 1
_CODE_FIELD = 2

_FORMAT, _METHOD, _MCC, _CURRENCY, _AMOUNT, _TIP, _FIXED, _SHARE = 0, 1, 52, 53, 54, 55, 56, 57
_COUNTRY, _NAME, _CITY, _POSTAL, _ADDITIONAL, _CRC, _LANGUAGE = 58, 59, 60, 61, 62, 63, 64
_KNOWN = frozenset({_FORMAT, _METHOD, *range(_MCC, _LANGUAGE + 1)})
_LABELS = {
    1: "bill_number",
    2: "mobile_number",
    3: "store_label",
    4: "loyalty_number",
    5: "reference_label",
    6: "customer_label",
    7: "terminal_label",
    8: "purpose",
    9: "consumer_data_request",
    10: "merchant_tax_id",
    11: "merchant_channel",
}
_LABEL_LIMITS = {9: 3, 10: 20, 11: 3}
_TIP_KINDS = {"01": "prompt", "02": "fixed", "03": "percentage"}

_AMOUNT_FORM = re.compile(r"(\d{1,13})(?:\.(\d{0,12}))?", re.ASCII)
_SHARE_FORM = re.compile(r"(\d{1,2})(?:\.(\d{1,2}))?", re.ASCII)
_COMMON = re.compile(r"[ -~]+", re.ASCII)
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@cache
def _by_number() -> dict[str, Currency]:
    return {f"{currency.number:03}": currency for currency in Currency if currency.exponent is not None}


def _currency(code: str) -> Currency:
    try:
        currency = Currency(code)
    except ValueError:
        currency = None
    if currency is None or currency.exponent is None:
        raise EmvError("currency-unknown", f"{code[:10]!r} is not a currency of ISO 4217 with minor units.", tag="53")
    return currency


def common_text(text: str, limit: int) -> str:
    """Text as tags 59 to 61 can hold it: printable ASCII, accents taken off, cut to `limit` characters."""
    expanded = text.replace("ß", "ss").replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    plain = unicodedata.normalize(
        "NFKD", expanded.replace("ø", "o").replace("Ø", "O").replace("ł", "l").replace("Ł", "L")
    )
    kept = "".join(character for character in plain if " " <= character <= "~")
    return " ".join(kept.split())[:limit].strip()


def payee_account(payee_id: str, code_id: str | None = None, *, tag: int = ACCOUNT_TAG) -> AccountTemplate:
    """This platform's merchant account: whom to pay, and which single code it is (for a dynamic one)."""
    fields = [(_PAYEE_FIELD, payee_id)]
    if code_id is not None:
        fields.append((_CODE_FIELD, code_id))
    return AccountTemplate(tag, GUID, tuple(fields))


def payee_of(code: MerchantCode) -> tuple[str, str | None]:
    """(payee id, code id or None) of a code of this platform; raises `EmvError` "code-foreign" for any other."""
    for account in code.accounts:
        if isinstance(account, AccountTemplate) and account.guid == GUID:
            fields = dict(account.fields)
            if _PAYEE_FIELD not in fields:
                raise EmvError("payee-missing", "The code does not say whom it pays.", tag=f"{account.tag:02}-01")
            return fields[_PAYEE_FIELD], fields.get(_CODE_FIELD)
    raise EmvError("code-foreign", "The code belongs to another payment system.", tag=f"{ACCOUNT_TAG:02}")


def encode(code: MerchantCode) -> str:
    """The code as the text of a QR code; raises `EmvError` for anything that the specification does not allow."""
    if not code.accounts:
        raise EmvError("account-missing", "A code needs a merchant account.", tag="02")
    currency = _currency(code.currency)
    parts = [join(_FORMAT, "01")]
    if code.dynamic is not None:
        parts.append(join(_METHOD, "12" if code.dynamic else "11"))
    tags = {account.tag for account in code.accounts}
    if len(tags) != len(code.accounts):
        raise EmvError("object-twice", "Two merchant accounts have the same tag.", tag=f"{min(tags):02}")
    parts += [_account(account) for account in sorted(code.accounts, key=lambda account: account.tag)]
    parts += [join(_MCC, _digits(code.mcc, 4, "52")), join(_CURRENCY, f"{currency.number:03}")]
    if code.amount_minor is not None:
        parts.append(join(_AMOUNT, _amount_text(code.amount_minor, currency, "54")))
    parts += _tip_parts(code.tip, currency)
    parts.append(join(_COUNTRY, _country(code.country, None)))
    parts.append(join(_NAME, _common(code.name, NAME_CHARACTERS, "59", None)))
    parts.append(join(_CITY, _common(code.city, CITY_CHARACTERS, "60", None)))
    if code.postal_code is not None:
        parts.append(join(_POSTAL, _common(code.postal_code, POSTAL_CHARACTERS, "61", None)))
    if code.additional is not None:
        parts.append(join(_ADDITIONAL, _additional_text(code.additional)))
    if code.local_name is not None:
        parts.append(join(_LANGUAGE, _language_text(code.local_name)))
    parts += [_other(tag, value) for tag, value in code.others]
    text = f"{''.join(parts)}{_CRC:02}04"
    text += checksum(text)
    if len(text) > PAYLOAD_CHARACTERS:
        raise EmvError("code-too-long", f"The code has {len(text)} characters; {PAYLOAD_CHARACTERS} are possible.")
    return text


def _other(tag: int, value: str) -> str:
    if not 65 <= tag <= 99:
        raise EmvError("tag-wrong", f"{tag} is not a tag for other data (65 to 99).", tag=f"{tag:02}")
    return join(tag, _anything(value, 99, f"{tag:02}", None))


def _account(account: SchemeAccount | AccountTemplate) -> str:
    name = f"{account.tag:02}"
    if isinstance(account, SchemeAccount):
        if not 2 <= account.tag <= 25:
            raise EmvError("tag-wrong", "A scheme's account has a tag from 02 to 25.", tag=name)
        return join(account.tag, _common(account.value, 99, name, None))
    if not 26 <= account.tag <= 51:
        raise EmvError("tag-wrong", "A payment system's account has a tag from 26 to 51.", tag=name)
    inner = join(0, _common(account.guid, GUID_CHARACTERS, f"{name}-00", None))
    for tag, value in account.fields:
        if not 1 <= tag <= 99:
            raise EmvError("tag-wrong", "A field has a tag from 01 to 99.", tag=f"{name}-{tag:02}")
        inner += join(tag, _common(value, 99, f"{name}-{tag:02}", None))
    split(inner, 0, name)
    return join(account.tag, inner)


def _amount_text(minor: int, currency: Currency, tag: str) -> str:
    exponent = currency.exponent or 0
    if not 0 < minor <= AMOUNT_LIMIT_MINOR:
        raise EmvError("amount-wrong", f"{minor} is not above zero and within what can be held.", tag=tag)
    digits = f"{minor:0{exponent + 1}}"
    text = f"{digits[: len(digits) - exponent]}.{digits[len(digits) - exponent :]}" if exponent else digits
    if len(text) > AMOUNT_CHARACTERS:
        raise EmvError("amount-wrong", f"{text} is longer than {AMOUNT_CHARACTERS} characters.", tag=tag)
    return text


def _tip_parts(tip: Tip | None, currency: Currency) -> list[str]:
    if tip is None:
        return []
    if tip.kind == "prompt":
        return [join(_TIP, "01")]
    if tip.kind == "fixed":
        return [join(_TIP, "02"), join(_FIXED, _amount_text(tip.amount_minor, currency, "56"))]
    if not 0 < tip.basis_points < 10_000:
        raise EmvError("tip-wrong", "A share lies between 0.01 and 99.99 percent.", tag="57")
    return [join(_TIP, "03"), join(_SHARE, f"{tip.basis_points // 100}.{tip.basis_points % 100:02}")]


def _additional_text(data: AdditionalData) -> str:
    text = ""
    for tag, name in _LABELS.items():
        value = getattr(data, name)
        if value is not None:
            text += join(tag, _anything(value, _LABEL_LIMITS.get(tag, LABEL_CHARACTERS), f"62-{tag:02}", None))
    for tag, value in data.others:
        if not 12 <= tag <= 99:
            raise EmvError("tag-wrong", "Other data has a tag from 12 to 99.", tag=f"62-{tag:02}")
        text += join(tag, _anything(value, 99, f"62-{tag:02}", None))
    split(text, 0, "62")
    return text


def _language_text(local: LocalName) -> str:
    text = join(0, _language(local.language, None)) + join(1, _anything(local.name, NAME_CHARACTERS, "64-01", None))
    return text if local.city is None else text + join(2, _anything(local.city, CITY_CHARACTERS, "64-02", None))


def decode(payload: str | bytes) -> MerchantCode:
    """What a scanned code says.

    Strict: the checksum, the mandatory objects, each value's form and length, no tag twice, currency and country in
    form, an amount above zero that its currency can have. Raises `EmvError` with tag and offset.
    """
    text = _text(payload)
    _check_sum(text)
    objects = split(text[:-8], 0)
    for tag in (_MCC, _CURRENCY, _COUNTRY, _NAME, _CITY):
        if tag not in objects:
            raise EmvError("object-missing", "The code lacks this object.", tag=f"{tag:02}", offset=len(text) - 8)
    currency = _read_currency(objects[_CURRENCY])
    amount = objects.get(_AMOUNT)
    postal = objects.get(_POSTAL)
    name, city = objects[_NAME], objects[_CITY]
    accounts = tuple(_read_account(found) for tag, found in objects.items() if 2 <= tag <= 51)
    if not accounts:
        raise EmvError("account-missing", "The code has no merchant account.", tag="02", offset=len(text) - 8)
    return MerchantCode(
        accounts,
        _digits(objects[_MCC].value, 4, "52", objects[_MCC].offset),
        currency.code,
        _country(objects[_COUNTRY].value, objects[_COUNTRY].offset),
        _common(name.value, NAME_CHARACTERS, "59", name.offset),
        _common(city.value, CITY_CHARACTERS, "60", city.offset),
        _read_method(objects.get(_METHOD)),
        None if amount is None else _read_amount(amount, currency),
        _read_tip(objects, currency),
        None if postal is None else _common(postal.value, POSTAL_CHARACTERS, "61", postal.offset),
        _read_additional(objects.get(_ADDITIONAL)),
        _read_language(objects.get(_LANGUAGE)),
        tuple(
            (tag, _anything(found.value, 99, found.name, found.offset))
            for tag, found in objects.items()
            if tag > _LANGUAGE
        ),
    )


def _text(payload: str | bytes) -> str:
    if len(payload) > PAYLOAD_CHARACTERS * 4:
        raise EmvError(
            "code-too-long", f"The code is longer than {PAYLOAD_CHARACTERS} characters.", offset=PAYLOAD_CHARACTERS
        )
    if isinstance(payload, bytes):
        try:
            payload = payload.decode("utf-8")
        except UnicodeDecodeError as error:
            raise EmvError("text-wrong", "The code is not UTF-8 text.", offset=error.start) from None
    if len(payload) > PAYLOAD_CHARACTERS:
        raise EmvError(
            "code-too-long", f"The code is longer than {PAYLOAD_CHARACTERS} characters.", offset=PAYLOAD_CHARACTERS
        )
    wrong = _FORBIDDEN.search(payload)
    if wrong:
        raise EmvError("text-wrong", "The code holds a control character.", offset=wrong.start())
    return payload


def _check_sum(text: str) -> None:
    if not text.startswith("000201"):
        raise EmvError("format-unknown", "The code does not begin as a payment code does (000201).", tag="00", offset=0)
    at = len(text) - 8
    if text[at : at + 4] != "6304":
        raise EmvError(
            "checksum-missing", "The code does not end with a checksum: it is cut short.", tag="63", offset=max(at, 0)
        )
    if checksum(text[:-4]) != text[-4:]:
        problem = "The checksum does not fit: a character of the code is wrong."
        raise EmvError("checksum-wrong", problem, tag="63", offset=at + 4)


def _read_method(found: DataObject | None) -> bool | None:
    if found is None:
        return None
    if found.value not in {"11", "12"}:
        raise EmvError(
            "method-unknown", f"{found.value!r} is neither static (11) nor dynamic (12).", tag="01", offset=found.offset
        )
    return found.value == "12"


def _read_currency(found: DataObject) -> Currency:
    currency = _by_number().get(found.value)
    if currency is None:
        problem = f"{found.value[:10]!r} is not the number of a currency of ISO 4217."
        raise EmvError("currency-unknown", problem, tag="53", offset=found.offset)
    return currency


def _read_amount(found: DataObject, currency: Currency) -> int:
    exponent = currency.exponent or 0
    match = _AMOUNT_FORM.fullmatch(found.value) if len(found.value) <= AMOUNT_CHARACTERS else None
    if match is None or len(match[2] or "") > exponent:
        problem = f"{found.value[:20]!r} is not an amount in {currency.code}."
        raise EmvError("amount-wrong", problem, tag=found.name, offset=found.offset)
    part = match[2] or ""
    minor = int(match[1] + part.ljust(exponent, "0"))
    if not 0 < minor <= AMOUNT_LIMIT_MINOR:
        problem = f"{found.value} is not above zero and within what can be held."
        raise EmvError("amount-wrong", problem, tag=found.name, offset=found.offset)
    return minor


def _read_tip(objects: dict[int, DataObject], currency: Currency) -> Tip | None:
    found, fixed, share = objects.get(_TIP), objects.get(_FIXED), objects.get(_SHARE)
    kind = _TIP_KINDS.get(found.value) if found is not None else None
    if found is not None and kind is None:
        raise EmvError("tip-wrong", f"{found.value[:10]!r} is no kind of tip.", tag="55", offset=found.offset)
    for value, wanted in ((fixed, "fixed"), (share, "percentage")):
        if (value is not None) != (kind == wanted):
            where = value or found
            offset = None if where is None else where.offset
            raise EmvError("tip-wrong", "The kind of tip and its value do not go together.", tag="55", offset=offset)
    if kind == "fixed" and fixed is not None:
        return Tip("fixed", amount_minor=_read_amount(fixed, currency))
    if kind == "percentage" and share is not None:
        match = _SHARE_FORM.fullmatch(share.value)
        basis_points = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else 0
        if basis_points == 0:
            raise EmvError("tip-wrong", f"{share.value[:10]!r} is not a share.", tag="57", offset=share.offset)
        return Tip("percentage", basis_points=basis_points)
    return Tip("prompt") if kind == "prompt" else None


def _read_account(found: DataObject) -> SchemeAccount | AccountTemplate:
    if found.tag <= 25:
        return SchemeAccount(found.tag, _common(found.value, 99, found.name, found.offset))
    inner = split(found.value, found.offset, found.name)
    if 0 not in inner:
        raise EmvError(
            "object-missing", "The account has no unique identifier.", tag=f"{found.name}-00", offset=found.offset
        )
    guid = _common(inner[0].value, GUID_CHARACTERS, f"{found.name}-00", inner[0].offset)
    fields = [
        (tag, _anything(field.value, 99, f"{found.name}-{tag:02}", field.offset)) for tag, field in inner.items() if tag
    ]
    return AccountTemplate(found.tag, guid, tuple(fields))


def _read_additional(found: DataObject | None) -> AdditionalData | None:
    if found is None:
        return None
    values: dict[str, str] = {}
    others: list[tuple[int, str]] = []
    for tag, inner in split(found.value, found.offset, "62").items():
        name = _LABELS.get(tag)
        text = _anything(
            inner.value, _LABEL_LIMITS.get(tag, LABEL_CHARACTERS) if name else 99, f"62-{tag:02}", inner.offset
        )
        if name:
            values[name] = text
        elif tag == 0:
            raise EmvError("tag-wrong", "Template 62 has no object 00.", tag="62-00", offset=inner.offset)
        else:
            others.append((tag, text))
    return AdditionalData(**values, others=tuple(others))


def _read_language(found: DataObject | None) -> LocalName | None:
    if found is None:
        return None
    inner = split(found.value, found.offset, "64")
    for tag in (0, 1):
        if tag not in inner:
            raise EmvError(
                "object-missing", "The language template is incomplete.", tag=f"64-{tag:02}", offset=found.offset
            )
    city = inner.get(2)
    return LocalName(
        _language(inner[0].value, inner[0].offset),
        _anything(inner[1].value, NAME_CHARACTERS, "64-01", inner[1].offset),
        None if city is None else _anything(city.value, CITY_CHARACTERS, "64-02", city.offset),
    )


def _digits(text: str, length: int, tag: str, offset: int | None = None) -> str:
    if len(text) != length or not (text.isascii() and text.isdigit()):
        raise EmvError("digits-wrong", f"{text[:20]!r} is not {length} digits.", tag=tag, offset=offset)
    return text


def _country(text: str, offset: int | None) -> str:
    if len(text) != 2 or not (text.isascii() and text.isalpha() and text.isupper()):
        raise EmvError("country-wrong", f"{text[:10]!r} is not a country of two capitals.", tag="58", offset=offset)
    return text


def _language(text: str, offset: int | None) -> str:
    if len(text) != 2 or not (text.isascii() and text.isalpha()):
        raise EmvError("language-wrong", f"{text[:10]!r} is not a language of two letters.", tag="64-00", offset=offset)
    return text


def _common(text: str, limit: int, tag: str, offset: int | None) -> str:
    """Text of the common character set: printable ASCII."""
    if not _COMMON.fullmatch(text):
        problem = "The text is empty or holds other than printable ASCII characters."
        raise EmvError("text-wrong", problem, tag=tag, offset=offset)
    return _anything(text, limit, tag, offset)


def _anything(text: str, limit: int, tag: str, offset: int | None) -> str:
    """Text of any script, without control characters."""
    if len(text) > limit:
        problem = f"The text has {len(text)} characters; {limit} are possible."
        raise EmvError("text-too-long", problem, tag=tag, offset=offset)
    if not text.strip() or _FORBIDDEN.search(text):
        raise EmvError("text-wrong", "The text is empty or holds control characters.", tag=tag, offset=offset)
    return text
