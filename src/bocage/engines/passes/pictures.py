"""Codes in pictures: QR in PNG and JPEG, by ZXing."""

from io import BytesIO

import zxingcpp
from PIL import Image, UnidentifiedImageError

from bocage.engines.passes import limits
from bocage.engines.passes.types import PassError

# A code of few pixels a module is found in the picture made larger.
_SCALES = (1, 2, 3)
_SCALED_SIDE_MAX = 4_000
_FORMATS = zxingcpp.barcode_formats_from_str("QRCode")


def read_codes(data: bytes) -> list[str]:
    """The texts of the QR codes in a picture, in no given order. PassError when it is no picture or has none."""
    if len(data) > limits.PICTURE_BYTES_MAX:
        raise PassError(f"a picture of more than {limits.PICTURE_BYTES_MAX} bytes")
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > limits.PICTURE_PIXELS_MAX:
                raise PassError(f"a picture of more than {limits.PICTURE_PIXELS_MAX} pixels")
            picture = opened.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise error if isinstance(error, PassError) else PassError("not a whole PNG or JPEG picture") from None
    for scale in _SCALES:
        size = (picture.width * scale, picture.height * scale)
        if scale > 1 and max(size) > _SCALED_SIDE_MAX:
            break
        scaled = picture if scale == 1 else picture.resize(size)
        found = [code.text for code in zxingcpp.read_barcodes(scaled, formats=_FORMATS)]
        if found:
            return found
    raise PassError("no QR code that can be read in the picture")
