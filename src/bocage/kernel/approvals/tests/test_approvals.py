"""Two pairs of eyes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals import actions, queries, registry
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.kernel.identity.tests.making import operator, person
from bocage.kernel.notifications import queries as notifications

pytestmark = pytest.mark.django_db
REASON = "She has worked here for years."


def role_for(name: str) -> dict[str, Any]:
    return {"person_id": str(person(name).id), "role": "support"}


def test_what_one_proposes_another_approves_and_it_is_done_at_once() -> None:
    odile, paul = operator("Odile"), operator("Paul")
    payload = role_for("Ana")
    proposal_id = actions.propose("identity.grant_role", payload, odile.id, reason=REASON)
    (waiting,) = queries.open_proposals()
    assert (waiting.says, waiting.maker_name) == ("Ana becomes support of the town.", "Odile")
    actions.approve(proposal_id, paul.id)
    done = queries.proposal(proposal_id)
    assert (done.state, done.checker_name) == ("approved", "Paul")
    assert people.roles(waiting.payload["person_id"]) == {"support"}
    assert queries.open_proposals() == []


def test_the_maker_is_never_the_checker() -> None:
    odile = operator("Odile")
    proposal_id = actions.propose("identity.grant_role", role_for("Ana"), odile.id, reason=REASON)
    with pytest.raises(Refusal) as refusal:
        actions.approve(proposal_id, odile.id)
    assert refusal.value.status == 403
    with pytest.raises(Refusal) as refusal:
        actions.reject(proposal_id, odile.id, REASON)
    assert refusal.value.status == 403
    assert queries.proposal(proposal_id).state == "open"


def test_only_operators_propose_and_only_approvers_decide() -> None:
    odile, sup, ana = operator("Odile", "operator"), operator("Sup", "support"), person("Bob")
    with pytest.raises(Refusal):
        actions.propose("identity.grant_role", role_for("Ana"), sup.id, reason=REASON)
    proposal_id = identity.grant_role(odile.id, ana.id, "auditor", reason=REASON)
    other = operator("Other", "operator")
    for stranger in (other, sup, ana):
        with pytest.raises(Refusal):
            actions.approve(proposal_id, stranger.id)


def test_a_decision_is_made_once() -> None:
    odile, paul = operator("Odile"), operator("Paul")
    proposal_id = actions.propose("identity.grant_role", role_for("Ana"), odile.id, reason=REASON)
    actions.reject(proposal_id, paul.id, "Ask her first, please.")
    with pytest.raises(Refusal, match="already_decided"):
        actions.approve(proposal_id, paul.id)
    with pytest.raises(Refusal, match="already_decided"):
        actions.withdraw(proposal_id, odile.id)
    with pytest.raises(Refusal, match="already_decided"):
        actions.break_glass(proposal_id, odile.id, REASON)


def test_a_proposal_expires() -> None:
    odile, paul = operator("Odile"), operator("Paul")
    proposal_id = actions.propose("identity.grant_role", role_for("Ana"), odile.id, reason=REASON)
    with clock.shifted(actions.PROPOSAL_LIFE):
        with pytest.raises(Refusal) as refusal:
            actions.approve(proposal_id, paul.id)
        assert refusal.value.code == "proposal_expired"
        assert [each.state for each in queries.decided_proposals()] == ["expired"]
        assert actions.expire_old() == 1
    assert queries.proposal(proposal_id).state == "expired"


def test_a_verb_that_fails_leaves_the_proposal_open() -> None:
    odile, paul = operator("Odile"), operator("Paul")
    payload = role_for("Ana")
    proposal_id = actions.propose("identity.revoke_role", payload, odile.id, reason=REASON)
    with pytest.raises(Refusal) as refusal, transaction.atomic():
        actions.approve(proposal_id, paul.id)
    assert refusal.value.code == "not_found"
    assert queries.proposal(proposal_id).state == "open"


def test_breaking_the_glass_works_alone_and_alarms_the_others() -> None:
    odile, paul, auditor = operator("Odile", "operator"), operator("Paul"), operator("Aude", "auditor")
    proposal_id = actions.propose("identity.grant_role", role_for("Ana"), odile.id, reason=REASON)
    with pytest.raises(Refusal):
        actions.break_glass(proposal_id, odile.id, "now")
    with pytest.raises(Refusal):
        actions.break_glass(proposal_id, paul.id, "The town hall is on fire.")
    actions.break_glass(proposal_id, odile.id, "The town hall is on fire.")
    assert queries.proposal(proposal_id).checker_id is None
    for watcher in (paul, auditor):
        with acting_as(Actor.for_person(watcher.id)):
            titles = [each.title for each in notifications.latest(watcher.id).notifications]
        assert "Alarm: Odile acted alone" in titles


@pytest.mark.parametrize(
    ("kind", "payload", "reason", "code"),
    [
        ("identity.grant_role", {}, REASON, "payload_form"),
        ("identity.grant_role", {"person_id": "no", "role": "support"}, REASON, "payload_form"),
        ("identity.grant_role", {"person_id": None, "role": "king"}, REASON, "payload_form"),
        ("no.such", {}, REASON, "unknown_verb"),
        ("identity.grant_role", {}, "short", "reason_needed"),
        ("identity.grant_role", {"x": "y" * 5000}, REASON, "payload_too_long"),
    ],
)
def test_a_bad_proposal_is_refused(kind: str, payload: dict[str, Any], reason: str, code: str) -> None:
    odile = operator("Odile")
    with pytest.raises(Refusal) as refusal:
        actions.propose(kind, payload, odile.id, reason=reason)
    assert refusal.value.code == code
    assert queries.open_proposals() == []


def test_a_role_given_for_a_time_ends_by_itself() -> None:
    odile, paul, ana = operator("Odile"), operator("Paul"), person("Ana")
    ends_at = clock.now() + timedelta(days=3)
    proposal_id = identity.grant_role(odile.id, ana.id, "auditor", reason=REASON, ends_at=ends_at)
    actions.approve(proposal_id, paul.id)
    assert people.roles(ana.id) == {"auditor"}
    with clock.shifted(timedelta(days=3)):
        assert people.roles(ana.id) == frozenset()


def test_two_verbs_may_not_share_a_name() -> None:
    with pytest.raises(ValueError, match="two verbs"):
        registry.register(registry.Verb("identity.unfreeze", lambda p: "", lambda p, maker_id: None))
    assert "identity.unfreeze" in registry.kinds()
