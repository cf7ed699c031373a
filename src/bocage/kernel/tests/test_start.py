"""A command of another shell works on the installation that `up` runs."""

import json
import os
from pathlib import Path

import pytest

from bocage.kernel.start import find_installation

TOLD = {"BOCAGE_DATABASE_URL": "postgresql://127.0.0.1:54321/bocage", "BOCAGE_MODE": "production"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOCAGE_HOME", str(tmp_path))
    # Set first, so that what the call puts there is taken away after the test.
    for name in TOLD:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return tmp_path


def test_what_up_told_its_processes_is_taken_over(place: Path) -> None:
    (place / "up.json").write_text(json.dumps({"pid": 1, "told": TOLD}))
    find_installation()
    assert {name: os.environ[name] for name in TOLD} == TOLD


def test_what_was_said_stands(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "up.json").write_text(json.dumps({"told": TOLD}))
    monkeypatch.setenv("BOCAGE_DATABASE_URL", "postgresql://elsewhere/bocage")
    find_installation()
    assert os.environ["BOCAGE_DATABASE_URL"] == "postgresql://elsewhere/bocage" and "BOCAGE_MODE" not in os.environ


@pytest.mark.parametrize("written", [None, "{", "{}"])
def test_without_a_running_up_nothing_is_told(place: Path, written: str | None) -> None:
    if written is not None:
        (place / "up.json").write_text(written)
    find_installation()
    assert not set(TOLD) & set(os.environ)
