"""Proof of delivery: a photo and a signature, once a scan, for sender and receiver alone, gone with the person."""

import base64
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from PIL import Image

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.blobs import actions as blobs
from bocage.kernel.blobs.queries import blobs_of
from bocage.kernel.keys import subject_keys
from bocage.services.parcel import jobs, limits
from bocage.services.parcel.actions import erasing, proving, scanning
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.models import ProofRow
from bocage.services.parcel.queries import rights, shipments
from bocage.services.parcel.tests.conftest import Town
from bocage.services.parcel.tests.test_doors import browser, caller
from bocage.services.parcel.types import ProofKind, Shipment

pytestmark = pytest.mark.django_db

GPS = 0x8825
MAKER = 0x010F


@pytest.fixture(autouse=True)
def folder_of_files(tmp_path: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings, "BLOB_FOLDER", tmp_path)
        yield


def photo() -> bytes:
    """A JPEG that says where it was taken."""
    exif, written = Image.Exif(), io.BytesIO()
    exif[MAKER] = "A phone"
    exif.get_ifd(GPS)[1] = "N"
    Image.new("RGB", (40, 30), "green").save(written, "JPEG", exif=exif)
    return written.getvalue()


def delivered(town: Town, parcel: Shipment) -> dict[str, Any]:
    """Hand it over; what is said of each picture of that."""
    scan = Scan(uuid4(), parcel.s10, "deliver", clock.now(), town.code_of(parcel.id))
    with acting_as(town.as_lea()):
        assert scanning.sync(town.velo, town.lea, [scan])[0].done
    return {"scan_id": str(scan.id), "number": scan.number, "at": scan.at.isoformat()}


def send(town: Town, said: dict[str, Any], kind: str = "photo", content: bytes | str | None = None) -> Any:
    image = content if isinstance(content, str) else base64.b64encode(content or photo()).decode()
    lea = caller(town.lea, "parcel:take", subject_id=town.velo)
    return lea("POST", "/proofs", {**said, "kind": kind, "image": image})


def count() -> int:
    with acting_as(Actor.for_service("parcel")):
        return ProofRow.objects.count()


def test_sender_and_receiver_see_it_and_nobody_else(town: Town) -> None:
    parcel, other = town.sent(), town.sent()
    said = delivered(town, parcel)
    for _again in range(2):
        assert send(town, said) == (200, {"kept": True})
    assert send(town, said, "signature")[0] == 200
    assert count() == 2
    page, picture = f"/parcel/p/{parcel.id}", f"/parcel/p/{parcel.id}/proof/photo"
    for handle in ("ana", "weilin"):
        seen = browser(handle)
        assert "Photo at the door" in seen.get(page).content.decode()
        answer = seen.get(picture)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
        with Image.open(io.BytesIO(answer.content)) as shown:
            assert (shown.size, dict(shown.getexif())) == ((40, 30), {})
        assert seen.get(f"/parcel/p/{other.id}/proof/photo").status_code == 404
        assert seen.get(f"/parcel/p/{parcel.id}/proof/else").status_code == 404
    assert browser("lea", town.velo).get(picture).status_code == 403
    assert browser("marco", town.velo).get(picture).status_code == 404
    assert browser("marco").get(picture).status_code == 404
    assert "Photo at the door" not in browser("marco", town.velo).get(f"/parcel/desk/{parcel.id}").content.decode()
    assert "Photo at the door" not in browser("ana").get(f"/parcel/t/{parcel.token}").content.decode()
    with acting_as(Actor.for_person(town.wei)):
        assert [each["kind"] for each in rights.export(town.wei)["proofs_of_delivery"]] == ["photo", "signature"]


def test_a_picture_without_its_delivery_or_without_sense_is_refused(town: Town) -> None:
    parcel, other = town.sent(), town.sent()
    scan = Scan(uuid4(), parcel.s10, "load", clock.now())
    with acting_as(town.as_lea()):
        scanning.sync(town.velo, town.lea, [scan])
    assert send(town, {"scan_id": str(scan.id), "number": scan.number, "at": scan.at.isoformat()})[0] == 404
    said = delivered(town, parcel)
    assert send(town, {**said, "number": other.s10})[0] == 404
    assert send(town, {**said, "number": "no such"})[0] == 404
    assert send(town, {**said, "at": datetime.min.replace(tzinfo=clock.now().tzinfo).isoformat()})[0] == 404
    assert send(town, said, content="???")[1]["code"] == "not_base64"
    assert send(town, said, content=b"%PDF-1.7")[0] == 415
    assert send(town, said, content=photo()[:60])[1]["code"] == "not_an_image"
    assert send(town, said, content=b"\xff\xd8\xff" + bytes(2_097_152))[0] == 413
    other_carrier = caller(town.marco, "parcel:take", subject_id=town.autre)
    body = {**said, "kind": "photo", "image": base64.b64encode(photo()).decode()}
    assert other_carrier("POST", "/proofs", body)[0] == 404
    assert count() == 0


def test_a_carrier_fills_nobody_s_files(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROOFS_A_PARCEL_MAX", 1)
    said = delivered(town, town.sent())
    assert send(town, said)[0] == send(town, said)[0] == 200
    assert send(town, said, "signature")[1]["code"] == "too_many_proofs"
    assert count() == 1


def test_it_goes_after_its_time_and_with_the_person(town: Town) -> None:
    parcel, kept = town.sent(), town.sent(handle="")
    said = delivered(town, parcel)
    assert send(town, said)[0] == 200
    with acting_as(Actor.for_person(town.ana)):
        code = shipments.shipment(kept.id).code
    scan = Scan(uuid4(), kept.s10, "deliver", clock.now(), code)
    with acting_as(town.as_lea()):
        scanning.sync(town.velo, town.lea, [scan])
        picture = proving.Picture(scan.id, scan.number, scan.at, ProofKind.PHOTO, photo())
        assert proving.keep(town.velo, picture)
    with acting_as(Actor.for_person(town.wei)):
        (mine,) = blobs_of(town.wei, proving.PURPOSE)
        blobs.delete(mine.id)
        erasing.erase(town.wei)
    assert count() == 1
    assert browser("ana").get(f"/parcel/p/{parcel.id}/proof/photo").status_code == 404
    assert browser("ana").get(f"/parcel/p/{kept.id}/proof/photo").status_code == 200
    with clock.shifted(timedelta(days=91)):
        assert browser("ana").get(f"/parcel/p/{kept.id}/proof/photo").status_code == 404
        jobs.keep_days.run()
    assert count() == 0


def test_nothing_is_kept_for_who_was_erased_meanwhile(town: Town) -> None:
    said = delivered(town, town.sent())
    subject_keys.destroy(town.wei)
    assert send(town, said) == (200, {"kept": False})
    assert count() == 0
