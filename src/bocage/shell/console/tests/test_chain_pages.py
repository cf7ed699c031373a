"""Batches, checkpoints and proofs in the console: what holds is shown to hold, what was changed is shown."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bocage import testing
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import queries as consents
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import sealer
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Transfer, account_id_of
from bocage.kernel.proofs import actions as proofs
from bocage.kernel.proofs import last_audit
from bocage.kernel.proofs.audit import audit
from bocage.kernel.proofs.tests.test_audit import as_owner
from bocage.shell.console.tests.conftest import Town, settle, sign_in
from bocage.testing import connected_as

QUERIES_MAX = 14
REASON = "She asked where her money went"
PAGES = ("batches", "batches?lane=B", "batches/A/1", "checkpoints", "checkpoints/1", "transfer")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


def paid(town: Town) -> UUID:
    """Ana pays the mill, and something is held of hers; sealed, and under a checkpoint. The transfer's id."""
    wallet, shop = (account_id_of(each, "EUR", "wallet") for each in (town.ana.id, town.moulin.id))
    id = uuid7()
    with acting_as(Actor.for_person(town.ana.id, town.moulin.id)):
        ledger.open_account(shop, town.moulin.id, "EUR", "wallet")
    with acting_as(Actor.for_person(town.ana.id)):
        give(wallet, 1_000)
        ledger.post_or_refuse(Transfer(id, wallet, shop, 300, "EUR", "test.pay"))
    sealed()
    return id


def sealed() -> None:
    with connected_as("deliverer"):
        testing.settle()
        sealer.seal_all()
    with acting_as(Actor.for_service("proofs")):
        proofs.sign_checkpoint()


def body_of(client: Client, page: str) -> str:
    answer = client.get(f"/console/ledger/{page}")
    assert answer.status_code == 200, (page, answer.content[:300])
    return answer.content.decode()


def test_the_pages_show_what_holds_within_their_budget_and_to_operators_alone(
    fresh_database: str, own_folder: Path
) -> None:
    town = settle()
    odile, ana = sign_in(town.odile), sign_in(town.ana)
    assert "No batch yet" in body_of(odile, "batches") and "No checkpoint yet" in body_of(odile, "checkpoints")
    assert "Not audited yet" in body_of(odile, "checkpoints")
    paid(town)
    with connected_as("auditor"), acting_as(Actor.nobody()):
        last_audit.keep(audit())
    for page in PAGES:
        assert ana.get(f"/console/ledger/{page}").status_code == 403
        with CaptureQueriesContext(connection) as found:
            body = body_of(odile, page)
        assert len(found) <= QUERIES_MAX, (page, [each["sql"][:90] for each in found])
        assert "does not hold" not in body
    assert len(re.findall(r"\bholds\b", body_of(odile, "batches/A/1"))) == 4
    assert "The last audit found the ledger whole" in body_of(odile, "checkpoints")
    for wrong, status in (("batches/A/99", 404), ("batches/C/1", 400), ("checkpoints/9", 404), ("batches?lane=C", 400)):
        assert odile.get(f"/console/ledger/{wrong}").status_code == status


def test_one_changed_row_shows_on_the_pages_of_its_batch_and_its_checkpoint(
    fresh_database: str, own_folder: Path
) -> None:
    town = settle()
    paid(town)
    with as_owner() as link:
        for table in ("ledger_transfer", "ledger_batch", "proofs_checkpoint"):
            link.execute(f"alter table {table} disable trigger user")
            link.execute(f"alter table {table} no force row level security")
        link.execute("update ledger_transfer set amount_minor = amount_minor + 1 where code = 'test.pay'")
        odile = sign_in(town.odile)
        assert body_of(odile, "batches/A/1").count("does not hold") == 1
        assert "does not hold" not in body_of(odile, "checkpoints/1"), "the batch's stored hash is what was signed"
        link.execute("update ledger_batch set hash = set_byte(hash, 3, get_byte(hash, 3) # 1)")
        assert body_of(odile, "checkpoints/1").count("does not hold") == 1
        link.execute("update proofs_checkpoint set signature = set_byte(signature, 9, get_byte(signature, 9) # 1)")
    assert "does not hold" in body_of(odile, "checkpoints")
    with connected_as("auditor"), acting_as(Actor.nobody()):
        last_audit.keep(audit())
    body = body_of(odile, "checkpoints")
    assert "found the ledger changed" in body and "batch 1 of lane A" in body


def test_a_look_at_one_transfer_shows_its_proof_and_leaves_a_receipt_even_where_nothing_is_found(
    fresh_database: str, own_folder: Path
) -> None:
    town = settle()
    id = paid(town)
    odile = sign_in(town.odile)
    form = {"handle": town.ana.handle, "transfer_id": str(id), "reason": REASON}
    answer = odile.post("/console/ledger/transfer", form)
    body = answer.content.decode()
    assert answer.status_code == 200 and "does not hold" not in body and str(id) in body and "amount_minor" in body
    other = odile.post("/console/ledger/transfer", form | {"transfer_id": str(uuid7())})
    assert other.status_code == 200 and "There is no such transfer." in other.content.decode()
    strange = odile.post("/console/ledger/transfer", form | {"handle": town.sam.handle})
    assert "There is no such transfer." in strange.content.decode(), "a transfer of Ana's is not seen for Sam"
    assert odile.post("/console/ledger/transfer", form | {"handle": "nobody_here"}).status_code == 422
    assert sign_in(town.paul).post("/console/ledger/transfer", form).status_code == 403
    with acting_as(Actor.for_person(town.ana.id)):
        receipts = consents.receipts(town.ana.id).receipts
    assert [receipt.what for receipt in receipts] == [f"one transfer: {REASON}"] * 2


def test_a_look_at_accounts_shows_what_is_held(fresh_database: str) -> None:
    town = settle()
    paid(town)
    wallet, hold = account_id_of(town.ana.id, "EUR", "wallet"), uuid7()
    with acting_as(Actor.for_person(town.ana.id)):
        reserved = Transfer(hold, wallet, account_id_of(None, "EUR", "issuer"), 250, "EUR", "test.hold")
        ledger.hold(reserved, clock.now() + timedelta(days=1))
    answer = sign_in(town.odile).post("/console/ledger", {"handle": town.ana.handle, "reason": REASON})
    assert str(hold) in answer.content.decode()
