"""What every test of the Me pages may ask for."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from bocage.kernel.identity.tests import making
from bocage.kernel.identity.types import Person


@pytest.fixture(autouse=True)
def no_limits_used_up() -> None:
    """Each test begins with all of its tries."""
    cache.clear()


@pytest.fixture
def scopes() -> Iterator[None]:
    """Four scopes that a town may have."""
    with making.known_scopes():
        yield


@pytest.fixture
def ana(db: None) -> Person:
    """Somebody with an account."""
    return making.person("Ana Morel")


@pytest.fixture
def signed_in(client: Client, ana: Person) -> Client:
    """Ana's browser."""
    response = client.post("/accounts/login/", {"login": ana.email, "password": making.PASSWORD})
    assert response.status_code == 302, response.content.decode()
    return client
