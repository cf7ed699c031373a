"""Storing files: encrypted with their owner's key, named by nothing but an id, gone when their time is over.

The folder is `settings.BLOB_FOLDER`. A file is complete before its row is written; one whose transaction failed is an
orphan, which the sweep removes.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.blobs.models import BlobRow
from bocage.kernel.blobs.rules import RULES
from bocage.kernel.blobs.sniffing import IMAGE_FORMATS, sniff, strip_image
from bocage.kernel.blobs.types import Blob
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.ids import uuid7
from bocage.kernel.keys import subject_keys

SWEEPER = "blobs"
SWEEP_BATCH = 500
ORPHAN_AGE = timedelta(days=1)
_CONTEXT = b"blob"


def put(owner_id: UUID, purpose: str, content: bytes, declared_type: str = "") -> Blob:
    """Store a file of the owner's for `purpose` (see `rules`), under the type that its bytes show.

    Images lose their metadata. Refuses an empty or too large file, a type that the purpose does not take, and one that
    is not what it is declared to be (an image declared as another type of image). Raises KeyError for no such purpose.
    """
    rule = RULES[purpose]
    if not content:
        raise Refusal("empty_file", _("This file is empty."), field="file")
    if len(content) > rule.bytes_max:
        size = rule.bytes_max // (1024 * 1024)
        raise Refusal("file_too_large", _("At most %(size)s MB, please.") % {"size": size}, field="file", status=413)
    media_type = sniff(content)
    if media_type not in rule.types:
        raise Refusal("type_not_taken", _("Files of this type are not taken here."), field="file", status=415)
    if declared_type.startswith("image/") and declared_type != media_type:
        raise Refusal(
            "type_differs", _("This file is not what its name says. Save it again."), field="file", status=415
        )
    if media_type in IMAGE_FORMATS:
        content = strip_image(content, media_type)
    blob_id, now = uuid7(), clock.now()
    _write(blob_id, subject_keys.encrypt(owner_id, content, _CONTEXT + blob_id.bytes))
    row = BlobRow.objects.create(
        id=blob_id,
        owner_id=owner_id,
        purpose=purpose,
        media_type=media_type,
        size_bytes=len(content),
        digest=sha256(content).digest(),
        created_at=now,
        delete_after=now + rule.kept if rule.kept is not None else None,
    )
    return as_blob(row)


def get(blob_id: UUID) -> tuple[Blob, bytes]:
    """A blob and its content. Refuses one that is not there, or not the subject's."""
    row = BlobRow.objects.filter(id=blob_id).first()
    if row is None:
        raise not_found(_("There is no such file."))
    content = subject_keys.decrypt(row.owner_id, _path(blob_id).read_bytes(), _CONTEXT + blob_id.bytes)
    if sha256(content).digest() != bytes(row.digest):
        raise subject_keys.CiphertextBroken(f"blob {blob_id} is not what was stored")
    return as_blob(row), content


def delete(blob_id: UUID) -> None:
    """Delete a blob; its file goes with the commit."""
    if BlobRow.objects.filter(id=blob_id).delete()[0] == 0:
        raise not_found(_("There is no such file."))
    transaction.on_commit(lambda: _path(blob_id).unlink(missing_ok=True))


def sweep() -> int:
    """Delete what is kept no longer, and files that no row knows; how many."""
    gone = 0
    with acting_as(Actor.for_service(SWEEPER)):
        due = list(BlobRow.objects.filter(delete_after__lte=clock.now()).values_list("id", flat=True)[:SWEEP_BATCH])
        for blob_id in due:
            delete(blob_id)
        gone += len(due)
    with acting_as(Actor.for_service(SWEEPER)):
        old = dict(_files_older_than(clock.now().timestamp() - ORPHAN_AGE.total_seconds()))
        known = {*due, *BlobRow.objects.filter(id__in=list(old)).values_list("id", flat=True)}
    for blob_id, path in old.items():
        if blob_id not in known:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def as_blob(row: BlobRow) -> Blob:
    """The row as others see it."""
    return Blob(
        row.id,
        row.owner_id,
        row.purpose,
        row.media_type,
        row.size_bytes,
        bytes(row.digest),
        row.created_at,
        row.delete_after,
    )


def _path(blob_id: UUID) -> Path:
    # The last digits are random; the first would put a day's files into one folder.
    return Path(settings.BLOB_FOLDER) / blob_id.hex[-2:] / blob_id.hex


def _write(blob_id: UUID, ciphertext: bytes) -> None:
    path = _path(blob_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(ciphertext)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def _files_older_than(limit_seconds: float) -> Iterator[tuple[UUID, Path]]:
    for path in Path(settings.BLOB_FOLDER).glob("??/*"):
        try:
            if path.stat().st_mtime < limit_seconds:
                yield UUID(hex=path.stem), path
        except (FileNotFoundError, ValueError):
            continue
