"""Freezing is not closing, and a death can be undone."""

from datetime import timedelta

import pytest

from bocage.kernel import clock
from bocage.kernel.approvals import actions as approvals
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions, limits, queries
from bocage.kernel.identity.tests.making import operator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scopes")]


def test_a_person_freezes_herself_and_gets_back_in_by_recovery() -> None:
    ana, clerk = person("Ana"), operator("Odile")
    actions.freeze(ana.id, by_id=ana.id, reason="lost my phone")
    assert queries.person(ana.id).frozen
    assert ana.email is not None
    opened = actions.open_recovery(ana.email)
    actions.give_passkey(opened.case_id, opened.secret, ana.id)
    actions.give_counter_code(opened.case_id, opened.secret, actions.issue_counter_code(clerk.id, ana.id))
    with clock.shifted(limits.RECOVERY_WAIT):
        actions.finish_recovery(opened.case_id, opened.secret, "an entirely new one 8")
    assert not queries.person(ana.id).frozen


def test_an_operator_freezes_alone_and_two_open_again() -> None:
    ana, odile, paul, eve = person("Ana"), operator("Odile"), operator("Paul"), person("Eve")
    with pytest.raises(Refusal):
        actions.freeze(ana.id, by_id=eve.id, reason="because")
    actions.freeze(ana.id, by_id=odile.id, reason="reported as stolen")
    with pytest.raises(Refusal) as refusal:
        actions.freeze(ana.id, by_id=odile.id, reason="again")
    assert refusal.value.code == "already_frozen"
    proposal = approvals.propose(
        "identity.unfreeze", {"party_id": str(ana.id)}, odile.id, reason="She came to the counter."
    )
    with pytest.raises(Refusal):
        approvals.approve(proposal, odile.id)
    assert queries.person(ana.id).frozen
    approvals.approve(proposal, paul.id)
    assert not queries.person(ana.id).frozen


def test_a_death_rests_the_account_names_an_executor_and_can_be_undone() -> None:
    ana, bob, child = person("Ana"), person("Bob"), person("Cleo")
    odile, paul = operator("Odile"), operator("Paul")
    actions.grant_mandate(ana.id, bob.id, ["pay:*"], ends_at=now() + timedelta(days=30))
    _, raw = actions.create_token(ana.id, "a", ["pay:read"], life=timedelta(days=1))
    payload = {"person_id": str(ana.id), "died_on": "2026-11-01", "executor_id": str(child.id)}
    with clock.frozen(now().replace(year=2026, month=11, day=22)):
        proposal = approvals.propose("identity.record_death", payload, odile.id, reason="Certificate 114/2026 seen.")
        approvals.approve(proposal, paul.id)
        assert queries.person(ana.id).deceased_on is not None
        assert not queries.may(bob.id, ana.id, "pay:read")
        assert queries.may(child.id, ana.id, "pay:read")
        assert not queries.may(child.id, ana.id, "pay:write")
        assert queries.authenticate_token(raw) is None
        undo = approvals.propose("identity.undo_death", {"person_id": str(ana.id)}, odile.id, reason="She is alive.")
        approvals.approve(undo, paul.id)
        assert queries.may(ana.id, ana.id, "pay:write")
        assert not queries.may(child.id, ana.id, "pay:read")


def test_a_death_is_not_in_the_future() -> None:
    ana, odile, paul = person("Ana"), operator("Odile"), operator("Paul")
    payload = {"person_id": str(ana.id), "died_on": "2999-01-01"}
    proposal = approvals.propose("identity.record_death", payload, odile.id, reason="A mistyped year.")
    with pytest.raises(Refusal) as refusal:
        approvals.approve(proposal, paul.id)
    assert refusal.value.code == "death_in_future"
