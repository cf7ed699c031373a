"""The Me pages in the test client."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.clock import now
from bocage.kernel.consent.receipts import record_read
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.kernel.identity import tokens
from bocage.kernel.identity.tests.making import PASSWORD, operator, person, shop
from bocage.kernel.identity.types import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scopes")]
PAGES = [
    "me", "me-profile", "me-passkey-offer", "me-freeze", "me-acting", "me-mandate-new", "me-organisations",
    "me-recovery", "me-tokens", "me-token-new", "me-consents", "me-receipts", "me-data", "me-erase", "account_email",
    "account_change_password", "mfa_index", "mfa_add_webauthn", "usersessions_list", "account_logout",
]  # fmt: skip
OPEN_PAGES = ["account_login", "account_signup", "account_signup_by_passkey", "account_reset_password", "recover"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_stands_in_both_languages(signed_in: Client, ana: Person, name: str, language: str) -> None:
    identity.change_profile(ana.id, display_name="Ana", language=language, time_zone="Europe/Paris")
    response = signed_in.get(reverse(name))
    assert response.status_code == 200
    page = response.content.decode()
    assert f'lang="{language}"' in page
    assert len(re.findall(r"<h1", page)) == 1
    assert " style=" not in page
    assert re.search(r"<script(?! src=)(?![^>]*type=\"application/json\")(?![^>]*type=\"module\")", page) is None


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_each_open_page_stands(client: Client, name: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert len(re.findall(r"<h1", page)) == 1
    assert " style=" not in page


def test_a_profile_is_changed_and_a_bad_one_is_refused(signed_in: Client, ana: Person) -> None:
    said = {"display_name": "Ana M.", "handle": "ana", "language": "fr", "time_zone": "America/Montreal"}
    assert signed_in.post("/me/profile", said).status_code == 302
    changed = people.person(ana.id)
    assert (changed.display_name, changed.handle, changed.time_zone) == ("Ana M.", "ana", "America/Montreal")
    person("Bob")
    response = signed_in.post("/me/profile", said | {"handle": "bob", "display_name": "Changed"})
    assert "handle" in response.context["form"].errors
    assert people.person(ana.id).display_name == "Ana M."


def test_a_mandate_is_given_used_in_services_alone_and_ended(signed_in: Client, ana: Person) -> None:
    bob = person("Bob")
    said = {"principal": str(ana.id), "agent": "@bob", "scopes": ["pay:read"], "ends_on": "2999-01-01"}
    with clock.frozen(now()):
        response = signed_in.post("/me/acting/new", said)
        assert response.context["form"].errors
    said["ends_on"] = (now() + timedelta(days=9)).date().isoformat()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bocage.kernel.identity.queries.known_scopes", lambda: {"pay:read": "See payments"})
        assert signed_in.post("/me/acting/new", said).status_code == 302
    (mandate,) = people.mandates_for(bob.id)
    agent = Client()
    agent.post("/accounts/login/", {"login": bob.email, "password": PASSWORD})
    assert agent.post("/me/acting/switch", {"subject": str(ana.id)}).status_code == 302
    assert "act for Ana Morel" in agent.get("/me/").content.decode()
    signed_in.post(f"/me/acting/{mandate.id}/end")
    assert "You no longer act for Ana Morel" in agent.get("/me/").content.decode()
    assert agent.session.get("acting_for") is None
    assert agent.post("/me/acting/switch", {"subject": str(ana.id)}).status_code == 403


def test_an_organisation_is_opened_and_staffed(signed_in: Client, ana: Person) -> None:
    bob = person("Bob")
    response = signed_in.post("/me/organisations", {"name": "Café Moulin", "mcc": "5814", "handle": ""})
    page = response.headers["Location"]
    assert signed_in.get(page).status_code == 200
    assert "mcc" in signed_in.post("/me/organisations", {"name": "X", "mcc": "58"}).context["form"].errors
    signed_in.post(page, {"handle": "@bob", "role": "cashier"})
    (membership,) = people.memberships(bob.id)
    assert membership.role == "cashier"
    stranger = Client()
    stranger.post("/accounts/login/", {"login": bob.email, "password": PASSWORD})
    assert stranger.post(page, {"handle": "@bob", "role": "owner"}).context["form"].errors
    signed_in.post(f"{page}/{bob.id}/remove")
    assert people.memberships(bob.id) == []
    assert stranger.get(page).status_code == 404


def test_a_token_is_shown_once(signed_in: Client, ana: Person) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bocage.kernel.identity.queries.known_scopes", lambda: {"pay:read": "See payments"})
        said = {"name": "Till", "subject": str(ana.id), "scopes": ["pay:read"], "days": "30"}
        response = signed_in.post("/me/tokens/new", said)
    raw = response.context["token"]
    assert tokens.authenticate_token(raw) is not None
    assert "no-store" in response.headers["Cache-Control"]
    page = signed_in.get("/me/tokens").content.decode()
    assert raw not in page
    (token,) = people.tokens(ana.id)
    signed_in.post(f"/me/tokens/{token.id}/revoke")
    assert tokens.authenticate_token(raw) is None


def test_getting_back_in_by_the_counter_and_two_friends(client: Client, ana: Person) -> None:
    friends = [person("Bob"), person("Cleo")]
    for friend in friends:
        identity.name_trusted(ana.id, friend.id)
        identity.agree_to_help(people.trusting_people(friend.id)[0].id, friend.id)
    assert client.post("/me/recover", {"email": ana.email}).status_code == 302
    page = client.get("/me/recover/case")
    code = page.context["speak_code"]
    for friend in friends:
        browser = Client()
        browser.post("/accounts/login/", {"login": friend.email, "password": PASSWORD})
        (ask,) = people.recovery_asks(friend.id)
        browser.post(f"/me/recovery/vouch/{ask.id}", {"code": code})
    slip = identity.issue_counter_code(operator("Odile").id, ana.id)
    assert client.post("/me/recover/case", {"code": "WRONG"}).context["code_form"].errors
    client.post("/me/recover/case", {"code": slip})
    assert client.get("/me/recover/case").context["case"].state == "waiting"
    assert client.post("/me/recover/case", {"password": "a brand new password 9"}).context["password_form"].errors
    with clock.shifted(timedelta(hours=49)):
        done = client.post("/me/recover/case", {"password": "a brand new password 9"})
    assert done.headers["Location"] == "/accounts/login/"
    response = client.post("/accounts/login/", {"login": ana.email, "password": "a brand new password 9"})
    assert response.status_code == 302


def test_a_wrong_code_counts_although_the_request_was_refused(client: Client, ana: Person) -> None:
    client.post("/me/recover", {"email": ana.email})
    for _ in range(5):
        client.post("/me/recover/case", {"code": "WRONG-WRONG"})
    assert client.get("/me/recover/case").context["over"]


def test_a_recovery_of_nobody_looks_like_one(client: Client) -> None:
    client.post("/me/recover", {"email": "nobody@example.org"})
    page = client.get("/me/recover/case")
    assert page.status_code == 200
    assert re.fullmatch(r"\d{6}", page.context["speak_code"])


def test_asking_to_get_back_in_is_limited(client: Client, ana: Person) -> None:
    statuses = [client.post("/me/recover", {"email": ana.email}).status_code for _ in range(7)]
    assert statuses == [302] * 5 + [429] * 2


def test_the_stop_link_needs_a_second_tap(client: Client, ana: Person) -> None:
    from django.core import mail

    client.post("/me/recover", {"email": ana.email})
    found = re.search(r"/me/recovery/stop/\S+", str(mail.outbox[0].body))
    assert found is not None
    assert Client().get(found[0]).status_code == 200
    assert people.recovery_of(ana.id) is not None
    Client().post(found[0])
    assert people.recovery_of(ana.id) is None


def test_all_data_can_be_taken_along(signed_in: Client, ana: Person) -> None:
    response = signed_in.get("/me/data/export")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="bocage-ana.morel-')
    whole = json.loads(response.content)
    assert whole["parts"]["identity"]["profile"]["email"] == ana.email
    assert len(whole["parts"]["identity"]["devices"]) == 1


def test_erasing_asks_for_the_handle_and_closes_the_account(signed_in: Client, ana: Person) -> None:
    assert signed_in.post("/me/data/erase", {"handle": "bob"}).context["form"].errors
    page = signed_in.post("/me/data/erase", {"handle": "@Ana.Morel"})
    assert page.context["kept"]
    assert people.party_name(ana.id) == "—"
    assert signed_in.get("/me/").status_code == 302
    response = signed_in.post("/accounts/login/", {"login": ana.email, "password": PASSWORD})
    assert response.status_code == 200


def test_the_only_owner_of_a_shop_hands_it_over_first(signed_in: Client, ana: Person) -> None:
    shop("Café", ana)
    response = signed_in.post("/me/data/erase", {"handle": "ana.morel"})
    assert "You alone own Café" in response.content.decode()
    assert people.person(ana.id).email == ana.email


def test_me_takes_few_queries(signed_in: Client, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        signed_in.get("/me/")


def test_who_saw_what_is_said_as_people_say_it_in_the_readers_language(signed_in: Client, ana: Person) -> None:
    with acting_as(Actor.for_service("forest")):
        record_read(ana.id, "forest", "forest.grow", "event pay.paid")
        record_read(ana.id, "forest", "forest.grow", "PaymentHistory.payments", 3)
        record_read(ana.id, "forest", "forest.grow", "event consent.granted")
        record_read(ana.id, "operator", "city.report", "a report of yours")
    identity.change_profile(ana.id, display_name="Ana", language="fr", time_zone="Europe/Paris")
    page = html.unescape(signed_in.get("/me/receipts").content.decode())
    assert (
        "Ce que Payer garde de vous" in page and "Faire pousser ma forêt" in page and "un de vos signalements" in page
    )
    assert not re.search(r"forest\.grow|consent\.granted|pay\.paid|PaymentHistory|report of yours", page)
