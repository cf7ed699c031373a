"""Sign in with Bocage: the whole round of code and PKCE, and what another program must not learn."""

import base64
import hashlib
import html
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from allauth.idp.oidc.models import Client as Program
from django.test import Client

from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import oidc
from bocage.kernel.identity import queries as people
from bocage.kernel.identity.tests.making import PASSWORD, operator, person
from bocage.kernel.identity.types import Person

pytestmark = pytest.mark.django_db
VERIFIER = "a-verifier-of-at-least-forty-three-characters-in-length"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "https://mini.example/back"


def register(name: str, *redirects: str, public: bool = False) -> tuple[str, str | None]:
    clerk = people.person_by_handle("odile") or operator("Odile")
    return identity.register_client(
        clerk.id, name=name, redirect_uris=redirects or [BACK], scopes=["openid", "profile", "email"], public=public
    )


def question(client_id: str, **changes: str | None) -> str:
    asked: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": BACK,
        "scope": "openid profile",
        "state": "xyz",
        "nonce": "n-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    asked |= changes
    return "/identity/o/authorize?" + urlencode({key: value for key, value in asked.items() if value is not None})


def agree(browser: Client, client_id: str, scopes: list[str], action: str = "grant", **changes: str | None) -> str:
    """Answer the consent page; the address that the browser is sent to."""
    page = browser.get(question(client_id, **changes))
    assert page.status_code == 200, page.content.decode()
    signed = re.search(r'name="request" value="([^"]+)"', page.content.decode())
    assert signed is not None
    answer = {"request": html.unescape(signed[1]), "scopes": scopes, "action": action}
    return str(browser.post("/identity/o/authorize", answer).headers["Location"])


def exchange(client_id: str, secret: str | None, code: str, **changes: str) -> dict[str, str]:
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": client_id,
        "code_verifier": VERIFIER,
    }
    if secret:
        asked["client_secret"] = secret
    response = Client().post("/identity/o/api/token", asked | changes)
    answer: dict[str, str] = response.json()
    return answer


