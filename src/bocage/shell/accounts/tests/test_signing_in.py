"""Signing up, in and out in the test client."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import queries as people
from bocage.kernel.identity.tests.making import PASSWORD, person
from bocage.kernel.identity.types import Person, Tier

pytestmark = pytest.mark.django_db
JOINING = {"display_name": "Zoé Martin", "email": "zoe@example.org", "password1": PASSWORD}


def login(client: Client, email: str | None, password: str = PASSWORD) -> str:
    """The address that a sign-in leads to; empty when it failed."""
    response = client.post("/accounts/login/", {"login": email, "password": password})
    return str(response.headers.get("Location", ""))


def test_signing_up_makes_a_person_and_offers_a_passkey(client: Client) -> None:
    response = client.post("/accounts/signup/", JOINING)
    assert response.headers["Location"] == "/me/passkey?next=%2F"
    zoe = people.person_by_email("zoe@example.org")
    assert zoe is not None
    assert (zoe.handle, zoe.display_name, zoe.tier) == ("zoe.martin", "Zoé Martin", Tier.NONE)
    assert client.get("/me/").context["person"] == zoe


def test_a_person_reads_in_the_language_she_signed_up_in(client: Client) -> None:
    client.post("/accounts/signup/", JOINING, headers={"accept-language": "fr-CA,fr;q=0.9"})
    zoe = people.person_by_email("zoe@example.org")
    assert zoe is not None
    assert zoe.language == "fr"
    page = client.get("/me/", headers={"accept-language": "en"})
    assert page.headers["Content-Language"] == "fr"
    assert "Se déconnecter" in page.content.decode()


def test_signing_up_with_a_taken_address_tells_nothing(client: Client, ana: Person) -> None:
    response = client.post("/accounts/signup/", JOINING | {"email": "ana.morel@example.org"})
    assert response.headers["Location"] == "/accounts/confirm-email/"
    assert [letter.to for letter in mail.outbox] == [["ana.morel@example.org"]]
    assert "has an account already" in mail.outbox[0].body
    assert people.person_by_handle("zoe.martin") is None


def test_where_mail_is_read_a_code_comes_first(client: Client, settings: object) -> None:
    setattr(settings, "ACCOUNT_EMAIL_CHECKED_LATER", False)
    response = client.post("/accounts/signup/", JOINING)
    assert response.headers["Location"] == "/accounts/confirm-email/"
    assert client.get("/me/").status_code == 302
    found = re.search(r"Your code: (\S+)", str(mail.outbox[0].body))
    assert found is not None
    client.post("/accounts/confirm-email/", {"code": found[1]})
    zoe = people.person_by_email("zoe@example.org")
    assert zoe is not None
    assert zoe.tier is Tier.CONTACT
    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"email": "nobody"}, "email"),
        ({"password1": "short"}, "password1"),
        ({"password1": "zoe@example.org"}, "password1"),
    ],
)
def test_a_bad_sign_up_names_the_field(client: Client, change: dict[str, str], field: str) -> None:
    response = client.post("/accounts/signup/", JOINING | change)
    assert field in response.context["form"].errors
    assert people.person_by_email("zoe@example.org") is None


def test_who_said_no_to_a_passkey_is_not_asked_again(client: Client, ana: Person) -> None:
    assert login(client, ana.email) == "/me/passkey?next=%2F"
    assert client.post("/me/passkey", {"next": "/services"}).headers["Location"] == "/services"
    client.post("/accounts/logout/")
    assert login(client, ana.email) == "/"


def test_the_offer_leads_nowhere_else(client: Client, ana: Person) -> None:
    login(client, ana.email)
    assert client.post("/me/passkey", {"next": "https://evil.example/"}).headers["Location"] == "/"


def test_an_answer_to_an_older_request_does_not_sign_out(signed_in: Client) -> None:
    late = Client()
    late.cookies["bocage"] = "a-session-that-signing-in-replaced"
    assert "bocage" not in late.get("/").cookies
    assert signed_in.post("/accounts/logout/").cookies["bocage"].value == ""


def test_guessing_a_password_is_stopped_even_for_the_right_one(client: Client, ana: Person) -> None:
    for _ in range(5):
        assert login(client, ana.email, "wrong password") == ""
    assert login(client, ana.email) == ""
    response = client.post("/accounts/login/", {"login": ana.email, "password": PASSWORD})
    assert "Too many failed" in response.content.decode()


def test_a_frozen_person_is_signed_out_everywhere_and_cannot_sign_in(signed_in: Client, ana: Person) -> None:
    assert signed_in.get("/me/").status_code == 200
    response = signed_in.post("/me/freeze", {"reason": "lost my phone"})
    assert response.headers["Location"] == "/me/frozen"
    assert people.person(ana.id).frozen
    other = Client()
    assert login(other, ana.email) == "/me/frozen"
    assert other.get("/me/").status_code == 302


def test_devices_are_listed_and_signed_out_one_by_one(signed_in: Client, ana: Person) -> None:
    other = Client(headers={"user-agent": "Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36"})
    login(other, ana.email)
    page = signed_in.get("/accounts/sessions/").content.decode()
    assert "Chrome on Android" in page
    out = re.findall(r"/me/devices/\d+/out", page)
    assert len(out) == 1
    stranger = Client()
    login(stranger, person("Eve").email)
    stranger.post(out[0])
    assert other.get("/me/").status_code == 200
    signed_in.post(out[0])
    assert other.get("/me/").status_code == 302
    assert signed_in.get("/me/").status_code == 200


def test_a_forgotten_password_is_replaced_by_a_code(client: Client, ana: Person) -> None:
    client.post("/accounts/password/reset/", {"email": ana.email})
    found = re.search(r"Your code: (\S+)", str(mail.outbox[0].body))
    assert found is not None
    response = client.post(reverse("account_confirm_password_reset_code"), {"code": found[1]})
    new = "a brand new password 9"
    response = client.post(response.headers["Location"], {"password1": new, "password2": new})
    assert response.status_code == 302
    assert login(Client(), ana.email, new) != ""


def test_sensitive_pages_ask_again_after_a_while(signed_in: Client, ana: Person) -> None:
    session = signed_in.session
    session["account_authentication_methods"] = [{"method": "password", "at": 0.0}]
    session.save()
    for page in ("/me/tokens/new", "/me/data/export", "/me/data/erase", "/accounts/2fa/webauthn/add/"):
        assert signed_in.get(page).headers.get("Location", "").startswith("/accounts/reauthenticate/"), page
    signed_in.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert signed_in.get("/me/tokens/new").status_code == 200


def test_nobody_sees_me_without_signing_in(client: Client) -> None:
    for page in ("/me/", "/me/profile", "/me/acting", "/me/tokens", "/me/consents", "/me/receipts", "/me/recovery"):
        assert client.get(page).headers["Location"].startswith("/accounts/login/?next="), page


def test_signing_in_is_told_to_the_persons_own_log(signed_in: Client, ana: Person) -> None:
    with acting_as(Actor.for_person(ana.id)), connection.cursor() as cursor:
        cursor.execute("select count(*) from event where type = 'identity.signed_in' and subject_id = %s", [ana.id])
        assert cursor.fetchone() == (1,)
