"""Actor is not subject: mandates and staff."""

from datetime import timedelta

import pytest

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions, queries
from bocage.kernel.identity.tests.making import person, shop
from bocage.kernel.notifications import queries as notifications

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scopes")]
YEAR = timedelta(days=365)


def test_nobody_acts_for_another_without_a_mandate() -> None:
    ana, bob = person("Ana"), person("Bob")
    assert queries.subject_for(ana.id, None, "pay:write") == ana.id
    assert queries.subject_for(ana.id, ana.id, "pay:write") == ana.id
    with pytest.raises(Refusal) as refusal:
        queries.subject_for(bob.id, ana.id, "pay:read")
    assert refusal.value.status == 403


def test_a_mandate_holds_within_its_scope_and_time() -> None:
    ana, bob = person("Ana"), person("Bob")
    with clock.shifted(timedelta(0)):
        mandate_id = actions.grant_mandate(
            ana.id, bob.id, ["pay:read"], starts_at=now() + YEAR / 2, ends_at=now() + YEAR
        )
    with pytest.raises(Refusal):
        queries.subject_for(bob.id, ana.id, "pay:read")
    with clock.shifted(YEAR * 3 / 4):
        assert queries.subject_for(bob.id, ana.id, "pay:read") == ana.id
        for scope in ("pay:write", "forest:read"):
            with pytest.raises(Refusal):
                queries.subject_for(bob.id, ana.id, scope)
        with pytest.raises(Refusal):
            queries.subject_for(ana.id, bob.id, "pay:read")
    with clock.shifted(YEAR), pytest.raises(Refusal):
        queries.subject_for(bob.id, ana.id, "pay:read")
    assert [each.id for each in queries.mandates_for(bob.id)] == [mandate_id]
    assert [each.id for each in queries.mandates_given(ana.id)] == [mandate_id]


def test_either_side_ends_a_mandate_and_nobody_else() -> None:
    ana, bob, eve = person("Ana"), person("Bob"), person("Eve")
    for ender in (ana, bob):
        mandate_id = actions.grant_mandate(ana.id, bob.id, ["pay:*"], ends_at=now() + YEAR)
        with pytest.raises(Refusal):
            actions.revoke_mandate(mandate_id, eve.id)
        assert queries.may(bob.id, ana.id, "pay:write")
        actions.revoke_mandate(mandate_id, ender.id)
        actions.revoke_mandate(mandate_id, ender.id)
        assert not queries.may(bob.id, ana.id, "pay:write")


@pytest.mark.parametrize(
    ("wanted", "end", "code"),
    [
        ([], YEAR, "scopes_needed"),
        (["pay:fly"], YEAR, "scope_unknown"),
        (["pay:read"], -YEAR, "mandate_end"),
        (["pay:read"], timedelta(0), "mandate_end"),
        (["pay:read"], 10 * YEAR, "mandate_end"),
    ],
)
def test_a_mandate_without_scope_or_end_is_refused(wanted: list[str], end: timedelta, code: str) -> None:
    ana, bob = person("Ana"), person("Bob")
    with pytest.raises(Refusal) as refusal:
        actions.grant_mandate(ana.id, bob.id, wanted, ends_at=now() + end)
    assert refusal.value.code == code


def test_the_agent_is_told_in_her_own_language() -> None:
    ana, bob = person("Ana"), person("Bob", language="fr")
    actions.grant_mandate(ana.id, bob.id, ["pay:read"], ends_at=now() + YEAR)
    with acting_as(Actor.for_person(bob.id)):
        told = notifications.latest(bob.id).notifications
    assert [each.title for each in told] == ["Vous pouvez désormais agir pour Ana"]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("owner", {"pay:read", "pay:write", "pay:take", "identity:manage"}),
        ("manager", {"pay:read", "pay:write", "pay:take"}),
        ("cashier", {"pay:take"}),
        ("auditor", {"pay:read"}),
    ],
)
def test_staff_may_what_their_role_says(role: str, allowed: set[str]) -> None:
    ana, bob = person("Ana"), person("Bob")
    cafe = shop("Café", ana)
    actions.add_member(cafe.id, bob.id, role, by_id=ana.id)
    tried = {"pay:read", "pay:write", "pay:take", "identity:manage"}
    assert {scope for scope in tried if queries.may(bob.id, cafe.id, scope)} == allowed


def test_the_running_actor_is_held_to_the_scope() -> None:
    ana, bob = person("Ana"), person("Bob")
    actions.grant_mandate(ana.id, bob.id, ["pay:read"], ends_at=now() + YEAR)
    with acting_as(Actor.for_person(bob.id, ana.id)):
        assert queries.require_scope("pay:read") == ana.id
        with pytest.raises(Refusal):
            queries.require_scope("pay:write")
    with acting_as(Actor.nobody()), pytest.raises(Refusal):
        queries.require_scope("pay:read")
    with acting_as(Actor.for_service("forest")), pytest.raises(Refusal):
        queries.require_scope("pay:read")


def test_a_freeze_leaves_reading_alone() -> None:
    ana, bob = person("Ana"), person("Bob")
    actions.grant_mandate(ana.id, bob.id, ["*"], ends_at=now() + YEAR)
    actions.freeze(ana.id, by_id=ana.id, reason="lost my phone")
    assert queries.may(bob.id, ana.id, "pay:read")
    with pytest.raises(Refusal) as refusal:
        queries.subject_for(bob.id, ana.id, "pay:write")
    assert refusal.value.code == "frozen"


def test_whom_a_person_may_act_for_is_listed_once_each() -> None:
    ana, bob = person("Ana"), person("Bob")
    cafe = shop("Café", bob)
    for _ in range(2):
        actions.grant_mandate(ana.id, bob.id, ["pay:read"], ends_at=now() + YEAR)
    listed = [(each.name, each.capacity) for each in queries.subjects_of(bob.id)]
    assert listed == [("Bob", "self"), ("Café", "owner"), ("Ana", "mandate")]
    assert queries.standing(bob.id, cafe.id) is not None
