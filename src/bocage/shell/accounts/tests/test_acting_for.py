"""For whom a request acts, asked again at each one."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.contrib.auth import get_user_model
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.cache import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from bocage.kernel import clock
from bocage.kernel.acting.middleware import actor_of
from bocage.kernel.clock import now
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity.tests.making import person, shop
from bocage.kernel.identity.types import Person
from bocage.shell.accounts.middleware import ActingFor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scopes", "a_service_called_pay")]
YEAR = timedelta(days=365)


@pytest.fixture
def a_service_called_pay() -> Iterator[None]:
    with patch("bocage.shell.accounts.middleware.service_names", return_value=("pay",)):
        yield


def ask(agent: Person, subject: Person, method: str, service: str) -> tuple[HttpRequest, HttpResponse | None]:
    """A request of the agent's, who chose to act for the subject, on its way to a page of the service."""
    request = RequestFactory().generic(method, "/")
    request.user = get_user_model().objects.get(id=agent.id)
    request.session = SessionStore()
    request.session["acting_for"] = str(subject.id)
    request.resolver_match = SimpleNamespace(namespaces=[service] if service else [])  # type: ignore[assignment]
    setattr(request, "_messages", FallbackStorage(request))
    return request, ActingFor(lambda _request: HttpResponse()).process_view(request, HttpResponse, (), {})


def test_a_mandate_to_read_reads_and_changes_nothing(ana: Person) -> None:
    bob = person("Bob")
    identity.grant_mandate(ana.id, bob.id, ["pay:read"], ends_at=now() + YEAR)
    request, answer = ask(bob, ana, "GET", "pay")
    assert answer is None
    assert (actor_of(request).person_id, actor_of(request).subject_id) == (bob.id, ana.id)
    request, answer = ask(bob, ana, "POST", "pay")
    assert answer is not None
    assert answer.status_code == 403


def test_a_mandate_for_another_service_opens_nothing(ana: Person) -> None:
    bob = person("Bob")
    identity.grant_mandate(ana.id, bob.id, ["forest:read"], ends_at=now() + YEAR)
    _, answer = ask(bob, ana, "GET", "pay")
    assert answer is not None
    assert answer.status_code == 403


@pytest.mark.parametrize("place", ["", "api", "idp"])
def test_what_is_no_service_is_always_ones_own(ana: Person, place: str) -> None:
    bob = person("Bob")
    identity.grant_mandate(ana.id, bob.id, ["*"], ends_at=now() + YEAR)
    request, answer = ask(bob, ana, "POST", place)
    assert answer is None
    assert actor_of(request).subject_id == bob.id


def test_an_ended_mandate_is_forgotten_at_the_next_request(ana: Person) -> None:
    bob = person("Bob")
    identity.grant_mandate(ana.id, bob.id, ["*"], ends_at=now() + YEAR)
    with clock.shifted(YEAR):
        request, answer = ask(bob, ana, "GET", "pay")
    assert answer is None
    assert actor_of(request).subject_id == bob.id
    assert "acting_for" not in request.session


def test_a_cashier_takes_payments_for_the_shop(ana: Person) -> None:
    bob = person("Bob")
    cafe = shop("Café", ana)
    identity.add_member(cafe.id, bob.id, "cashier", by_id=ana.id)
    for method in ("GET", "POST"):
        request, answer = ask(bob, cafe, method, "pay")  # type: ignore[arg-type]
        assert answer is None
        assert actor_of(request).subject_id == cafe.id
