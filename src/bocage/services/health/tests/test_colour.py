"""A colour: from check-ins, tests and symptoms, with a record that anybody recomputes; contested in one step."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.keys import actions as keys
from bocage.kernel.keys.types import Signature
from bocage.kernel.notifications import queries as notifications
from bocage.services.health import colouring, limits
from bocage.services.health.actions import appeals, deciding, manual, scheme, sources
from bocage.services.health.models import Decision
from bocage.services.health.queries import passes
from bocage.services.health.tests.conftest import Town, work

pytestmark = pytest.mark.django_db


def colour(person_id: UUID) -> Decision:
    with acting_as(Actor.for_person(person_id)):
        return deciding.current(person_id)


def expose(town: Town, minutes: int = 45) -> None:
    """Ana and Wei sat in the café together; now Wei's test is positive."""
    at = clock.now() - timedelta(days=5)
    town.check_in(town.wei, at, 60)
    town.check_in(town.ana, at + timedelta(minutes=10), minutes)
    town.result("weilin", "positive")
    work()


def test_who_was_exposed_turns_yellow_with_the_reason_and_no_name(town: Town) -> None:
    assert colour(town.ana).colour == "green"
    expose(town)
    held = colour(town.ana)
    assert held.colour == "yellow"
    shown = passes.colour_of(held)
    assert "near somebody" in shown.reasons[0].title
    assert "café" in shown.reasons[0].note
    for secret in ("weilin", "Wei", "Moulin", str(town.wei), str(town.venue), str(town.moulin)):
        assert secret not in held.record
    assert any("Green again" in each for each in shown.changes)
    assert colour(town.wei).colour == "red"


def test_a_negative_test_gives_the_green_back(town: Town) -> None:
    expose(town, minutes=35)
    assert passes.colour_of(colour(town.ana)).changes[0].startswith("A negative test")
    town.result("ana", "negative", sample="S-2", claim="BBBBBBBB12345678")
    work()
    assert colour(town.ana).colour == "green"
    with acting_as(Actor.for_person(town.ana)):
        news = notifications.latest(town.ana).notifications
    assert news
    assert all("yellow" not in each.title + each.body and "test" not in each.title + each.body for each in news)


def test_any_colour_recomputes_byte_for_byte_and_a_changed_record_does_not(town: Town) -> None:
    expose(town)
    with acting_as(Actor.for_person(town.ana)):
        sources.report(town.ana, ["fever", "cough"], clock.today("Europe/Paris"))
    records = [colour(each) for each in (town.ana, town.wei)]
    with acting_as(Actor.for_person(town.ana)):
        appeals.appeal(town.ana, records[0].id, "I was outside on the terrace")
    records.append(colour(town.ana))
    assert [each.colour for each in records] == ["yellow", "red", "green"] or records[0].colour == "red"
    for each in records:
        assert colouring.recomputed(each.record) == each.record
        assert keys.verify(
            deciding.SIGNING, each.record.encode(), Signature(each.key_id, bytes(each.signature), each.signed_at)
        )
        forged = json.loads(each.record)
        forged["decision"]["colour"] = "red" if forged["decision"]["colour"] != "red" else "green"
        assert colouring.recomputed(colouring.canonical(forged)) != colouring.canonical(forged)


def test_an_appeal_restores_in_one_step_where_no_test_stands_behind_it(town: Town) -> None:
    expose(town)
    held = colour(town.ana)
    with acting_as(Actor.for_person(town.ana)):
        appeals.appeal(town.ana, held.id)
        assert deciding.current(town.ana).colour == "green"
        assert appeals.appeal(town.ana, held.id).state == "open"
    work()
    assert colour(town.ana).colour == "green"


def test_with_a_positive_test_an_appeal_suspends_at_the_deadline(town: Town) -> None:
    town.result("ana", "positive")
    held = colour(town.ana)
    assert held.colour == "red"
    with acting_as(Actor.for_person(town.ana)):
        appeals.appeal(town.ana, held.id, "The tubes were mixed up")
    assert colour(town.ana).colour == "red"
    with clock.shifted(limits.APPEAL_DEADLINE + timedelta(minutes=1)):
        assert colour(town.ana).colour == "green"


