"""What every test of identity may ask for."""

from collections.abc import Iterator

import pytest

from bocage.kernel.identity.tests import making


@pytest.fixture
def scopes() -> Iterator[None]:
    """Four scopes that a town may have."""
    with making.known_scopes():
        yield
