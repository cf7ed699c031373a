"""What a file is by its first bytes, and images without what they tell about where and by whom they were taken."""

from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from bocage.kernel.errors import Refusal

PIXELS_MAX = 40_000_000
JPEG_QUALITY = 90
TEXT_LOOKED_AT_BYTES = 65_536

IMAGE_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"<?xml", "application/xml"),
    (b"\xef\xbb\xbf<?xml", "application/xml"),
)


def sniff(content: bytes) -> str:
    """The media type of `content` by its magic bytes; text/plain for text; application/octet-stream for the unknown."""
    for magic, media_type in _MAGIC:
        if content.startswith(magic):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    head = content[:TEXT_LOOKED_AT_BYTES]
    if not head or b"\0" in head:
        return "application/octet-stream"
    return "text/plain" if all(byte >= 0x20 or byte in b"\t\n\r\f\x1b" for byte in head) else "application/octet-stream"


def strip_image(content: bytes, media_type: str) -> bytes:
    """The picture alone, upright, without EXIF, GPS, comments or what hides behind its end.

    Refuses what is no image of this type, and one of more than 40 million pixels.
    """
    try:
        with Image.open(BytesIO(content), formats=[IMAGE_FORMATS[media_type]]) as opened:
            # Known from the header, before a pixel is unpacked.
            if opened.width * opened.height > PIXELS_MAX:
                raise _too_large()
            upright = ImageOps.exif_transpose(opened)
            upright.load()
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        message = _("This file cannot be read as an image. Try another one.")
        raise Refusal("not_an_image", message, field="file") from error
    wanted = "RGB" if media_type == "image/jpeg" else "RGBA"
    pixels = upright.convert(wanted)
    clean = Image.new(wanted, pixels.size)
    clean.paste(pixels)
    written = BytesIO()
    clean.save(written, IMAGE_FORMATS[media_type], quality=JPEG_QUALITY)
    return written.getvalue()


def _too_large() -> Refusal:
    return Refusal("image_too_large", _("This image is too large: 40 million pixels at most."), field="file")
