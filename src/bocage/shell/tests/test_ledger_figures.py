"""How the ledger's chain keeps up, as supervisors are told."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.conf import settings
from django.test import Client

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.ledger import client, poster_socket, sealer, serving, wire
from bocage.kernel.ledger.poster import Poster, Submission
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Transfer
from bocage.kernel.proofs import last_audit
from bocage.kernel.proofs.audit import audit
from bocage.kernel.proofs.tests.test_audit import _town, as_owner
from bocage.kernel.proofs.types import AuditReport, Fault
from bocage.shell import operations
from bocage.testing import connected_as, settle


def gauges() -> dict[str, float]:
    text = Client().get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("bocage_ledger"))
    return {name.removeprefix("bocage_ledger_"): float(value) for name, value in lines}


def test_what_waits_who_writes_and_what_was_signed_are_told(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    before = gauges()
    assert (before["unsealed_transfers"], before["sealing_behind_seconds"], before["poster_epoch"]) == (0, 0, 0)
    assert "checkpoint_age_seconds" not in before and "audit_faults" not in before
    owner, wallet, _ids = _town()
    with acting_as(Actor.for_person(owner)):
        for _ in range(3):
            give(wallet, 5)
    with as_owner() as link:
        link.execute("alter table ledger_transfer disable trigger user")
        link.execute("alter table ledger_transfer no force row level security")
        link.execute(
            "update ledger_transfer set created_at = created_at - interval '90 seconds'"
            " where seq = (select max(seq) from ledger_transfer)"
        )
    with connected_as("poster"):
        assert Poster().take()
    now = gauges()
    assert now["unsealed_transfers"] == 3 and now["sealing_behind_seconds"] >= 90 and now["poster_epoch"] == 1
    assert 0 <= now["checkpoint_age_seconds"] < 60
    with acting_as(Actor.nobody()):
        assert "sealing_behind" in operations.concerns(operations.figures())
    with connected_as("deliverer"):
        settle()
        sealer.seal_all()
    with connected_as("auditor"), acting_as(Actor.nobody()):
        last_audit.keep(audit())
    done = gauges()
    assert (done["unsealed_transfers"], done["sealing_behind_seconds"], done["audit_faults"]) == (0, 0, 0)


def test_what_waits_in_lane_b_is_told_while_its_writer_hangs(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door alone, with a writer that takes its first batch and does not come back before it is let go."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    monkeypatch.setenv("BOCAGE_POSTER_SOCKET", str(tmp_path / "p.sock"))
    assert "queued_transfers" not in gauges(), "nobody answers"
    taken, let_go, stop = threading.Event(), threading.Event(), threading.Event()

    class Hanging:
        def sweep(self) -> None: ...

        def post(self, submissions: list[Submission]) -> list[wire.Records]:
            taken.set()
            assert let_go.wait(30)
            return [np.zeros(len(each.records), wire.ANSWER) for each in submissions]

    door = serving.Door(Hanging(), poster_socket.address())  # type: ignore[arg-type]
    serve = threading.Thread(target=door.serve, args=(stop,))
    serve.start()
    caller = client.Client()
    try:
        eventually(lambda: poster_socket.address().exists())
        assert (gauges()["queued_transfers"], gauges()["queue_oldest_seconds"]) == (0, 0)
        posts = [[Transfer(uuid4(), uuid4(), uuid4(), 1, "EUR", "pay")] for _n in range(3)]
        calls = [caller.send(wire.pack(posts))]
        assert taken.wait(30)
        calls.append(caller.send(wire.pack(posts[:2])))
        eventually(lambda: gauges()["queued_transfers"] == 5)
        first = gauges()["queue_oldest_seconds"]
        assert gauges()["queue_oldest_seconds"] > first > 0
        let_go.set()
        for call in calls:
            call.wait(30)
        eventually(lambda: (gauges()["queued_transfers"], gauges()["queue_oldest_seconds"]) == (0, 0))
    finally:
        let_go.set()
        stop.set()
        serve.join()
        caller.close()


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.django_db
def test_a_fault_of_the_last_audit_is_a_concern_until_an_audit_is_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    fault = Fault("batch 1 of lane A", "a transfer is not as it was sealed")
    last_audit.keep(AuditReport(9, 1, 3, 1, 0, 0.5, 0.4, (fault,)))
    kept = last_audit.last_audit()
    assert kept is not None and not kept.whole and kept.transfers == 9
    assert operations.concerns(operations.figures()) == ["ledger_changed"]
    last_audit.keep(AuditReport(9, 1, 3, 1, 0, 0.5, 0.4, ()))
    assert operations.concerns(operations.figures()) == []
    (tmp_path / last_audit.NOTE).write_text("{")
    assert last_audit.last_audit() is None
    assert clock.now() - kept.at < timedelta(minutes=5)
