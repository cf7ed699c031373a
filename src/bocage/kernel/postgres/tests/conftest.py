"""Folders that PostgreSQL's own account can reach, which pytest's private ones are not."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bocage.kernel.postgres import launcher

FAST = {"fsync": "off", "full_page_writes": "off"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder for one cluster, gone with its server after the test."""
    path = Path(tempfile.mkdtemp(prefix="bocage-launcher-", dir="/tmp"))
    yield path
    launcher.remove(path)


@pytest.fixture(scope="module")
def server() -> Iterator[launcher.Server]:
    """One server for a module's tests."""
    path = Path(tempfile.mkdtemp(prefix="bocage-launcher-", dir="/tmp"))
    yield launcher.start(path, options=FAST)
    launcher.remove(path)
