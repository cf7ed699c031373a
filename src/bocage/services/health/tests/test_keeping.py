"""What a person carries: codes for gates, the pass on paper, certificates."""

import io
import json
import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader

from bocage.engines import passes
from bocage.engines.passes import admission, dcc, dcc_values, fhir, pictures
from bocage.engines.passes.tests import making
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.errors import Refusal
from bocage.services.health import words
from bocage.services.health.actions import certificates, deciding, holders, passing
from bocage.services.health.models import Certificate
from bocage.services.health.queries import gates, rights
from bocage.services.health.queries import passes as shown
from bocage.services.health.tests.conftest import Town
from bocage.services.health.tests.test_doors import signed_in

pytestmark = pytest.mark.django_db


def test_the_page_brings_two_hours_of_codes_that_a_gate_takes_once(town: Town) -> None:
    shown = signed_in(town.ana).get("/health/code").content.decode()
    stretches = [(int(a), int(b)) for a, b in re.findall(r'data-from="(\d+)" data-until="(\d+)"', shown)]
    assert len(stretches) == passing.TOKENS_A_BATCH * passing.TOKENS_A_STRETCH
    assert stretches == sorted(stretches)
    assert stretches[-1][1] - clock.now().timestamp() > 110 * 60
    with acting_as(Actor.for_person(town.ana)):
        token = passing.issue_tokens(deciding.current(town.ana).colour)[0]
    verdict = passes.verify(token.text, gates.trusted(), clock.now().timestamp())
    assert verdict.valid
    assert "Ana" not in json.dumps(dict(verdict.content or {}), default=str)


def test_the_pass_on_paper_has_the_name_and_the_colour(town: Town) -> None:
    client = signed_in(town.ana)
    asked = client.get("/health/pass.pdf")
    assert (asked.status_code, asked["Location"]) == (302, "/health/name?next=health:home")
    client.post("/health/name", {"given": "Ana Lúcia", "family": "Morel", "born": "1990-02-03"})
    answer = client.get("/health/pass.pdf")
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Ana Lúcia Morel" in text
    assert "Green" in text
    code = printed_code(answer.content)
    for days, failed in ((0, None), (2.9, None), (3.1, "time")):
        verdict = passes.verify(code, gates.trusted(), clock.now().timestamp() + days * 86_400)
        assert (verdict.failed.name if verdict.failed else None) == failed
    shown = admission.admit(passes.verify(code, gates.trusted(), clock.now().timestamp()), 0)
    assert (shown.colour, shown.name) == ("green", "Ana Lúcia Morel")
    assert signed_in(town.lea).get("/health/pass.pdf").status_code == 403


def printed_code(document: bytes) -> str:
    """The code on a page as a scanner reads it: the page's small squares, drawn larger."""
    drawing = PdfReader(io.BytesIO(document)).pages[0].get_contents()
    assert drawing is not None
    dots = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) -?([\d.]+) re f", drawing.get_data())
    squares = [(float(x), float(y), float(w)) for x, y, w, h in dots if abs(float(w) - float(h)) < 0.01]
    picture = Image.new("L", (2400, 3400), 255)
    draw = ImageDraw.Draw(picture)
    for x, y, side in squares:
        left, top = 4 * x, 3400 - 4 * y
        draw.rectangle((left, top, left + 4 * side, top + 4 * side), fill=0)
    drawn = io.BytesIO()
    picture.save(drawn, "PNG")
    (text,) = pictures.read_codes(drawn.getvalue())
    return text


@pytest.mark.parametrize("text", ["", "HC1:NOT A CERTIFICATE", "shc:/1", "BC1:X", "\0", "x" * 9000])
def test_what_is_no_certificate_is_refused_and_nothing_is_kept(text: str, town: Town) -> None:
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
        with pytest.raises(Refusal) as refusal:
            certificates.hand_in(town.ana, text)
        assert str(refusal.value.message) in {str(each) for each in words.REFUSED.values()}
        assert refusal.value.field == "code"
        with own_tables("health"):
            assert Certificate.objects.count() == 0


def name_of(person_id: UUID, given: str = "Ana", family: str = "Morel", born: str = "1990-02-03") -> None:
    holders.record(person_id, given, family, date.fromisoformat(born))


@pytest.fixture
def issuers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ana's certificates are by issuers that the town believes."""
    monkeypatch.setattr(gates, "trusted", making.trust)