def test_a_whole_sign_in_with_code_and_pkce(signed_in: Client, ana: Person) -> None:
    client_id, secret = register("Mini")
    page = signed_in.get(question(client_id))
    assert "form-action 'self' https://mini.example" in page.headers["Content-Security-Policy"]
    assert "Sign in to Mini?" in page.content.decode()
    back = parse_qs(urlsplit(agree(signed_in, client_id, ["openid", "profile"])).query)
    assert back["state"] == ["xyz"]
    tokens = exchange(client_id, secret, back["code"][0])
    keys = signed_in.get("/.well-known/jwks.json").json()["keys"]
    header = jwt.get_unverified_header(tokens["id_token"])
    (key,) = [each for each in keys if each["kid"] == header["kid"]]
    public = jwt.algorithms.RSAAlgorithm.from_jwk(json.dumps(key))
    claims = jwt.decode(tokens["id_token"], public, algorithms=["RS256"], audience=client_id)  # type: ignore[arg-type]
    assert claims["nonce"] == "n-1"
    assert str(ana.id) not in json.dumps(claims)
    told = (
        Client().get("/identity/o/api/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}).json()
    )
    assert told["sub"] == claims["sub"]
    assert (told["name"], told["preferred_username"]) == ("Ana Morel", "ana.morel")
    assert "email" not in told
    program = Program.objects.get(id=client_id)
    assert oidc.person_of(program, claims["sub"]) == ana.id
    assert [each.name for each in people.programs_of(ana.id)] == ["Mini"]
    assert exchange(client_id, secret, back["code"][0])["error"] == "invalid_grant"


def test_the_subject_differs_between_programs_and_stays_at_one(ana: Person) -> None:
    first = Program.objects.get(id=register("One", "https://one.example/a", "https://one.example/b")[0])
    same_firm = Program.objects.get(id=register("One's other", "https://one.example/c")[0])
    second = Program.objects.get(id=register("Two", "https://two.example/")[0])
    scattered = Program.objects.get(id=register("Three", "https://a.example/", "https://b.example/")[0])
    subjects = [oidc.subject_at(program, ana.id) for program in (first, second, scattered)]
    assert len(set(subjects)) == 3
    assert subjects[0] == oidc.subject_at(first, ana.id) == oidc.subject_at(same_firm, ana.id)
    assert oidc.subject_at(first, person("Bob").id) != subjects[0]
    assert oidc.person_of(first, subjects[0]) == ana.id
    assert oidc.person_of(second, subjects[0]) is None
    for damaged in ("", "x", subjects[0][:-2] + "AA", "é" * 43):
        assert oidc.person_of(first, damaged) is None


def test_without_pkce_there_is_no_code_even_for_a_program_with_a_secret(signed_in: Client) -> None:
    client_id, _ = register("Mini")
    for change in ({"code_challenge": None}, {"code_challenge_method": "plain"}, {"code_challenge_method": None}):
        back = signed_in.get(question(client_id, **change)).headers["Location"]
        assert back == f"{BACK}?error=invalid_request&state=xyz"


def test_a_stolen_code_is_worth_nothing(signed_in: Client) -> None:
    client_id, secret = register("Mini")
    other_id, other_secret = register("Thief")
    for changes in ({"code_verifier": "x" * 43}, {"redirect_uri": "https://mini.example/other"}):
        code = parse_qs(urlsplit(agree(signed_in, client_id, ["openid"])).query)["code"][0]
        assert "error" in exchange(client_id, secret, code, **changes)
    code = parse_qs(urlsplit(agree(signed_in, client_id, ["openid"])).query)["code"][0]
    assert "error" in exchange(other_id, other_secret, code)
    assert "error" in exchange(client_id, "wrong", code)


def test_a_foreign_return_address_shows_an_error_here(signed_in: Client) -> None:
    client_id, _ = register("Mini")
    for address in ("https://evil.example/", "https://mini.example/back/../x", "javascript:alert(1)"):
        response = signed_in.get(question(client_id, redirect_uri=address))
        assert "Location" not in response.headers
        assert response.status_code in {200, 400}
        assert "cannot go on" in response.content.decode()


def test_consent_to_one_program_is_none_to_another(signed_in: Client) -> None:
    first, secret = register("One")
    second, _ = register("Two")
    code = parse_qs(urlsplit(agree(signed_in, first, ["openid", "profile"])).query)["code"][0]
    exchange(first, secret, code)
    silent = signed_in.get(question(second, prompt="none")).headers["Location"]
    assert silent == f"{BACK}?error=consent_required&state=xyz"
    assert "code=" in signed_in.get(question(first, prompt="none")).headers["Location"]


def test_saying_no_and_giving_less_are_heeded(signed_in: Client) -> None:
    client_id, secret = register("Mini")
    assert "error=access_denied" in agree(signed_in, client_id, [], action="cancel")
    code = parse_qs(urlsplit(agree(signed_in, client_id, ["openid"], scope="openid profile email")).query)["code"][0]
    token = exchange(client_id, secret, code)["access_token"]
    told = Client().get("/identity/o/api/userinfo", headers={"authorization": f"Bearer {token}"}).json()
    assert set(told) == {"sub"}


def test_access_ends_when_the_person_ends_it_or_freezes(signed_in: Client, ana: Person) -> None:
    client_id, secret = register("Mini")
    for end in (
        lambda: signed_in.post(f"/me/programs/{client_id}/leave"),
        lambda: identity.freeze(ana.id, by_id=ana.id, reason="lost my phone"),
    ):
        code = parse_qs(urlsplit(agree(signed_in, client_id, ["openid"])).query)["code"][0]
        token = exchange(client_id, secret, code)["access_token"]
        ask = {"authorization": f"Bearer {token}"}
        assert Client().get("/identity/o/api/userinfo", headers=ask).status_code == 200
        end()
        assert Client().get("/identity/o/api/userinfo", headers=ask).status_code == 401


def test_what_the_provider_says_of_itself(client: Client) -> None:
    said = client.get("/.well-known/openid-configuration").json()
    assert said["subject_types_supported"] == ["pairwise"]
    assert said["response_types_supported"] == ["code"]
    assert said["code_challenge_methods_supported"] == ["S256"]


def test_an_old_key_is_published_while_a_new_one_signs(client: Client) -> None:
    before = client.get("/.well-known/jwks.json").json()["keys"]
    oidc.rotate_signing_key()
    after = client.get("/.well-known/jwks.json").json()["keys"]
    assert {each["kid"] for each in before} < {each["kid"] for each in after}
    assert len(after) == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://mini.example/",
        "https://*.example/",
        "https://a.example/#x",
        "https://u:p@a.example/",
        "app://x",
        "",
        "a b",
    ],
)
def test_a_program_returns_to_a_safe_address_alone(address: str) -> None:
    with pytest.raises(Refusal):
        register("Mini", address)


def test_only_operators_register_programs(ana: Person) -> None:
    with pytest.raises(Refusal):
        identity.register_client(ana.id, name="X", redirect_uris=[BACK], scopes=[], public=True)


def test_an_operator_registers_and_ends_a_program_at_the_console(client: Client, ana: Person) -> None:
    clerk = operator("Odile")
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    said = {"name": "Mini", "redirect_uris": f"{BACK}\nhttps://mini.example/two", "scopes": ["profile"]}
    bad = client.post("/console/programs", said | {"redirect_uris": "http://mini.example"})
    assert "redirect_uris" in bad.context["form"].errors
    made = client.post("/console/programs", said)
    assert len(made.context["secret"]) >= 40
    (program,) = people.registered_programs()
    assert (program.name, program.redirect_uris) == ("Mini", (BACK, "https://mini.example/two"))
    assert made.context["secret"] not in client.get("/console/programs").content.decode()
    client.post(f"/console/programs/{program.client_id}/end")
    assert people.registered_programs() == []


def test_the_console_of_programs_is_for_operators(signed_in: Client) -> None:
    assert signed_in.get("/console/programs").status_code == 403
