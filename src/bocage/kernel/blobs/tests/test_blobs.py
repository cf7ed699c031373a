"""Files: what is taken, what lies on the disk, who reads it, and when it goes."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pytest_django.fixtures import Settings

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.blobs import actions, manifest, queries
from bocage.kernel.blobs.sniffing import sniff, strip_image
from bocage.kernel.errors import Refusal
from bocage.kernel.keys import subject_keys

GPS_IFD, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.BLOB_FOLDER = tmp_path / "blobs"
    yield settings.BLOB_FOLDER


def _jpeg(width: int = 40, height: int = 20) -> bytes:
    exif = Image.Exif()
    exif[MAKE] = "CameraOfAlice"
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS_IFD)[1] = "N"
    written = BytesIO()
    Image.new("RGB", (width, height), "green").save(written, "JPEG", exif=exif, comment=b"taken at home")
    return written.getvalue() + b"hidden behind the end"


def _image(kind: str) -> bytes:
    written = BytesIO()
    Image.new("RGBA", (8, 8), (10, 20, 30, 128)).save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (_jpeg(), "image/jpeg"),
        (_image("PNG"), "image/png"),
        (_image("WEBP"), "image/webp"),
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"PK\x03\x04....", "application/zip"),
        (b"<?xml version='1.0'?><a/>", "application/xml"),
        ("Datum;Betrag\r\né".encode("latin-1"), "text/plain"),
        (b"MZ\x90\x00\x03", "application/octet-stream"),
        (b"\x7fELF\x02", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_bytes_are(content: bytes, media_type: str) -> None:
    assert sniff(content) == media_type


@given(st.binary(max_size=100))
def test_anything_is_something(content: bytes) -> None:
    assert "/" in sniff(content)


def test_a_photo_keeps_its_picture_upright_and_nothing_else() -> None:
    clean = strip_image(_jpeg(), "image/jpeg")
    with Image.open(BytesIO(clean)) as image:
        assert image.size == (20, 40) and dict(image.getexif()) == {} and "comment" not in image.info
    for word in (b"CameraOfAlice", b"taken at home", b"hidden", b"Exif"):
        assert word not in clean


def test_a_transparent_picture_stays_transparent() -> None:
    with Image.open(BytesIO(strip_image(_image("PNG"), "image/png"))) as image:
        assert image.getpixel((3, 3)) == (10, 20, 30, 128)


@pytest.mark.django_db
class TestStore:
    def test_a_file_lies_encrypted_and_only_its_owner_reads_it(self, folder: Path) -> None:
        owner, other = uuid4(), uuid4()
        with acting_as(Actor.for_person(owner)):
            blob = actions.put(owner, "statement", b"Date;Amount\n2026-11-22;-3,50\n", "text/csv")
            assert actions.get(blob.id) == (blob, b"Date;Amount\n2026-11-22;-3,50\n")
            assert [each.id for each in queries.blobs_of(owner, "statement")] == [blob.id]
        (path,) = folder.glob("*/*")
        assert b"Amount" not in path.read_bytes() and path.stat().st_mode & 0o077 == 0
        with acting_as(Actor.for_person(other)):
            assert queries.blobs_of(owner) == []
            with pytest.raises(Refusal) as caught:
                actions.get(blob.id)
            assert caught.value.status == 404

    @pytest.mark.parametrize(
        ("purpose", "content", "declared", "code"),
        [
            ("avatar", b"", "image/png", "empty_file"),
            ("avatar", b"%PDF-1.7", "", "type_not_taken"),
            ("avatar", _image("PNG"), "image/jpeg", "type_differs"),
            ("avatar", b"\x89PNG\r\n\x1a\n" + b"x" * 50, "image/png", "not_an_image"),
            ("avatar", _jpeg()[:300], "image/jpeg", "not_an_image"),
            ("avatar", b"\x89PNG\r\n\x1a\n" + b"x" * (5 * 1024 * 1024), "", "file_too_large"),
            ("statement", b"MZ\x90\x00" * 10, "text/csv", "type_not_taken"),
        ],
    )
    def test_bad_files_get_one_clear_refusal_and_nothing_is_stored(
        self, folder: Path, purpose: str, content: bytes, declared: str, code: str
    ) -> None:
        owner = uuid4()
        with acting_as(Actor.for_person(owner)):
            with pytest.raises(Refusal) as caught:
                actions.put(owner, purpose, content, declared)
            assert (caught.value.code, caught.value.field) == (code, "file")
            assert queries.blobs_of(owner) == [] and list(folder.glob("*/*")) == []

    def test_a_huge_image_is_refused_before_it_is_unpacked(self) -> None:
        written = BytesIO()
        Image.new("1", (9000, 9000)).save(written, "PNG")
        owner = uuid4()
        with acting_as(Actor.for_person(owner)), pytest.raises(Refusal) as caught:
            actions.put(owner, "avatar", written.getvalue())
        assert caught.value.code == "image_too_large"

    def test_a_changed_byte_on_the_disk_is_noticed(self, folder: Path) -> None:
        owner = uuid4()
        with acting_as(Actor.for_person(owner)):
            blob = actions.put(owner, "statement", b"text")
            (path,) = folder.glob("*/*")
            path.write_bytes(path.read_bytes()[:-1] + b"x")
            with pytest.raises(subject_keys.CiphertextBroken):
                actions.get(blob.id)

    def test_what_is_over_is_swept_and_what_is_not_stays(
        self, folder: Path, django_capture_on_commit_callbacks: object
    ) -> None:
        owner = uuid4()
        with acting_as(Actor.for_person(owner)):
            over = actions.put(owner, "statement", b"thirty days")
            stays = actions.put(owner, "avatar", _image("PNG"))
        orphan = folder / "ff" / uuid4().hex
        orphan.parent.mkdir(exist_ok=True)
        orphan.write_bytes(b"of a transaction that failed")
        os.utime(orphan, (time.time() - 3 * 86400,) * 2)
        committing = django_capture_on_commit_callbacks
        with clock.shifted(timedelta(days=1, hours=1)), committing(execute=True):  # type: ignore[operator]
            assert actions.sweep() == 1
        assert not orphan.exists()
        with clock.shifted(timedelta(days=31)), committing(execute=True):  # type: ignore[operator]
            assert actions.sweep() == 1
        with acting_as(Actor.for_person(owner)):
            assert [each.id for each in queries.blobs_of(owner)] == [stays.id] != [over.id]
        assert len(list(folder.glob("*/*"))) == 1

    def test_export_has_the_content_and_erasure_leaves_no_file(
        self, folder: Path, django_capture_on_commit_callbacks: object
    ) -> None:
        owner = uuid4()
        with acting_as(Actor.for_person(owner)):
            actions.put(owner, "statement", b"text")
            (file,) = manifest.export(owner)["files"]
            assert file["content_base64"] == "dGV4dA=="
            with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
                assert manifest.erase(owner) == []
            assert queries.blobs_of(owner) == []
        assert list(folder.glob("*/*")) == []


def test_the_folder_is_the_installations_own() -> None:
    assert str(settings.BLOB_FOLDER).endswith("blobs")
