"""`./bocage log verify`."""

import json
import os

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from bocage.kernel.events import commands
from bocage.kernel.events.tests import fakes
from bocage.testing import connected_as


def _run(*words: str) -> tuple[int, str]:
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, ["log", "verify", *words])
    return result.exit_code, result.output


def test_a_whole_log_is_said_to_be_whole_and_a_changed_byte_is_named(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOCAGE_DATABASE_ROLE", "app")
    with fakes.town():
        fakes.pay(None, 1, 2, 3)
        fakes.deliver()
        with connected_as("auditor"):
            code, said = _run()
            assert code == 0 and said.startswith("the log is whole from 1 to 3; its last link is ")
            code, answer = _run("--json")
        found = json.loads(answer)
        assert (code, found["whole"], found["to"], found["faults"]) == (0, True, 3, [])
        assert found["link"] in said
        with psycopg.connect(os.environ["BOCAGE_TEST_ADMIN_URL"], dbname=fresh_database, autocommit=True) as admin:
            admin.execute("set session_replication_role = replica")
            admin.execute("update event set payload = 'changed' where seq = (select max(seq) from event)")
        with connected_as("auditor"):
            code, said = _run()
            assert code == 1 and "NOT" in said and "3  the event is not as it was written" in said
            code, answer = _run("--json", "--to", "2")
            assert code == 0 and json.loads(answer)["to"] == 2
    assert os.environ["BOCAGE_DATABASE_ROLE"] == "auditor"
