"""A citizen's report: made once, read with a receipt, answered, told; nobody else learns whose it is."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.blobs import actions as blobs
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries as consents
from bocage.kernel.errors import Refusal
from bocage.kernel.notifications import queries as notifications
from bocage.services.city import jobs, limits
from bocage.services.city.actions import photos, reports
from bocage.services.city.models import Alert, Judging, Report, ReportStep
from bocage.services.city.queries import reports as queries
from bocage.services.city.tests.conftest import Town, judge, signed_in
from bocage.testing import connected_as

CONSOLE = "/city/console/reports"


def picture() -> bytes:
    """A photo that says where it was taken."""
    image, written = Image.new("RGB", (40, 30), "green"), io.BytesIO()
    exif = Image.Exif()
    exif[0x0110] = "Camera of Ana"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    image.save(written, "JPEG", exif=exif)
    return written.getvalue()


def made(person_id: UUID, **changed: Any) -> UUID:
    given = {"street": "Quai Sud", "said": "A deep hole", **changed}
    report_id = given.pop("report_id", None) or uuid4()
    kind = given.pop("kind", "pothole")
    with acting_as(Actor.for_person(person_id)):
        reports.agree(person_id)
        return reports.report(person_id, report_id, kind, **given)


def receipts(person_id: UUID) -> list[tuple[str, str]]:
    with acting_as(Actor.for_person(person_id)):
        return [(each.reader, each.what) for each in consents.receipts(person_id).receipts]


def test_a_report_is_made_followed_answered_and_told(town: Town) -> None:
    ana = signed_in(town.ana)
    report_id = str(uuid4())
    given = {"report_id": report_id, "kind": "pothole", "street": "Quai Sud", "words": "A deep hole", "agreed": "on"}
    photo = SimpleUploadedFile("hole.jpg", picture(), "image/jpeg")
    first = ana.post("/city/report", {**given, "photo": photo})
    again = ana.post("/city/report", {**given, "photo": SimpleUploadedFile("hole.jpg", picture(), "image/jpeg")})
    assert (first.status_code, again.status_code) == (302, 302)
    with acting_as(Actor.for_person(town.ana)):
        assert Report.objects.count() == 1
    page = ana.get(first["Location"]).content.decode()
    assert "A deep hole" in page and "Received" in page

    odile = signed_in(town.odile)
    listing = odile.get(CONSOLE).content.decode()
    assert "Quai Sud" in listing and "A deep hole" not in listing and "Ana" not in listing
    assert receipts(town.ana) == []
    opened = odile.get(f"{CONSOLE}/{report_id}").content.decode()
    assert "A deep hole" in opened and "Ana Morel" not in opened
    assert receipts(town.ana) == [("operator", "a report of yours")]
    answered = odile.post(
        f"{CONSOLE}/{report_id}", {"revision": 0, "state": "planned", "answer": "On Tuesday, with the kerb."}
    )
    assert answered.status_code == 302
    page = ana.get(first["Location"]).content.decode()
    assert "On Tuesday, with the kerb." in page and "Planned" in page
    with acting_as(Actor.for_person(town.ana)):
        (told,) = notifications.latest(town.ana).notifications
    assert told.title == "Your report, Quai Sud: Planned" and told.url == first["Location"]


def test_the_photo_loses_where_it_was_taken_and_a_look_leaves_a_receipt(town: Town) -> None:
    report_id = made(town.ana, photo=picture(), photo_type="image/jpeg")
    answer = signed_in(town.odile).get(f"{CONSOLE}/{report_id}/photo")
    assert answer.status_code == 200 and answer["Cache-Control"] == "private, no-store"
    seen = Image.open(io.BytesIO(answer.content))
    assert seen.size == (40, 30) and not dict(seen.getexif()) and b"Camera of Ana" not in answer.content
    assert receipts(town.ana) == [("operator", "the photo of a report of yours")]
    assert signed_in(town.ana).get(f"/city/reports/{report_id}/photo").status_code == 200
    for url in (f"/city/reports/{report_id}/photo", f"/city/reports/{report_id}", f"{CONSOLE}/{report_id}/photo"):
        assert signed_in(town.wei).get(url).status_code in (403, 404), url


def test_without_her_agreement_nothing_is_taken_and_taking_it_back_hides_all(town: Town) -> None:
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="consent_needed"):
        reports.report(town.ana, uuid4(), "waste", street="Quai Sud")
    report_id = made(town.ana, photo=picture())
    assert queries.counts() == {"new": 1} and len(queries.near(["Quai Sud"])) == 1
    with acting_as(Actor.for_person(town.ana)):
        consent.withdraw(town.ana, "city.report")
    assert queries.counts() == {} and queries.near(["Quai Sud"]) == [] and queries.numbers().made == 0
    with acting_as(Actor.for_person(town.odile)), pytest.raises(Refusal, match="not_found"):
        photos.for_operator(report_id, town.odile)
    with acting_as(Actor.for_person(town.ana)):
        assert [each.id for each in queries.mine(town.ana)] == [report_id], "she still sees it herself"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "gossip"}, "kind"),
        ({"street": "Rue de Nulle Part"}, "street"),
        ({"street": "", "point_m": (9_000.0, 9_000.0)}, "street"),
        ({"street": "Vallon (rivière)"}, "street"),
        ({"said": "x" * (limits.WORDS_CHARACTERS_MAX + 1)}, "words"),
        ({"said": "a\0b"}, "words"),
        ({"photo": b"GIF89a not a photo"}, "file"),
        ({"photo": picture()[:300]}, "file"),
        ({"photo": b""}, "file"),
    ],
)
def test_what_will_not_do_is_refused_with_its_field_and_nothing_is_kept(
    changed: dict[str, Any], field: str, town: Town
) -> None:
    with pytest.raises(Refusal) as refused:
        made(town.ana, **changed)
    assert refused.value.field == field
    with acting_as(Actor.for_person(town.ana)):
        assert not Report.objects.exists()


def test_a_point_finds_its_street_and_a_day_its_limit(town: Town) -> None:
    made(town.ana, street="", point_m=(1_050.0, 140.0))
    with acting_as(Actor.for_person(town.ana)):
        assert Report.objects.get().street == "Chemin des Prés"
    for _number in range(limits.REPORTS_A_DAY_MAX - 1):
        made(town.ana)
    with pytest.raises(Refusal) as refused:
        made(town.ana)
    assert refused.value.status == 429
    made(town.wei)


def test_an_id_of_somebody_elses_report_is_no_door(town: Town) -> None:
    report_id = made(town.ana)
    with pytest.raises(Refusal, match="id_taken"):
        made(town.wei, report_id=report_id)
    with acting_as(Actor.for_person(town.ana)):
        assert Report.objects.get().person_id == town.ana


def test_of_two_answers_to_one_state_the_second_is_refused(town: Town) -> None:
    report_id = made(town.ana)
    odile, olga = signed_in(town.odile), signed_in(town.olga)
    given = {"revision": 0, "state": "taken", "answer": "We look at it."}
    assert odile.post(f"{CONSOLE}/{report_id}", given).status_code == 302
    late = olga.post(f"{CONSOLE}/{report_id}", {**given, "state": "declined", "answer": "Not ours"})
    assert late.status_code == 409 and "Not ours" in late.content.decode()
    with acting_as(Actor.for_person(town.ana)):
        assert list(ReportStep.objects.order_by("at").values_list("state", flat=True)) == ["new", "taken"]
    for wrong in ({"answer": ""}, {"state": "new"}, {"state": "eaten"}, {"answer": "x" * 1001}):
        before = len(receipts(town.ana))
        answer = odile.post(f"{CONSOLE}/{report_id}", {**given, "revision": 1, **wrong})
        assert answer.status_code == 422, wrong
        assert "A deep hole" in answer.content.decode() and len(receipts(town.ana)) == before + 1


def test_three_reports_of_one_place_raise_an_alert_that_names_nobody(town: Town) -> None:
    for who in (town.ana, town.wei, town.paul):
        made(who, kind="danger", street="Pont Vieux")
    with acting_as(Actor.for_service("city")):
        jobs.beat()
    judge()
    with clock.frozen(clock.now() + limits.AHEAD_MAX / 2), acting_as(Actor.for_service("city")):
        jobs.beat()
        jobs.run()
    alert = Alert.objects.get(kind="citizen_report_cluster")
    assert alert.on == "Pont Vieux" and str(town.ana) not in str(alert.evidence)


def test_an_erased_report_is_out_of_the_engine_that_had_seen_it(town: Town) -> None:
    for who in (town.ana, town.wei):
        made(who, kind="danger", street="Pont Vieux")
    judge()
    with acting_as(Actor.for_person(town.olga)):
        reports.erase(town.olga)
    assert Judging.objects.get().forgotten == 0, "who reported nothing makes nobody judge two days anew"
    with acting_as(Actor.for_person(town.ana)):
        reports.erase(town.ana)
    assert Judging.objects.get().forgotten == 1
    made(town.paul, kind="danger", street="Pont Vieux")
    with clock.frozen(clock.now() + limits.AHEAD_MAX / 2), acting_as(Actor.for_service("city")):
        jobs.beat()
        jobs.run()
    assert not Alert.objects.filter(kind="citizen_report_cluster").exists(), "two are left, of three that it takes"


def test_who_judges_for_long_is_not_waited_for_and_nothing_is_half_erased(town: Town) -> None:
    report_id = made(town.ana)
    locked, over = Event(), Event()

    def judging_for_long() -> None:
        try:
            with acting_as(Actor.for_service("city")), transaction.atomic():
                Judging.objects.select_for_update().get(id=1)
                locked.set()
                over.wait(30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(judging_for_long)
        try:
            assert locked.wait(30)
            with acting_as(Actor.for_person(town.ana)), connection.cursor() as cursor:
                cursor.execute("set local lock_timeout = '100ms'")
                with pytest.raises(Refusal, match="judging"):
                    reports.erase(town.ana)
                assert Report.objects.get().id == report_id
        finally:
            over.set()
        holding.result()
    with acting_as(Actor.for_person(town.ana)):
        assert reports.erase(town.ana) == [] and not Report.objects.exists()


def test_public_pages_show_where_and_what_and_never_whose_or_in_which_words(town: Town) -> None:
    made(town.ana, photo=picture())
    visitor = Client()
    for url in ("/city/", "/city/?street=Quai+Sud", "/city/numbers"):
        page = visitor.get(url).content.decode()
        assert "Hole in the road" in page, url
        assert "A deep hole" not in page and "Ana" not in page and "/photo" not in page
    assert "Hole in the road" not in visitor.get("/city/?street=Rue+Haute").content.decode()
    assert visitor.get("/city/report").status_code == 302


def test_her_rights(town: Town) -> None:
    made(town.ana, photo=picture())
    with acting_as(Actor.for_person(town.ana)):
        held = queries.export(town.ana)
        assert held["reports"][0]["words"] == "A deep hole" and held["answers"][0]["state"] == "new"
        assert reports.erase(town.ana) == []
        assert queries.export(town.ana) == {"reports": [], "answers": []}
        assert blobs.get(held["reports"][0]["photo_id"]), "her files are the kernel's to erase"


def test_what_ended_two_years_ago_goes_also_where_she_took_her_agreement_back(committed_town: Town) -> None:
    town = committed_town
    ended, kept = made(town.ana), made(town.wei)
    reports.answer(ended, town.odile, 0, "done", "Filled.")
    with acting_as(Actor.for_person(town.ana)):
        consent.withdraw(town.ana, "city.report")
    for days, left in ((limits.REPORTS_KEPT.days - 1, [ended]), (limits.REPORTS_KEPT.days + 1, [])):
        with connected_as("app"), clock.shifted(timedelta(days=days)):
            jobs.forget.run()
        with acting_as(Actor.for_person(town.ana)):
            assert list(Report.objects.values_list("id", flat=True)) == left
            assert ReportStep.objects.exists() == bool(left)
    with acting_as(Actor.for_person(town.wei)):
        assert Report.objects.get().id == kept


def test_pages_keep_to_their_budget(town: Town) -> None:
    for _number in range(5):
        made(town.ana)
    report_id = made(town.ana)
    for who, url, most in (
        (town.ana, "/city/", 16),
        (town.ana, "/city/report", 12),
        (town.ana, f"/city/reports/{report_id}", 12),
        (town.ana, "/city/numbers", 15),
        (town.odile, CONSOLE, 17),
        (town.odile, f"{CONSOLE}/{report_id}", 18),
        (town.odile, "/city/console/works", 12),
    ):
        client = signed_in(who)
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        assert len(asked) <= most, (url, len(asked))


def test_a_program_reports_for_its_person(town: Town) -> None:
    ana = signed_in(town.ana)
    given = {"kind": "waste", "street": "Quai Sud", "words": "Bins"}
    refused = ana.post("/api/v1/city/reports", given, "application/json", HTTP_IDEMPOTENCY_KEY="k0")
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_needed")
    with acting_as(Actor.for_person(town.ana)):
        reports.agree(town.ana)
    first, again = (
        ana.post("/api/v1/city/reports", given, "application/json", HTTP_IDEMPOTENCY_KEY="k1") for _time in range(2)
    )
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert [each["words"] for each in ana.get("/api/v1/city/reports").json()["items"]] == ["Bins"]
    assert ana.get(f"/api/v1/city/reports/{first.json()['id']}").json()["steps"][0]["state"] == "new"
    assert signed_in(town.wei).get(f"/api/v1/city/reports/{first.json()['id']}").status_code == 404