def recovery(first_day: int, last_day: int) -> str:
    """Of an infection long ago; holds between days from today on."""
    today = clock.today("Europe/Paris")
    entry = {name: making.vaccination()["v"][0][name] for name in ("tg", "co", "is", "ci")}
    days = {"fr": -40, "df": first_day, "du": last_day}
    entry |= {name: (today + timedelta(days=days[name])).isoformat() for name in days}
    payload = {"ver": "1.3.0", "nam": {"fn": "Morel", "fnt": "MOREL", "gn": "Ana", "gnt": "ANA"}, "dob": "1990-02-03"}
    now = int(clock.now().timestamp())
    return dcc.issue(payload | {"r": [entry]}, "FR", making.dcc_signer(), issued_at=now - 60, expires_at=now + 86_400)


def infected(person_id: UUID) -> float:
    with acting_as(Actor.for_person(person_id)):
        found: float = json.loads(deciding.current(person_id).record)["decision"]["infected"]
    return found


def test_a_recovery_counts_from_its_first_day_to_its_last_and_never_over_a_positive_test(
    town: Town, issuers: None
) -> None:
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
    for first_day, last_day, counts in ((1, 90, False), (-29, -1, False), (0, 90, True)):
        with acting_as(Actor.for_person(town.ana)):
            held = certificates.hand_in(town.ana, recovery(first_day, last_day))
        assert (infected(town.ana) == 0) is counts
    town.result("ana", "positive")
    with acting_as(Actor.for_person(town.ana)):
        assert deciding.current(town.ana).colour == "red"
        certificates.delete(town.ana, held)


@pytest.mark.parametrize(("said", "kept"), [("2026-01-15", "2026-01-15"), ("2026-01", ""), ("2026-02-30", "")])
def test_a_card_that_says_no_day_is_shown_without_one_and_exported(
    said: str, kept: str, town: Town, issuers: None
) -> None:
    bundle: dict[str, Any] = making.bundle()
    bundle["entry"][0]["resource"]["name"][0]["family"] = "Morel"
    bundle["entry"][1]["resource"]["occurrenceDateTime"] = said
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
        certificates.hand_in(town.ana, making.card(bundle, not_before=int(clock.now().timestamp()) - 60))
        assert bool(shown.certificates(town.ana)[0].note) is bool(kept)
        assert [each["on"] for each in rights.export(town.ana)["certificates"]] == [kept]


def test_a_positive_test_counts_wherever_it_stands_on_a_card(town: Town, issuers: None) -> None:
    now = clock.now().timestamp()
    tests = [(dcc_values.NOT_DETECTED, now - 60 * 3600), (dcc_values.DETECTED, now - 3600)]
    bundle = making.tested_bundle(*((fhir.LABORATORY_TEST, *each) for each in tests), vaccinated=True)
    bundle["entry"][0]["resource"]["name"][0]["family"] = "Morel"
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
        certificates.hand_in(town.ana, making.card(bundle, types=making.TESTED_TYPES, not_before=int(now) - 60))
        assert [each["outcome"] for each in rights.export(town.ana)["certificates"]] == ["positive"]
        assert deciding.current(town.ana).colour == "red"


@pytest.mark.parametrize(("instant", "day"), [("22:30:00Z", "2026-07-02"), ("00:30:00+02:00", "2026-07-01")])
def test_a_test_is_of_the_towns_day(instant: str, day: str, town: Town, issuers: None) -> None:
    entry = {name: making.vaccination()["v"][0][name] for name in ("tg", "co", "is", "ci")}
    entry |= {
        "tt": dcc_values.LABORATORY_TEST,
        "tr": dcc_values.NOT_DETECTED,
        "tc": "Labo",
        "sc": f"2026-07-01T{instant}",
    }
    payload = {"ver": "1.3.0", "nam": {"fn": "Morel", "fnt": "MOREL", "gn": "Ana", "gnt": "ANA"}, "dob": "1990-02-03"}
    now = int(clock.now().timestamp())
    signed = dcc.issue(payload | {"t": [entry]}, "FR", making.dcc_signer(), issued_at=now - 60, expires_at=now + 86_400)
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
        certificates.hand_in(town.ana, signed)
        assert [each["on"] for each in rights.export(town.ana)["certificates"]] == [day]
