"""Consumer-presented codes: what a payer shows and a till scans. BER-TLV in base64, beginning with CPV01.

A consumer's code has no checksum of its own: what makes one genuine is that its token is known, new and unused.
"""

import base64
import binascii
from dataclasses import dataclass

from .types import Application, ConsumerCode, EmvError

CODE_BYTES = 512
TOKEN_BYTES = 64
APPLICATIONS_LIMIT = 8
FORMAT = b"CPV01"

# ISO/IEC 7816-5 gives application identifiers that begin with F to anybody, unregistered.
AID = b"\xf0BOCAGE"
LABEL = "Bocage"
_TOKEN_TAG = "C1"  # noqa: S105 - a tag of BER's private class, inside our own application's transparent template

_FORMAT_TAG, _APPLICATION, _COMMON, _APPLICATION_TRANSPARENT, _COMMON_TRANSPARENT = "85", "61", "62", "63", "64"
_AID_TAG, _LABEL_TAG = "4F", "50"


@dataclass(frozen=True, slots=True)
class _Object:
    tag: str
    value: bytes
    offset: int


def encode_consumer(token: bytes) -> str:
    """This platform's code around a one-time token of 1 to 64 bytes."""
    if not 1 <= len(token) <= TOKEN_BYTES:
        raise EmvError("token-wrong", f"A token has 1 to {TOKEN_BYTES} bytes, not {len(token)}.", tag=_TOKEN_TAG)
    transparent = _write(_APPLICATION_TRANSPARENT, _write(_TOKEN_TAG, token))
    application = _write(_AID_TAG, AID) + _write(_LABEL_TAG, LABEL.encode("ascii")) + transparent
    return base64.b64encode(_write(_FORMAT_TAG, FORMAT) + _write(_APPLICATION, application)).decode("ascii")


def decode_consumer(text: str) -> bytes:
    """The one-time token in this platform's code; raises `EmvError`, "code-foreign" for another system's code."""
    for application in read_consumer(text).applications:
        if application.aid == AID:
            for tag, value in application.transparent:
                if tag == _TOKEN_TAG and 1 <= len(value) <= TOKEN_BYTES:
                    return value
            raise EmvError("token-wrong", "The code carries no token.", tag=_TOKEN_TAG)
    raise EmvError("code-foreign", "The code belongs to another payment system.", tag=_AID_TAG)


def read_consumer(text: str) -> ConsumerCode:
    """Everything that a consumer-presented code of any payment system says; raises `EmvError` with tag and offset."""
    data = _bytes(text)
    objects = _split(data, 0)
    if not objects or objects[0].tag != _FORMAT_TAG or objects[0].value != FORMAT:
        raise EmvError(
            "format-unknown", "The code does not begin as a payer's code does (CPV01).", tag=_FORMAT_TAG, offset=0
        )
    applications: list[Application] = []
    common: ConsumerCode | None = None
    for found in objects[1:]:
        if found.tag == _APPLICATION:
            applications.append(_application(found))
        elif found.tag == _COMMON and common is None:
            plain, transparent = _items(found, _COMMON_TRANSPARENT)
            common = ConsumerCode((), plain, transparent)
        else:
            raise EmvError("tag-wrong", "The object does not belong there.", tag=found.tag, offset=found.offset)
    if not 1 <= len(applications) <= APPLICATIONS_LIMIT:
        problem = f"The code has {len(applications)} applications; 1 to {APPLICATIONS_LIMIT} are possible."
        raise EmvError("application-missing", problem, tag=_APPLICATION, offset=len(data))
    if common is None:
        return ConsumerCode(tuple(applications))
    return ConsumerCode(tuple(applications), common.common, common.common_transparent)


def _bytes(text: str) -> bytes:
    if len(text) > CODE_BYTES * 4 // 3 + 4:
        raise EmvError("code-too-long", f"The code is longer than {CODE_BYTES} bytes.", offset=CODE_BYTES)
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise EmvError("text-wrong", "The code is not base64 text.", offset=0) from None
    if base64.b64encode(data).decode("ascii") != text:
        raise EmvError("text-wrong", "The base64 text ends with stray bits.", offset=len(data))
    if len(data) > CODE_BYTES:
        raise EmvError("code-too-long", f"The code is longer than {CODE_BYTES} bytes.", offset=CODE_BYTES)
    return data


def _application(found: _Object) -> Application:
    items, transparent = _items(found, _APPLICATION_TRANSPARENT)
    values = dict(items)
    aid = values.get(_AID_TAG)
    if aid is None or not 5 <= len(aid) <= 16:
        problem = "The application has no identifier of 5 to 16 bytes."
        raise EmvError("aid-wrong", problem, tag=_AID_TAG, offset=found.offset)
    label = values.get(_LABEL_TAG)
    if label is not None and (not 1 <= len(label) <= 16 or any(byte < 0x20 or byte > 0x7E for byte in label)):
        raise EmvError(
            "text-wrong", "The label is not 1 to 16 printable characters.", tag=_LABEL_TAG, offset=found.offset
        )
    rest = tuple((tag, value) for tag, value in items if tag not in {_AID_TAG, _LABEL_TAG})
    return Application(aid, None if label is None else label.decode("ascii"), rest, transparent)


type _Items = tuple[tuple[str, bytes], ...]


def _items(found: _Object, transparent_tag: str) -> tuple[_Items, _Items]:
    """(the template's objects, those inside its transparent template), no tag twice."""
    plain: dict[str, bytes] = {}
    transparent: _Items = ()
    for inner in _split(found.value, found.offset):
        if inner.tag in plain:
            raise EmvError("object-twice", "The tag stands there twice.", tag=inner.tag, offset=inner.offset)
        plain[inner.tag] = inner.value
        if inner.tag == transparent_tag:
            within = _split(inner.value, inner.offset)
            if len({item.tag for item in within}) != len(within):
                raise EmvError("object-twice", "A tag stands there twice.", tag=inner.tag, offset=inner.offset)
            transparent = tuple((item.tag, item.value) for item in within)
    plain.pop(transparent_tag, None)
    return tuple(plain.items()), transparent


def _write(tag: str, value: bytes) -> bytes:
    length = bytes([len(value)]) if len(value) < 0x80 else bytes([0x81, len(value)])
    return bytes.fromhex(tag) + length + value


def _split(data: bytes, offset: int) -> list[_Object]:
    """The BER-TLV objects in `data`, which begins at `offset`; raises `EmvError`."""
    found: list[_Object] = []
    at = 0
    while at < len(data):
        begin = at
        at += 1
        if data[begin] & 0x1F == 0x1F:
            while at < len(data) and data[at] & 0x80:
                at += 1
            at += 1
        tag = data[begin:at].hex().upper()
        if at >= len(data) or at - begin > 3:
            raise EmvError("object-unreadable", "The tag or its length is cut short.", tag=tag, offset=offset + begin)
        length = data[at]
        at += 1
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at : at + count])
            if not 1 <= count <= 2 or len(data) < at + count or length < 0x80:
                raise EmvError(
                    "object-unreadable", "The length is not written as BER has it.", tag=tag, offset=offset + begin
                )
            at += count
        if len(data) - at < length:
            problem = f"The value should have {length} bytes, but only {len(data) - at} are left."
            raise EmvError("object-cut", problem, tag=tag, offset=offset + begin)
        found.append(_Object(tag, data[at : at + length], offset + at))
        at += length
    return found
