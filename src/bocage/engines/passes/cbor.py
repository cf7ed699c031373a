"""CBOR (RFC 8949) as passes use it: numbers, texts, bytes, lists and maps; dates stay the text they are.

The reader takes what a stranger holds up to the camera. It therefore builds nothing but those plain values: no dates,
decimals, regular expressions or shared references, no key twice in a map, nothing after the first item.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import cbor2

from bocage.engines.passes import limits
from bocage.engines.passes.types import PassError

# Tags of the registry that cbor2 would turn into objects. Text (0), number (1) and full date (1004) are let through.
_PLAIN = (0, 1, 1004)
_BUILT_IN = (2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1010, 43000, 55799)
COSE_SIGN1_TAG = 18
CWT_TAG = 61


def _plain(value: Any, immutable: bool) -> Any:
    return value


def _refuse(value: Any, immutable: bool) -> Any:
    raise ValueError("a tag that no pass uses")


def _refuse_unknown(tag: cbor2.CBORTag, immutable: bool) -> Any:
    return tag if tag.tag in (COSE_SIGN1_TAG, CWT_TAG) else _refuse(tag, immutable)


_DECODERS: dict[int, Callable[[Any, bool], Any]] = {
    **dict.fromkeys(_BUILT_IN, _refuse),
    **dict.fromkeys(_PLAIN, _plain),
}


def loads(data: bytes) -> Any:
    """The one item that `data` is; PassError when it is anything else."""
    stream = BytesIO(data)
    try:
        value = cbor2.CBORDecoder(
            stream,
            tag_hook=_refuse_unknown,
            semantic_decoders=_DECODERS,
            max_depth=limits.CBOR_DEPTH_MAX,
            allow_duplicate_keys=False,
        ).decode()
    except (cbor2.CBORError, ValueError, TypeError, OverflowError) as error:
        raise PassError(f"CBOR: {_line(error)}") from None
    if stream.tell() != len(data):
        raise PassError("CBOR: bytes follow the item")
    return value


def dumps(value: Any) -> bytes:
    """The deterministic encoding (RFC 8949, 4.2.1) of plain values."""
    return bytes(cbor2.dumps(value, canonical=True))


def untagged(value: Any, *tags: int) -> Any:
    """`value` without those tags around it, outermost first; each may be missing."""
    for tag in tags:
        if isinstance(value, cbor2.CBORTag) and value.tag == tag:
            value = value.value
    return value


def tagged(tag: int, value: Any) -> Any:
    """`value` under a tag."""
    return cbor2.CBORTag(tag, value)


def _line(error: BaseException) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
