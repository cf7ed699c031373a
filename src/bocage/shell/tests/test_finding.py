"""Search finds what a person means."""

from unittest import mock

import pytest
from django.test import override_settings

from bocage.shell import finding
from bocage.shell.tests import samples
from bocage.shell.tests.preview import sample_settings


@pytest.fixture(autouse=True)
def _town() -> object:
    with override_settings(**sample_settings()), mock.patch("bocage.shell.finding.services", samples.full_town):
        yield


def titles(text: str) -> list[str]:
    return [str(hit.title) for group in finding.find(text) for hit in group.hits]


def test_the_title_wins_over_what_is_said() -> None:
    assert titles("send") == ["Send money", "Parcel"]


def test_keywords_accents_and_capitals() -> None:
    assert titles("CAMÉRA")[:1] == ["Scan to pay"]
    assert "Plant toward a tree" in titles("oak")


def test_every_word_must_occur() -> None:
    assert titles("send tree") == []
    assert titles("plant tree") == ["Plant toward a tree"]


def test_nothing_typed_suggests_everything_and_nonsense_finds_nothing() -> None:
    assert "Scan to pay" in titles("")
    assert titles("zzzz") == []
