"""Whose a certificate is: by name and date of birth, given once, kept private; and a result certified in that name."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.engines import passes
from bocage.engines.passes import admission
from bocage.engines.passes.tests import making
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.errors import Refusal
from bocage.kernel.keys import actions as signing
from bocage.services.health import limits, types
from bocage.services.health.actions import certificates, deciding, holders, issuing, sources
from bocage.services.health.models import Certificate, Holder, IssuedName
from bocage.services.health.queries import gates, rights
from bocage.services.health.queries import passes as shown
from bocage.services.health.tests.conftest import Town
from bocage.services.health.tests.test_doors import signed_in
from bocage.services.health.tests.test_keeping import name_of

BORN = date(1990, 2, 3)


@pytest.mark.parametrize(
    ("name", "born", "hers"),
    [
        ("Ana Lúcia MOREL", "1990-02-03", True),
        ("Ana Morel", "1990", True),
        ("Ana Morel", "1990-02", True),
        ("Ana Morel", "1990-02-04", False),
        ("Ana Morel", "", False),
        ("Ana Morel-Dupont", "1990-02-03", True),
        ("Ana", "1990-02-03", False),
        ("Bea Morel", "1990-02-03", False),
        ("Ana Martin", "1990-02-03", False),
    ],
)
def test_a_certificate_is_hers_by_name_and_date_of_birth(name: str, born: str, hers: bool) -> None:
    holder = types.Holder("Ana Lúcia", "Morel", BORN)
    assert holders.is_of(holder, {"name": name, "born": born}) is hers


@given(st.text(max_size=30), st.text(max_size=12))
def test_no_text_makes_a_certificate_hers_without_her_date_of_birth(name: str, born: str) -> None:
    holder = types.Holder("Ana", "Morel", BORN)
    if not BORN.isoformat().startswith(born[:10]) or not born:
        assert not holders.is_of(holder, {"name": f"Ana Morel {name}", "born": born})


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Müller-Lüdenscheidt", "MUELLER<LUEDENSCHEIDT"),
        ("d'Arsøns van Halen", "DARSOENS<VAN<HALEN"),
        ("Łukasz Żółć", "LUKASZ<ZOLC"),
        ("Straße", "STRASSE"),
    ],
)
def test_names_are_spelled_as_in_a_passport(name: str, spelled: str) -> None:
    assert issuing.standardised(name) == spelled


@pytest.mark.django_db
def test_without_a_name_nothing_is_taken_and_another_name_takes_the_certificates_away(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "trusted", making.trust)
    card = making.card(not_before=int(clock.now().timestamp()) - 60)
    with acting_as(Actor.for_person(town.ana)):
        with pytest.raises(Refusal, match="no_name"):
            certificates.hand_in(town.ana, card)
        name_of(town.ana, family="Morel")
        with pytest.raises(Refusal, match="other_name"):
            certificates.hand_in(town.ana, card)
        name_of(town.ana, family="Martin", born="1990-02-04")
        with pytest.raises(Refusal, match="other_name"):
            certificates.hand_in(town.ana, card)
        name_of(town.ana, family="Martin")
        certificates.hand_in(town.ana, card)
        with own_tables("health"):
            assert b"Martin" not in bytes(Holder.objects.get().sealed)
        name_of(town.ana, family="Martin")
        assert len(shown.certificates(town.ana)) == 1
        name_of(town.ana, family="Morel")
        assert shown.certificates(town.ana) == []
        sources.answer(town.ana, "health.certificates", yes=False)
        with own_tables("health"):
            assert (Holder.objects.count(), Certificate.objects.count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed", [{"given": ""}, {"family": "\0"}, {"family": "x" * 40}, {"born": "2190-01-01"}, {"born": "1890-01-01"}]
)
def test_what_is_no_name_is_refused_by_its_field(changed: dict[str, str], town: Town) -> None:
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal) as refusal:
        name_of(town.ana, **changed)
    assert refusal.value.field == next(iter(changed))


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "hours"), [("pcr", 72), ("antigen", 24)])
def test_a_result_is_certified_for_the_world_and_verifies_at_a_gate_while_it_counts(
    kind: str, hours: int, town: Town
) -> None:
    town.result("ana", "negative", kind=kind)
    client = signed_in(town.ana)
    address = f"/health/tests/{result_id(town)}/certificate"
    assert client.get(address)["Location"] == "/health/name?next=health:tests"
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana, given="Ana Lúcia")
        issued = issuing.issue(town.ana, result_id(town))
    for text, is_kind in ((issued.eu, passes.Kind.DCC), (issued.card[0], passes.Kind.SHC)):
        now = clock.now().timestamp()
        verdict = passes.verify(text, gates.trusted(), now)
        assert (verdict.valid, verdict.kind) == (True, is_kind), verdict.failed
        assert admission.admit(verdict, now).colour == "green"
        assert admission.admit(verdict, now).name == "Ana Lúcia Morel"
        late = now + hours * 3600 + 120
        assert admission.admit(passes.verify(text, gates.trusted(), late), late).colour == "refused"
    page = client.get(address)
    assert page.status_code == 200
    assert page.content.decode().count("<svg role=") == 1 + len(issued.card)
    jwks: dict[str, Any] = client.get("/health/cards/.well-known/jwks.json").json()
    assert [each["alg"] for each in jwks["keys"]] == ["ES256"]
    assert "d" not in jwks["keys"][0]
    with acting_as(Actor.for_person(town.wei)):
        name_of(town.wei, "Wei", "Lin")
        with pytest.raises(Refusal, match="not_found"):
            issuing.issue(town.wei, result_id(town))


def result_id(town: Town) -> Any:
    with acting_as(Actor.for_person(town.ana)):
        return shown.results(town.ana)[0].id


@pytest.mark.django_db
def test_after_the_key_of_certificates_is_changed_the_old_ones_verify_and_a_positive_one_is_red(town: Town) -> None:
    town.result("ana", "positive")
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
        old = issuing.issue(town.ana, result_id(town))
        with clock.shifted(timedelta(minutes=1)):
            signing.rotate(gates.CARDS)
            new = issuing.issue(town.ana, result_id(town))
            now = clock.now().timestamp()
            for text in (old.eu, old.card[0], new.eu, new.card[0]):
                assert admission.admit(passes.verify(text, gates.trusted(), now), now).colour == "red"
    assert len(gates.card_keys()["keys"]) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", ["inconclusive", "withdrawn"])
def test_a_result_that_says_nothing_is_not_certified(outcome: str, town: Town) -> None:
    town.result("ana", outcome)
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
        with pytest.raises(Refusal, match="no_outcome"):
            issuing.issue(town.ana, result_id(town))


@pytest.mark.django_db
def test_a_result_is_certified_in_one_name_while_it_lives_whatever_is_withdrawn_in_between(town: Town) -> None:
    town.result("ana", "negative")
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
        issuing.issue(town.ana, result_id(town))
        for purpose in ("health.certificates", "health.report"):
            sources.answer(town.ana, purpose, yes=False)
            sources.answer(town.ana, purpose, yes=True)
        name_of(town.ana, given="Bea")
        with pytest.raises(Refusal, match="other_name_issued"):
            issuing.issue(town.ana, result_id(town))
        name_of(town.ana)
        assert issuing.issue(town.ana, result_id(town)).holder.name == "Ana Morel"
        with own_tables("health"):
            assert b"Morel" not in bytes(IssuedName.objects.get().sealed)
        assert rights.export(town.ana)["issued_in_the_name"]["given"] == "Ana"


@pytest.mark.django_db
def test_a_pass_on_paper_is_printed_in_one_name_until_the_last_one_ends(town: Town) -> None:
    client = signed_in(town.ana)

    def printed(given: str) -> int:
        client.post("/health/name", {"given": given, "family": "Morel", "born": BORN.isoformat()})
        return client.get("/health/pass.pdf").status_code

    assert printed("Ana") == 200
    assert printed("Bea") == 422
    town.result("ana", "negative")
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="other_name_issued"):
        issuing.issue(town.ana, result_id(town))
    with clock.shifted(limits.PAPER_LIFE - timedelta(minutes=1)):
        assert printed("Bea") == 422
        assert printed("Ana") == 200
    with clock.shifted(limits.PAPER_LIFE + timedelta(minutes=1)):
        assert printed("Bea") == 422
    with clock.shifted(2 * limits.PAPER_LIFE):
        assert printed("Bea") == 200


@pytest.mark.django_db
def test_a_certificate_says_the_towns_day(town: Town) -> None:
    taken_at = (clock.now() - timedelta(days=2)).replace(hour=23, minute=30)
    town.result("ana", "negative", taken_at=taken_at.isoformat())
    with acting_as(Actor.for_person(town.ana)):
        name_of(town.ana)
        issued = issuing.issue(town.ana, result_id(town))
    verdict = passes.verify(issued.eu, gates.trusted(), clock.now().timestamp())
    assert verdict.content is not None
    said = verdict.content["entry"]["sc"]
    assert said[:10] == deciding.day_of(taken_at).isoformat() == (taken_at + timedelta(days=1)).date().isoformat()
    assert datetime.fromisoformat(said) == taken_at.replace(microsecond=0)
