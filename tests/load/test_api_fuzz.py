"""Whatever a program sends to any operation of the API, the answer is one that the API describes, and never a 500."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, settings

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.urls import api

EXAMPLES_AN_OPERATION = 15
FIRST_PROBLEM, FIRST_FAULT = 400, 500
# Answered by the router before the API has a say.
METHOD_NOT_ALLOWED = 405

schema = schemathesis.openapi.from_dict(api.get_openapi_schema())


@pytest.fixture(scope="module")
def token(django_db_setup: None, django_db_blocker: Any) -> str:
    """A token of a person who may do everything; kept for the module, so that examples meet one another's traces."""
    with django_db_blocker.unblock(), acting_as(Actor.nobody()):
        found = people.person_by_handle("fuzz")
        person_id = (
            found.id
            if found
            else identity.register(
                email="fuzz@vallon.example",
                password="correct horse battery staple",
                handle="fuzz",
                display_name="Fuzz",
                language="en",
                time_zone="Europe/Paris",
                tier="document",
            ).id
        )
    with django_db_blocker.unblock(), acting_as(Actor.for_person(person_id)):
        _id, secret = identity.create_token(person_id, "fuzz", list(people.known_scopes()), life=timedelta(days=1))
    return secret


@schema.parametrize()
@settings(
    max_examples=EXAMPLES_AN_OPERATION,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_is_an_error_of_ours(case: Any, token: str, db: None) -> None:
    answer = call(case, token)
    assert answer.status_code < FIRST_FAULT, (case.method, case.formatted_path, answer.content[:500])
    if answer.status_code >= FIRST_PROBLEM and answer.status_code != METHOD_NOT_ALLOWED:
        assert answer["Content-Type"] == "application/problem+json", (answer.status_code, answer.request["PATH_INFO"])
        problem = json.loads(answer.content)
        assert problem["status"] == answer.status_code
        assert problem["code"] and problem["detail"]


def call(case: Any, token: str) -> Any:
    """Send one generated case through Django's own client: in this thread, so that the test's rollback holds it."""
    headers = {name: value for name, value in (case.headers or {}).items() if _sendable(value)}
    client = Client(headers={**headers, "Authorization": f"Bearer {token}"}, raise_request_exception=False)
    query = "&".join(f"{name}={_quoted(value)}" for name, value in (case.query or {}).items())
    path = case.formatted_path + (f"?{query}" if query else "")
    if case.body is schemathesis.core.NOT_SET:
        body = b""
    else:
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    return client.generic(case.method, path, body, content_type=case.media_type or "application/json")


def _sendable(value: object) -> bool:
    """An HTTP client sends no header with line breaks or characters beyond Latin 1."""
    text = str(value)
    return text.isprintable() and all(ord(each) < 256 for each in text)


def _quoted(value: object) -> str:
    return quote(str(value), safe="", errors="surrogatepass")
