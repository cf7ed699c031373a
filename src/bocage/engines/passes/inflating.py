"""Decompression that cannot be made to fill the memory, and takes nothing before or after the stream."""

import zlib

from bocage.engines.passes.types import PassError

ZLIB = zlib.MAX_WBITS
RAW_DEFLATE = -zlib.MAX_WBITS


def inflate(data: bytes, bytes_max: int, form: int = ZLIB) -> bytes:
    """What one whole zlib (RFC 1950) or raw DEFLATE (RFC 1951) stream holds, up to `bytes_max` bytes."""
    stream = zlib.decompressobj(form)
    try:
        inflated = stream.decompress(data, bytes_max + 1)
    except zlib.error:
        raise PassError("not a compressed stream, or a broken one") from None
    if len(inflated) > bytes_max:
        raise PassError(f"more than {bytes_max} bytes when decompressed")
    if not stream.eof:
        raise PassError("the compressed stream ends early")
    if stream.unused_data:
        raise PassError("bytes follow the compressed stream")
    return inflated


def deflate(data: bytes, form: int = ZLIB) -> bytes:
    """`data` as one stream, as small as zlib makes it."""
    stream = zlib.compressobj(9, zlib.DEFLATED, form)
    return stream.compress(data) + stream.flush()
