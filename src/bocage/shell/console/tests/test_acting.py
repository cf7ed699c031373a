"""What operators may do: try again, forget, freeze, propose, and decide on what somebody else proposed."""

from unittest import mock
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from bocage.kernel import work
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals import queries as approvals
from bocage.kernel.approvals.types import Proposal
from bocage.kernel.events import queries as events
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.tests import making
from bocage.kernel.notifications import queries as notifications
from bocage.shell.console.tests.conftest import Town, acts_of, fail_a_job, fail_an_event, sign_in

REASON = "she asked at the counter"
BAD_REASONS = ["", "short", "x" * 501, "a \0 in the middle"]


def _party(person_id: UUID) -> str:
    return f"/console/people/{person_id}"


def _open_proposal() -> Proposal:
    (found,) = approvals.open_proposals()
    return found


# -- What failed ------------------------------------------------------------------------------------------------------
def test_an_event_that_was_given_up_is_tried_again(odile: Client, acts: mock.Mock) -> None:
    fail_an_event(3)
    answer = odile.post("/console/events/forest/3", {"do": "retry"}, follow=True)
    assert "It is tried again now." in answer.content.decode()
    assert events.dead_letters() == [], "it is no longer among those that failed"
    assert acts_of(acts) == [("dead_letter", "forest", None)]


def test_an_event_is_forgotten_for_a_reason(odile: Client, acts: mock.Mock) -> None:
    fail_an_event(3)
    fail_an_event(4)
    refused = odile.post("/console/events/forest/3", {"do": "discard", "reason": "no"})
    assert refused.status_code == 422
    assert 'id="forest-3-reason_error"' in refused.content.decode()
    assert [letter.position for letter in events.dead_letters()] == [3, 4]
    odile.post("/console/events/forest/3", {"do": "discard", "reason": "paid twice by mistake"})
    assert [letter.position for letter in events.dead_letters()] == [4]
    assert acts_of(acts) == [("dead_letter", "forest", None)]


@pytest.mark.parametrize("address", ["forest/9", "forest/99999999999999999999999", "nobody/3"])
def test_an_event_that_was_not_given_up(odile: Client, acts: mock.Mock, address: str) -> None:
    fail_an_event(3)
    assert odile.post(f"/console/events/{address}", {"do": "retry"}).status_code == 404
    assert acts_of(acts) == []


def test_a_failed_job_is_queued_again(odile: Client, acts: mock.Mock) -> None:
    job_id = fail_a_job()
    listed = odile.get("/console/jobs").content.decode()
    assert "forest.weigh" in listed and "line=7" in listed
    answer = odile.post(f"/console/jobs/{job_id}/retry", follow=True)
    assert "The job waits in the queue again." in answer.content.decode()
    assert (work.counts()["failed"], work.counts()["todo"]) == (0, 1)
    assert acts_of(acts) == [("retry_job", "", None)]
    assert odile.post(f"/console/jobs/{job_id}/retry").status_code == 404
    assert odile.post(f"/console/jobs/{10**30}/retry").status_code == 404


def test_who_only_looks_does_nothing(town: Town) -> None:
    fail_an_event(3)
    job_id = fail_a_job()
    for person in (town.aude, town.paul):
        browser = sign_in(person)
        assert "Try again" not in browser.get("/console/events").content.decode()
        assert "Try again" not in browser.get("/console/jobs").content.decode()
        assert browser.post("/console/events/forest/3", {"do": "retry"}).status_code == 403
        assert browser.post(f"/console/jobs/{job_id}/retry").status_code == 403
        assert browser.post(_party(town.ana.id), {"do": "freeze", "reason": REASON}).status_code == 403
    assert events.dead_letters()[0].dead and work.counts()["failed"] == 1
    assert not identity.person(town.ana.id).frozen


