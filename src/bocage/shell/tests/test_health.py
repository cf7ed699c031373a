"""The doors for supervisors: who may come in, and what they are told."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bocage.shell import operations

LOCAL: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1"}
FAR: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.mark.parametrize("door", ["/metrics", "/health/parts"])
def test_only_this_machine_and_who_has_the_token_may_look(
    db: None, door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    assert client.get(door, **LOCAL).status_code == 200
    assert client.get(door, REMOTE_ADDR="::1").status_code == 200
    for meta in (
        FAR,
        {**LOCAL, "HTTP_X_FORWARDED_FOR": "203.0.113.7"},
        {**LOCAL, "HTTP_VIA": "1.1 x"},
        {"REMOTE_ADDR": ""},
    ):
        assert client.get(door, **meta).status_code == 403, meta
    token = tmp_path / "token"
    token.write_text("hedge\n")
    assert client.get(door, **FAR, HTTP_AUTHORIZATION="Bearer hedge").status_code == 403, "no token is set"
    monkeypatch.setenv("BOCAGE_METRICS_TOKEN_FILE", str(token))
    assert client.get(door, **FAR, HTTP_AUTHORIZATION="Bearer hedge").status_code == 200
    for given in ("Bearer ledge", "Bearer", "Basic hedge", ""):
        assert client.get(door, **FAR, HTTP_AUTHORIZATION=given).status_code == 403
    token.write_text("")
    assert client.get(door, **FAR, HTTP_AUTHORIZATION="Bearer ").status_code == 403, "an empty file opens nothing"


def test_the_figures_are_prometheus_text_of_what_the_database_says(db: None) -> None:
    text = Client().get("/metrics", **LOCAL).content.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(lines["bocage_database_bytes"]) > 1e6
    assert float(lines["bocage_database_connections"]) >= 1
    assert lines['bocage_jobs{status="failed"}'] == "0.0"
    assert lines["bocage_concerns"] == "0.0"


def test_a_backup_is_a_concern_of_production_alone_and_told_by_its_note(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.HOME", tmp_path)
    monkeypatch.setattr("django.conf.settings.MODE", "production")
    assert operations.concerns(operations.figures()) == ["backup_old"]
    at = operations.figures().at.isoformat()
    (tmp_path / operations.BACKUP_NOTE).write_text(
        f'{{"last_copy_at": "{at}", "received_through": null, "copies": 1, "bytes": 5, "folder": "/b"}}'
    )
    assert operations.concerns(operations.figures()) == []
    (tmp_path / operations.BACKUP_NOTE).write_text("{")
    assert operations.figures().backup == operations.Backup()
