"""How much one form may bring: known from its header, before a byte of a file is written to disk."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# Above what any page takes, so that a page can say in its own words that a file is too large for it.
FORM_BYTES_MAX = 64 * 1024 * 1024


class Bounded(FileUploadHandler):
    """Stands before Django's own handlers and lets nothing through that is larger than `FORM_BYTES_MAX`."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 (Django calls it so)
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        if content_length > FORM_BYTES_MAX:
            raise RequestDataTooBig(f"a form of {content_length} bytes; {FORM_BYTES_MAX} are taken at most")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