# -- Freezing, and opening again --------------------------------------------------------------------------------------
def test_freezing_takes_one_and_opening_again_two(town: Town, acts: mock.Mock) -> None:
    odile = sign_in(town.odile)
    ana = Client()
    ana.post("/accounts/login/", {"login": town.ana.email, "password": making.PASSWORD})
    assert ana.get("/me/").status_code == 200
    frozen = odile.post(_party(town.ana.id), {"do": "freeze", "reason": REASON}, follow=True).content.decode()
    assert "Frozen. Opening it again takes two people." in frozen and "This account is frozen" in frozen
    assert identity.person(town.ana.id).frozen
    assert acts_of(acts) == [("freeze", "identity.party", str(town.ana.id))]
    assert ana.get("/me/").status_code == 302, "she is signed out"

    asked = odile.post(_party(town.ana.id), {"do": "open", "reason": REASON}, follow=True).content.decode()
    assert "It waits for a second pair of eyes." in asked and "waits for approval" in asked
    assert identity.person(town.ana.id).frozen, "asking opens nothing"
    proposal = _open_proposal()
    assert (proposal.kind, proposal.reason) == ("identity.unfreeze", REASON)

    sign_in(town.paul).post(f"/console/approvals/{proposal.id}", {"do": "approve"})
    assert not identity.person(town.ana.id).frozen
    assert acts_of(acts)[1:] == [
        ("propose", "identity.unfreeze", str(proposal.id)),
        ("approve", "identity.unfreeze", str(proposal.id)),
    ]


@pytest.mark.parametrize("reason", BAD_REASONS)
def test_freezing_needs_a_reason(town: Town, odile: Client, reason: str) -> None:
    answer = odile.post(_party(town.ana.id), {"do": "freeze", "reason": reason})
    assert answer.status_code == 422
    assert 'id="freeze-reason_error"' in answer.content.decode()
    assert not identity.person(town.ana.id).frozen


def test_what_cannot_be_done_now_is_refused(town: Town, odile: Client) -> None:
    for do in ("open", "verify", "", "nonsense"):
        answer = odile.post(_party(town.ana.id), {"do": do, "reason": REASON})
        assert answer.status_code == 409, do
    assert approvals.open_proposals() == []


def test_support_freezes_and_does_not_ask_for_opening(town: Town) -> None:
    sam = sign_in(town.sam)
    assert sam.post(_party(town.ana.id), {"do": "freeze", "reason": REASON}).status_code == 302
    assert sam.post(_party(town.ana.id), {"do": "open", "reason": REASON}).status_code == 403


# -- Roles and papers -------------------------------------------------------------------------------------------------
def test_a_role_is_proposed_and_given_by_another(town: Town, odile: Client) -> None:
    odile.post(_party(town.ana.id), {"do": "role", "change": "grant:support", "reason": REASON})
    assert identity.roles(town.ana.id) == frozenset()
    sign_in(town.paul).post(f"/console/approvals/{_open_proposal().id}", {"do": "approve"})
    assert identity.roles(town.ana.id) == {"support"}
    odile.post(_party(town.ana.id), {"do": "role", "change": "revoke:support", "reason": REASON})
    sign_in(town.paul).post(f"/console/approvals/{_open_proposal().id}", {"do": "approve"})
    assert identity.roles(town.ana.id) == frozenset()


@pytest.mark.parametrize("change", ["", "grant:king", "revoke:support", "grant", "\0"])
def test_a_role_that_is_none(town: Town, odile: Client, change: str) -> None:
    answer = odile.post(_party(town.ana.id), {"do": "role", "change": change, "reason": REASON})
    assert answer.status_code == 422
    assert 'id="role-change_error"' in answer.content.decode()
    assert approvals.open_proposals() == []


def test_the_papers_of_a_firm_are_checked_by_two(town: Town, odile: Client) -> None:
    odile.post(_party(town.moulin.id), {"do": "verify", "reason": REASON})
    assert not identity.organisation(town.moulin.id).verified
    sign_in(town.paul).post(f"/console/approvals/{_open_proposal().id}", {"do": "approve"})
    assert identity.organisation(town.moulin.id).verified


# -- Deciding ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def asked(town: Town, odile: Client) -> Proposal:
    """Odile, who is an approver as well, has asked for a role for Ana."""
    odile.post(_party(town.ana.id), {"do": "role", "change": "grant:support", "reason": REASON})
    return _open_proposal()


