"""The sample town as a fixture."""

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from bocage.shell.tests.preview import sample_settings


@pytest.fixture
def town() -> Iterator[Client]:
    """A browser without script in the sample town."""
    with override_settings(**sample_settings()):
        yield Client()
