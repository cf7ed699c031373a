"""From an uploaded file to the bytes of one statement: sizes bounded, archives opened without trusting them."""

import io
import zipfile
import zlib

from .types import Limits, Note, StatementError

_NOT_STATEMENTS = (
    (b"%PDF", "a PDF", "Export the statement as CAMT.053, MT940, OFX, QIF or CSV instead."),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "Save it as CSV and take that file."),
    (b"BZh", "a bzip2 archive", "Unpack it and take the statement inside."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it and take the statement inside."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and take the statement inside."),
    (b"Rar!", "a RAR archive", "Unpack it and take the statement inside."),
    (b"\x89PNG", "a picture", "Export the statement as CAMT.053, MT940, OFX, QIF or CSV instead."),
    (b"\xff\xd8\xff", "a picture", "Export the statement as CAMT.053, MT940, OFX, QIF or CSV instead."),
)


def unwrap(data: bytes, limits: Limits) -> tuple[bytes, list[Note]]:
    """The statement's own bytes: `data`, or the one file inside a zip or gzip archive.

    No more than `limits.size_bytes` are ever unpacked. Raises `StatementError`.
    """
    _check_size(data, limits)
    if data.startswith(b"\x1f\x8b"):
        inner = _gunzip(data, limits)
        note = Note("unpacked", "The file was taken out of a gzip archive.")
    elif data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        inner, member = _unzip(data, limits)
        note = Note("unpacked", f"The file {member!r} was taken out of a zip archive.")
    else:
        _refuse_others(data)
        return data, []
    _check_size(inner, limits)
    if inner.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise StatementError(
            "archive-nested", "The archive holds another archive.", "Unpack it and take the statement."
        )
    _refuse_others(inner)
    return inner, [note]


def _check_size(data: bytes, limits: Limits) -> None:
    if len(data) > limits.size_bytes:
        raise _too_large(limits)
    if not data.strip():
        raise StatementError("empty", "The file is empty.", "Export the statement from your bank again.")


def _too_large(limits: Limits) -> StatementError:
    problem = f"The file is larger than {limits.size_bytes:,} bytes."
    return StatementError("too-large", problem, "Export a shorter period, for example one year at a time.")


def _refuse_others(data: bytes) -> None:
    for magic, what, advice in _NOT_STATEMENTS:
        if data.startswith(magic):
            raise StatementError("not-a-statement", f"The file is {what}, not a bank statement.", advice)


def _gunzip(data: bytes, limits: Limits) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        inner = inflater.decompress(data, limits.size_bytes + 1)
    except zlib.error as error:
        raise _broken(str(error)) from None
    if len(inner) > limits.size_bytes:
        raise _too_large(limits)
    if not inflater.eof:
        raise _broken("it ends too early")
    if inflater.unused_data:
        raise _broken("something follows the compressed file")
    return inner


def _unzip(data: bytes, limits: Limits) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if any(member.filename == "[Content_Types].xml" for member in members):
                advice = "Save the spreadsheet as CSV and take that file."
                raise StatementError("not-a-statement", "The file is a spreadsheet, not a bank statement.", advice)
            members = [member for member in members if not member.filename.startswith("__MACOSX/")]
            if len(members) != 1:
                problem = f"The zip archive holds {len(members)} files."
                raise StatementError("archive-not-one-file", problem, "Unpack it and take one statement at a time.")
            if members[0].flag_bits & 0x1:
                problem = "The zip archive is locked with a password."
                raise StatementError("archive-locked", problem, "Unpack it and take the statement inside.")
            with archive.open(members[0]) as member:
                inner = member.read(limits.size_bytes + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, OSError, ValueError) as error:
        if isinstance(error, StatementError):
            raise
        raise _broken(str(error) or type(error).__name__) from None
    if len(inner) > limits.size_bytes:
        raise _too_large(limits)
    return inner, members[0].filename


def _broken(why: str) -> StatementError:
    return StatementError("archive-broken", f"The archive cannot be unpacked: {why}.", "Download or export it again.")
