"""Joining, names and handles."""

import re

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions, handles, limits, queries
from bocage.kernel.identity.tests.making import person, shop

pytestmark = pytest.mark.django_db


def test_a_person_is_found_by_id_handle_and_address() -> None:
    zoe = actions.register(display_name="Zoé  Martin", email="Zoe@Example.org ", password="x" * 12)
    assert (zoe.handle, zoe.display_name, zoe.email) == ("zoe.martin", "Zoé Martin", "zoe@example.org")
    assert queries.person(zoe.id) == zoe
    assert queries.person_by_handle("@Zoe.Martin") == zoe
    assert queries.person_by_email("ZOE@example.org") == zoe
    assert queries.party_name(zoe.id) == "Zoé Martin"


def test_two_people_of_one_name_get_two_handles() -> None:
    first, second = actions.register(display_name="Ana"), actions.register(display_name="Ana")
    assert (first.handle, second.handle) == ("ana", "ana.2")


def test_an_address_serves_one_account() -> None:
    person("Ana")
    with pytest.raises(Refusal) as refusal:
        actions.register(display_name="Other", email="ANA@example.org")
    assert refusal.value.code == "email_taken"


def test_people_and_organisations_share_one_namespace() -> None:
    ana = person("Ana")
    cafe = shop("Café Moulin", ana)
    assert cafe.handle == "cafe.moulin"
    with pytest.raises(Refusal) as refusal:
        actions.register(display_name="X", handle="cafe.moulin")
    assert refusal.value.code == "handle_taken"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update identity_person set handle = 'cafe.moulin' where id = %s", [ana.id])


def test_a_handle_that_was_given_up_goes_to_nobody_else_and_can_be_taken_back() -> None:
    ana = person("Ana")
    actions.change_handle(ana.id, "anna")
    with pytest.raises(Refusal) as refusal:
        actions.register(display_name="X", handle="ana")
    assert refusal.value.code == "handle_taken"
    actions.change_handle(ana.id, "@ANA")
    assert queries.person(ana.id).handle == "ana"
    actions.change_handle(ana.id, "anouk")
    with pytest.raises(Refusal) as refusal:
        actions.change_handle(ana.id, "annette")
    assert refusal.value.code == "too_many_handles"


@pytest.mark.parametrize("handle", ["ab", "a" * 31, ".ana", "ana.", "an a", "änä", "a\nna", "a\0na", "an/a", "team"])
def test_handles_that_are_none_are_refused(handle: str) -> None:
    with pytest.raises(Refusal):
        handles.free(handle)


@given(name=st.text(max_size=80))
@settings(max_examples=60)
def test_any_name_gives_a_handle_that_the_database_takes(name: str) -> None:
    handle = handles.suggest(name)
    assert re.fullmatch(limits.HANDLE_PATTERN, handle)
    assert handles.normalise(handle) == handle


@given(handle=st.text(max_size=40))
@settings(max_examples=200)
def test_normalising_a_handle_is_idempotent_and_strict(handle: str) -> None:
    try:
        once = handles.normalise(handle)
    except Refusal:
        return
    assert handles.normalise(once) == once
    assert once.isascii()
    assert once == once.lower()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", " "),
        ("display_name", "x" * 81),
        ("display_name", "a\0b"),
        ("email", "no"),
        ("language", "xx"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc/passwd"),
    ],
)
def test_bad_input_is_refused_by_field(field: str, value: str) -> None:
    given_fields = {"display_name": "Ana", field: value}
    with pytest.raises(Refusal) as refusal:
        actions.register(**given_fields)
    assert refusal.value.field == field


def test_names_come_in_two_queries(django_assert_num_queries: object) -> None:
    ana = person("Ana")
    cafe = shop("Café", ana)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert queries.party_names([ana.id, cafe.id]) == {ana.id: "Ana", cafe.id: "Café"}


def test_the_last_owner_stays() -> None:
    ana, bob = person("Ana"), person("Bob")
    cafe = shop("Café", ana)
    with pytest.raises(Refusal) as refusal:
        actions.remove_member(cafe.id, ana.id, by_id=ana.id)
    assert refusal.value.code == "last_owner"
    actions.add_member(cafe.id, bob.id, "owner", by_id=ana.id)
    actions.remove_member(cafe.id, ana.id, by_id=ana.id)
    assert [each.person_name for each in queries.members(cafe.id)] == ["Bob"]
    with pytest.raises(Refusal) as refusal:
        actions.add_member(cafe.id, ana.id, "owner", by_id=ana.id)
    assert refusal.value.code == "forbidden"