def test_the_checker_is_never_the_maker(town: Town, odile: Client, asked: Proposal) -> None:
    page = odile.get("/console/approvals").content.decode()
    assert 'value="withdraw"' in page and 'value="approve"' not in page
    assert odile.post(f"/console/approvals/{asked.id}", {"do": "approve", "reason": REASON}).status_code == 403
    assert odile.post(f"/console/approvals/{asked.id}", {"do": "reject", "reason": REASON}).status_code == 403
    assert identity.roles(town.ana.id) == frozenset() and approvals.open_proposals() == [asked]


def test_only_approvers_decide(town: Town, asked: Proposal) -> None:
    for person in (town.aude, town.sam):
        browser = sign_in(person)
        assert 'value="approve"' not in browser.get("/console/approvals").content.decode()
        assert browser.post(f"/console/approvals/{asked.id}", {"do": "approve"}).status_code == 403
    assert sign_in(town.ana).post(f"/console/approvals/{asked.id}", {"do": "approve"}).status_code == 403
    assert approvals.open_proposals() == [asked]


def test_rejecting_needs_a_reason_that_the_maker_reads(town: Town, asked: Proposal) -> None:
    paul = sign_in(town.paul)
    refused = paul.post(f"/console/approvals/{asked.id}", {"do": "reject", "reason": ""})
    assert refused.status_code == 422
    assert f'id="{asked.id}-reason_error"' in refused.content.decode()
    assert approvals.open_proposals() == [asked]
    paul.post(f"/console/approvals/{asked.id}", {"do": "reject", "reason": "Ana has no time for it"})
    (decided,) = approvals.decided_proposals()
    assert (decided.state, decided.decision_reason) == ("rejected", "Ana has no time for it")
    with acting_as(Actor.for_person(town.odile.id)):
        assert "Ana has no time for it" in {each.body for each in notifications.latest(town.odile.id).notifications}


def test_a_decision_is_made_once(town: Town, odile: Client, asked: Proposal) -> None:
    assert odile.post(f"/console/approvals/{asked.id}", {"do": "withdraw"}).status_code == 302
    paul = sign_in(town.paul)
    assert paul.post(f"/console/approvals/{asked.id}", {"do": "approve"}).status_code == 409
    assert "withdrawn" in paul.get("/console/approvals").content.decode()
    assert identity.roles(town.ana.id) == frozenset()


def test_in_an_emergency_the_maker_does_it_alone_and_everybody_who_watches_is_told(
    town: Town, odile: Client, asked: Proposal
) -> None:
    assert odile.post(f"/console/approvals/{asked.id}", {"do": "alone", "reason": ""}).status_code == 422
    assert (
        sign_in(town.paul).post(f"/console/approvals/{asked.id}", {"do": "alone", "reason": REASON}).status_code == 403
    )
    odile.post(f"/console/approvals/{asked.id}", {"do": "alone", "reason": "Sam is ill and Ana must help"})
    assert identity.roles(town.ana.id) == {"support"}
    assert "done alone" in odile.get("/console/approvals").content.decode()
    for watcher in (town.paul, town.aude):
        with acting_as(Actor.for_person(watcher.id)):
            assert any("Alarm" in each.title for each in notifications.latest(watcher.id).notifications)


@pytest.mark.parametrize(("do", "status"), [("", 400), ("nonsense", 400), ("approve", 404)])
def test_deciding_on_nothing(odile: Client, do: str, status: int) -> None:
    unknown = "01890000-0000-7000-8000-000000000000"
    assert odile.post(f"/console/approvals/{unknown}", {"do": do}).status_code == status


def test_nothing_is_done_by_a_mere_visit_or_from_elsewhere(town: Town, odile: Client) -> None:
    fail_an_event(3)
    assert odile.get("/console/events/forest/3").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(get_user_model().objects.get(id=town.odile.id))
    assert strict.post(_party(town.ana.id), {"do": "freeze", "reason": REASON}).status_code == 403
    assert not identity.person(town.ana.id).frozen