def test_an_official_keeps_or_lifts_with_reasons_and_a_new_fact_is_not_covered(town: Town) -> None:
    expose(town)
    with acting_as(Actor.for_person(town.ana)):
        row = appeals.appeal(town.ana, colour(town.ana).id)
    with acting_as(Actor.for_person(town.odile)):
        with pytest.raises(Refusal) as refusal:
            appeals.decide(row.id, town.odile, agree=False, answer="No")
        assert refusal.value.field == "answer"
        appeals.decide(row.id, town.odile, agree=False, answer="You sat at the same table for two hours.")
    assert colour(town.ana).colour == "yellow"
    with acting_as(Actor.for_person(town.ana)):
        assert passes.appeal(town.ana).note == "You sat at the same table for two hours."  # type: ignore[union-attr]
        with pytest.raises(Refusal) as refusal:
            appeals.appeal(town.ana, colour(town.ana).id)
    assert refusal.value.code == "appealed_already"
    town.result("ana", "positive", sample="S-3", claim="CCCCCCCC12345678")
    assert colour(town.ana).colour == "red"


def test_nobody_answers_an_appeal_of_their_own(town: Town) -> None:
    expose(town)
    with acting_as(Actor.for_person(town.ana)):
        row = appeals.appeal(town.ana, colour(town.ana).id)
        with pytest.raises(Refusal) as refusal:
            appeals.decide(row.id, town.ana, agree=True, answer="I am right, as ever.")
    assert refusal.value.status == 403
    with acting_as(Actor.for_person(town.ana)):
        assert passes.appeal(town.ana).state == "open"  # type: ignore[union-attr]


def test_a_corrected_result_takes_the_warning_back(town: Town) -> None:
    expose(town)
    assert colour(town.ana).colour == "yellow"
    town.result("weilin", "withdrawn", revision=2)
    work()
    assert colour(town.ana).colour == "green"
    assert colour(town.wei).colour == "green"


def test_a_colour_by_hand_takes_two_people_and_is_counted_for_ever(town: Town) -> None:
    from bocage.kernel.approvals import actions as approvals
    from bocage.services.health import verbs
    from bocage.services.health.queries import scheme as public

    with acting_as(Actor.for_person(town.odile)):
        with pytest.raises(Refusal) as refusal:
            manual.request(town.lea, "red", "A doctor's letter, shown at the counter", 3)
        assert refusal.value.code == "no_pass"
        request_id = manual.request(town.ana, "red", "A doctor's letter, shown at the counter", 3)
        payload = {"request_id": str(request_id)}
        proposal = approvals.propose(verbs.SET, payload, town.odile, reason="The reasons stand in the request")
    assert colour(town.ana).colour == "green"
    with acting_as(Actor.for_person(town.odile)), pytest.raises(Refusal):
        approvals.approve(proposal, town.odile)
    with acting_as(Actor.for_person(town.paul)):
        approvals.approve(proposal, town.paul)
    assert colour(town.ana).colour == "red"
    assert public.manual_count() == 1
    with acting_as(Actor.for_person(town.ana)):
        appeals.appeal(town.ana, colour(town.ana).id)
    assert colour(town.ana).colour == "green"


def test_without_a_sunset_no_scheme_begins_and_at_the_sunset_all_goes(town: Town) -> None:
    with pytest.raises(Refusal) as refusal:
        scheme.terms_of({"title": "For ever", "legal_basis": "None", "rules": "2026.1", "budget_days": "2"})
    assert refusal.value.field == "sunset_at"
    expose(town)
    with clock.shifted(timedelta(days=61)), acting_as(Actor.for_service("health")):
        assert scheme.end_at_sunset() > 0
        with pytest.raises(Refusal) as refusal:
            deciding.current(town.ana)
    assert refusal.value.code == "no_scheme"
