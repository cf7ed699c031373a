"""The programs' door: each operation, who may not, what is refused and how, and writes that take effect once."""

from typing import Any
from uuid import uuid4

import pytest

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.services.forest import limits
from bocage.services.forest.acts import ACT_BY_SLUG
from bocage.services.forest.models import Line, Upload
from bocage.services.forest.tests.conftest import Program, program_of, ride

pytestmark = pytest.mark.django_db

METRO_GRAMS = ACT_BY_SLUG["metro"].grams


def refused(answer: Any, status: int, code: str, field: str | None = None) -> str:
    """The words of a problem+json answer that is as expected."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["field"]) == (status, code, field)
    return str(problem["detail"])


def test_a_statement_goes_from_preview_to_lines_month_and_one_line(anas: Program, statement: bytes) -> None:
    seen = anas.upload(statement)
    assert seen.status_code == 201
    body = seen.json()
    assert (body["format"], body["lines_new"], body["lines_known"], body["lines_bad"]) == ("csv", 4, 0, 0)
    upload_id = body["upload"]["id"]
    assert anas.get(f"/statements/{upload_id}").json() == body
    assert anas.get("/lines").json() == {"items": [], "next_cursor": None}

    kept = anas.post(f"/statements/{upload_id}/confirm")
    assert (kept.status_code, kept.json()["state"], kept.json()["lines_added"]) == (200, "confirmed", 4)
    lines = anas.get("/lines").json()["items"]
    assert sum(line["micrograms"] for line in lines) == body["micrograms"] > 0
    one = anas.get(f"/lines/{lines[0]['id']}").json()
    assert one == lines[0]
    assert all(reason["title"] and reason["text"] for reason in one["reasons"])

    months = {line["booked_on"][:7] for line in lines}
    answers = [anas.get(f"/months/{int(month[:4])}/{int(month[5:])}").json() for month in months]
    assert sum(month["micrograms"] for month in answers) == body["micrograms"]
    assert all(month["low_micrograms"] <= month["micrograms"] <= month["high_micrograms"] for month in answers)


def test_the_same_file_under_the_same_key_is_one_upload_whatever_its_boundary(anas: Program, statement: bytes) -> None:
    first, second = anas.upload(statement, key="one"), anas.upload(statement, key="one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Upload.objects.count() <= 1
    refused(anas.upload(statement + b"\n", key="one"), 409, "idempotency_key_reused", "Idempotency-Key")


def test_confirming_collecting_sowing_and_watering_twice_do_it_once(anas: Program, ana: Any, statement: bytes) -> None:
    upload_id = anas.upload(statement).json()["upload"]["id"]
    for key in ("one", "one", "two"):
        assert anas.post(f"/statements/{upload_id}/confirm", key=key).json()["lines_added"] == 4
    assert len(anas.get("/lines").json()["items"]) == 4

    ride(ana)
    assert anas.get("/grove").json()["ripe_grams"] == METRO_GRAMS
    collected = anas.post("/collect", key="collect")
    assert collected.json() == {"grams": METRO_GRAMS}
    again = anas.post("/collect", key="collect")
    assert (again.json(), again["Idempotency-Replayed"]) == ({"grams": METRO_GRAMS}, "true")
    refused(anas.post("/collect"), 422, "nothing_ripe")

    tree, watering = uuid4(), uuid4()
    for key in ("sow", "sow", "sow again"):
        assert anas.put(f"/trees/{tree}", {"species": "birch"}, key=key).json()["grams"] == 0
    for key in ("water", "water", "water again"):
        wet = anas.post(f"/trees/{tree}/waterings/{watering}", {"grams": 100}, key=key)
        assert wet.json()["grams"] == 100
    grove = anas.get("/grove").json()
    assert (grove["grams"], len(grove["trees"])) == (METRO_GRAMS - 100, 1)
    refused(anas.post(f"/trees/{tree}/waterings/{watering}", {"grams": 101}), 409, "id_conflict", "watering_id")


def test_grams_of_a_statement_come_only_under_the_consent(anas: Program, ana: Any, statement: bytes) -> None:
    upload_id = anas.upload(statement).json()["upload"]["id"]
    anas.post(f"/statements/{upload_id}/confirm")
    assert anas.get("/grove").json()["ripe_grams"] == 0
    with acting_as(Actor.for_person(ana)):
        consent.grant(ana, "forest.grow")
    more = statement.replace(b"-2,50", b"-2,60")
    upload_id = anas.upload(more).json()["upload"]["id"]
    assert anas.post(f"/statements/{upload_id}/confirm").json()["lines_added"] == 1
    assert anas.get("/grove").json()["ripe_grams"] == METRO_GRAMS


def test_another_persons_ids_are_not_there(anas: Program, weis: Program, ana: Any, statement: bytes) -> None:
    waiting = anas.upload(statement).json()["upload"]["id"]
    kept = anas.upload(statement.replace(b"METRO", b"TRAM")).json()["upload"]["id"]
    anas.post(f"/statements/{kept}/confirm")
    line = anas.get("/lines").json()["items"][0]["id"]
    ride(ana)
    anas.post("/collect")
    tree = uuid4()
    anas.put(f"/trees/{tree}", {"species": "oak"})

    refused(weis.get(f"/statements/{waiting}"), 404, "not_found", "id")
    refused(weis.post(f"/statements/{waiting}/confirm"), 404, "not_found", "id")
    refused(weis.get(f"/lines/{line}"), 404, "not_found", "id")
    refused(weis.post(f"/trees/{tree}/waterings/{uuid4()}", {"grams": 1}), 404, "not_found", "tree_id")
    assert weis.get("/lines").json()["items"] == []
    assert weis.get("/grove").json()["trees"] == []
    assert weis.put(f"/trees/{tree}", {"species": "oak"}).status_code == 409
    assert anas.get("/grove").json()["trees"][0]["grams"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("put", "/trees/%s", {"species": "x" * 21}, "species"),
        ("put", "/trees/%s", {}, "species"),
        ("put", "/trees/not-an-id", {"species": "oak"}, "tree_id"),
        ("post", "/trees/00000000-0000-4000-8000-000000000001/waterings/%s", {"grams": 0}, "grams"),
        ("post", "/trees/00000000-0000-4000-8000-000000000001/waterings/%s", {"grams": -1}, "grams"),
        ("post", "/trees/00000000-0000-4000-8000-000000000001/waterings/%s", {"grams": 2**63}, "grams"),
        ("post", "/trees/00000000-0000-4000-8000-000000000001/waterings/%s", {"grams": "many"}, "grams"),
        ("post", "/trees/00000000-0000-4000-8000-000000000001/waterings/nothing", {"grams": 1}, "watering_id"),
    ],
)
def test_input_that_cannot_be_taken_is_a_problem_that_names_the_field(
    anas: Program, method: str, path: str, body: Any, field: str
) -> None:
    where = path % uuid4() if "%s" in path else path
    refused(anas.write(method, where, body), 422, "invalid_input", field)


def test_reads_that_cannot_be_answered_name_the_field(anas: Program) -> None:
    refused(anas.get("/months/1969/1"), 422, "invalid_input", "year")
    refused(anas.get("/months/2026/13"), 422, "invalid_input", "month")
    refused(anas.get("/lines", cursor="!"), 400, "bad_cursor", "cursor")
    refused(anas.get("/lines", cursor="a" * 41), 422, "invalid_input", "cursor")
    refused(anas.get(f"/lines/{uuid4()}"), 404, "not_found", "id")
    refused(anas.put(f"/trees/{uuid4()}", {"species": "palm"}), 404, "not_found", "species")


def test_who_has_no_token_or_the_wrong_scope_gets_nothing(ana: Any, statement: bytes) -> None:
    stranger, reader = Program("bok_nothing"), program_of(ana, "forest:read")
    refused(stranger.get("/lines"), 401, "sign_in")
    refused(stranger.upload(statement), 401, "sign_in")
    assert reader.get("/grove").status_code == 200
    refused(reader.upload(statement), 403, "forbidden")
    refused(reader.post("/collect"), 403, "forbidden")


def test_a_write_without_a_key_is_refused(anas: Program) -> None:
    answer = anas.client.post("/api/v1/forest/collect", headers={"Authorization": f"Bearer {anas.token}"})
    refused(answer, 400, "idempotency_key_missing", "Idempotency-Key")


def test_lines_come_in_pages_without_a_gap(anas: Program) -> None:
    day = clock.now().date()
    rows = [f"{day:%d/%m/%Y};SHOP {number};-1,{number:02};EUR" for number in range(limits.PAGE_ROWS_MAX + 7)]
    content = "\n".join(["Date;Libelle;Montant;Devise", *rows]).encode()
    anas.post(f"/statements/{anas.upload(content).json()['upload']['id']}/confirm")
    first = anas.get("/lines").json()
    second = anas.get("/lines", cursor=first["next_cursor"]).json()
    seen = [line["id"] for line in first["items"] + second["items"]]
    assert (len(first["items"]), second["next_cursor"]) == (limits.PAGE_ROWS_MAX, None)
    assert len(set(seen)) == len(seen) == len(rows)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 50, b"hello", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"]
)
def test_what_is_no_statement_is_one_problem_and_keeps_nothing(anas: Program, content: bytes) -> None:
    words = refused(anas.upload(content, "odd.bin"), 422, "bad_statement", "file")
    assert "odd.bin" in words
    assert (Upload.objects.count(), Line.objects.count()) == (0, 0)
