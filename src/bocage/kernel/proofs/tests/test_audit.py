"""The audit finds one flipped byte in every kind of column, and a whole ledger whole."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.keys import actions as keys
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import sealer
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Posted, Transfer, account_id_of
from bocage.kernel.postgres import roles
from bocage.kernel.proofs import actions, examining, queries
from bocage.kernel.proofs.audit import audit
from bocage.kernel.proofs.types import AuditReport
from bocage.kernel.proofs.verifying import verify
from bocage.testing import connected_as, settle


def _town() -> tuple[UUID, UUID, list[UUID]]:
    """Two wallets and a history of every kind of transfer, sealed in two batches and under two checkpoints."""
    owner, other = uuid7(), uuid7()
    ids: list[UUID] = []
    wallets = [account_id_of(each, "EUR", "wallet") for each in (owner, other)]
    with acting_as(Actor.for_person(owner)):
        for id, party in zip(wallets, (owner, other), strict=True):
            ledger.open_account(id, party, "EUR", "wallet")
        give(wallets[0], 10_000)
        for amount in (100, 20_000, 300):
            id = uuid7()
            ledger.post(Transfer(id, wallets[0], wallets[1], amount, "EUR", "test.pay", f"memo {amount}"))
            ids.append(id)
    _sealed()
    with acting_as(Actor.for_person(owner)):
        soon = clock.now() + timedelta(days=1)
        for place in range(3):
            hold = uuid7()
            assert isinstance(ledger.hold(Transfer(hold, wallets[0], wallets[1], 50, "EUR", "test.hold"), soon), Posted)
            if place:
                ledger.post_hold(uuid7(), hold, 20) if place == 1 else ledger.void_hold(uuid7(), hold)
        ledger.post_linked([Transfer(uuid7(), wallets[0], wallets[1], n, "EUR", "test.linked") for n in (1, 2, 3)])
    _sealed()
    return owner, wallets[0], ids


def _sealed() -> None:
    with connected_as("deliverer"):
        settle()
        sealer.seal_all()
    with acting_as(Actor.for_service("proofs")):
        assert actions.sign_checkpoint() is not None


def _audited(processes: int | None = None) -> AuditReport:
    with connected_as("auditor"), acting_as(Actor.nobody()):
        return audit(processes=processes)


@contextmanager
def as_owner() -> Iterator[psycopg.Connection]:
    """A connection of whoever owns the tables."""
    where = connection.settings_dict
    with psycopg.connect(
        host=where["HOST"],
        port=where["PORT"],
        dbname=where["NAME"],
        user=roles.MIGRATOR,
        password=roles.password_of(roles.MIGRATOR, settings.SECRET_KEY),
        autocommit=True,
    ) as link:
        yield link


@pytest.fixture
def superuser(fresh_database: str) -> Iterator[psycopg.Connection]:
    with as_owner() as link:
        yield link


def _open(link: psycopg.Connection, table: str) -> None:
    """Whoever owns the table can take its guards away; that is who the chain is there for."""
    link.execute(f"alter table {table} disable trigger user")
    link.execute(f"alter table {table} no force row level security")


_FLIPS = [
    ("ledger_transfer", "kind = 'hold'", "kind = 'post'"),
    ("ledger_transfer", "amount_minor = 100", "amount_minor = 101"),
    ("ledger_transfer", "amount_minor = 100", "id = gen_random_uuid()"),
    (
        "ledger_transfer",
        "amount_minor = 100",
        "debit_account_id = credit_account_id, credit_account_id = debit_account_id",
    ),
    ("ledger_transfer", "amount_minor = 100", "unit = 'CHF'"),
    ("ledger_transfer", "amount_minor = 100", "code = 'test.pax'"),
    ("ledger_transfer", "amount_minor = 100", "memo_ref = 'memo 101'"),
    ("ledger_transfer", "amount_minor = 100", "created_at = created_at + interval '1 microsecond'"),
    ("ledger_transfer", "kind = 'hold'", "expires_at = expires_at + interval '1 microsecond'"),
    ("ledger_transfer", "kind = 'void_hold'", "hold_id = gen_random_uuid()"),
    ("ledger_transfer", "refusal is not null", "refusal = null"),
    ("ledger_transfer", "group_position = 2", "group_position = 4"),
    ("ledger_transfer", "group_position = 2", "group_id = gen_random_uuid()"),
    ("ledger_transfer", "amount_minor = 300", "seq = seq + 1000000"),
    ("ledger_transfer", "amount_minor = 100", "up_to_minor = 5"),
    ("ledger_batch", "number = 1", "merkle_root = set_byte(merkle_root, 0, get_byte(merkle_root, 0) # 1)"),
    ("ledger_batch", "number = 1", "hash = set_byte(hash, 31, get_byte(hash, 31) # 1)"),
    ("ledger_batch", "number = 2", "previous_hash = set_byte(previous_hash, 5, get_byte(previous_hash, 5) # 1)"),
    ("ledger_batch", "number = 2", "sealed_at = sealed_at + interval '1 microsecond'"),
    ("ledger_batch", "number = 2", "seqs[1] = seqs[2], seqs[2] = seqs[1]"),
    ("ledger_batch", "number = 2", "number = 3"),
    (
        "ledger_account",
        "kind = 'wallet' and credits_posted_minor > 0",
        "credits_posted_minor = credits_posted_minor + 1",
    ),
    (
        "ledger_account",
        "kind = 'wallet' and debits_pending_minor > 0",
        "debits_pending_minor = debits_pending_minor - 1",
    ),
    ("proofs_checkpoint", "number = 1", "text = replace(text, 'number 1', 'number 2')"),
    ("proofs_checkpoint", "number = 2", "signature = set_byte(signature, 9, get_byte(signature, 9) # 1)"),
    ("proofs_checkpoint", "number = 2", "signed_at = signed_at + interval '1 microsecond'"),
]


def test_one_flipped_value_in_every_kind_of_column_is_found(superuser: psycopg.Connection) -> None:
    _town()
    whole = _audited()
    assert whole.faults == () and (whole.batches, whole.checkpoints, whole.unsealed) == (2, 2, 0)
    assert whole.transfers == 12 and whole.accounts == 3
    for table, where, change in _FLIPS:
        columns = ", ".join(part.partition("=")[0].strip() for part in change.split(", ") if "=" in part)
        link = superuser
        _open(link, table)
        link.execute(f"create temp table kept as select * from {table}")
        changed = link.execute(f"update {table} set {change} where {where}").rowcount
        assert changed >= 1, (table, where)
        found = _audited()
        assert found.faults, f"nobody noticed {table}: {columns}"
        link.execute(f"delete from {table}")
        link.execute(f"insert into {table} overriding system value select * from kept")
        link.execute("drop table kept")
    assert _audited().faults == ()
    superuser.execute("delete from ledger_transfer where amount_minor = 300")
    assert "missing" in _audited().faults[0].says


def test_a_ledger_at_rest_is_whole_however_old_and_one_that_goes_on_unsealed_is_not(
    superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, wallet, _ids = _town()
    with acting_as(Actor.for_person(owner)):
        give(wallet, 1)
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    at_rest = _audited()
    assert (at_rest.faults, at_rest.unsealed) == ((), 1)
    _open(superuser, "ledger_transfer")
    superuser.execute(
        "update ledger_transfer set created_at = created_at - interval '61 minutes'"
        " where seq = (select max(seq) from ledger_transfer)"
    )
    assert "in no batch" in _audited().faults[0].says


def test_the_row_of_a_flipped_byte_is_named_by_one_process_and_by_two(
    superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where other threads run, whose locks a fork would copy, and the two start anew."""
    monkeypatch.setattr(examining, "start_method", iter(["fork", "spawn"]).__next__)
    _town()
    for table in ("ledger_transfer", "ledger_batch"):
        _open(superuser, table)
    whole = [_audited(processes) for processes in (1, 2)]
    assert [each.faults for each in whole] == [(), ()]
    assert len({(each.transfers, each.batches, each.accounts, each.unsealed) for each in whole}) == 1
    (row,) = superuser.execute("select id, seq from ledger_transfer where amount_minor = 300").fetchall()
    superuser.execute("update ledger_transfer set code = 'test.pax' where seq = %s", [row[1]])
    for processes in (1, 2):
        first = _audited(processes).faults[0]
        assert first.place == f"transfer {row[0]} (seq {row[1]})"
        assert first.says == "it is not as it was sealed in batch 1 of lane A"
    superuser.execute("update ledger_batch set leaf_marks = null")
    assert _audited().faults[0].place == "batch 1 of lane A"


def test_a_checkpoint_is_believed_that_its_key_signed_before_it_was_revoked(fresh_database: str) -> None:
    _town()
    second, first = queries.checkpoints()
    keys.revoke(first.key_id, "it lay open", since=second.signed_at)
    assert [(fault.place, "was revoked" in fault.says) for fault in _audited().faults] == [("checkpoint 2", True)]


def test_a_row_of_lane_b_without_a_seal_is_told_at_once(superuser: psycopg.Connection) -> None:
    """Which only who owns the database can bring about."""
    superuser.execute("alter table ledger_lane disable trigger ledger_lane_is_sealed")
    owner, wallet, _ids = _town()
    others, row = [uuid7(), uuid7()], "1016, %s, %s, 7, 0, 'EUR', 'pay', '', null, now(), null, 0, 0, '', now()"
    with acting_as(Actor.for_person(owner)):
        for id in others:
            ledger.open_account(id, owner, "EUR", "wallet")
        ledger.post(Transfer(uuid7(), wallet, others[0], 7, "EUR", "test.pay"))
        ledger.set_lane(others, "B")
    with connected_as("poster"), connection.cursor() as cursor:
        cursor.execute("select ledger_take_lane('who broke into the poster')")
        (epoch,) = cursor.fetchone()
        cursor.execute(
            f"select ledger_write_rows(%s, array[row(10000, gen_random_uuid(), 1, {row})::ledger_incoming], %s::uuid[],"
            " '{7,0}', '{0,7}', '{0,0}', '{0,0}', '{}', '{}')",
            [epoch, *others, others],
        )
    report = _audited()
    assert report.unsealed == 2
    assert [(fault.place, "lane B" in fault.says) for fault in report.faults] == [("seq 10000", True)]


def test_a_page_of_checkpoints_asks_for_the_keys_once(fresh_database: str) -> None:
    _town()
    with CaptureQueriesContext(connection) as asked:
        assert len(queries.checkpoints()) == 2
    assert len(asked) == 2


def test_a_changed_mark_or_root_is_not_taken_for_a_changed_row(superuser: psycopg.Connection) -> None:
    _town()
    _open(superuser, "ledger_batch")
    for column, says in (("leaf_marks", "its mark of seq"), ("merkle_root", "which are as they were sealed")):
        flip = f"update ledger_batch set {column} = set_byte({column}, 0, get_byte({column}, 0) # 1) where number = 1"
        superuser.execute(flip)
        assert any(fault.place == "batch 1 of lane A" and says in fault.says for fault in _audited().faults)
        superuser.execute(flip)
    assert _audited().faults == ()


def test_a_receipt_verifies_alone_and_each_lie_fails_at_its_step(fresh_database: str) -> None:
    owner, _wallet, ids = _town()
    with acting_as(Actor.for_person(owner)):
        proof = queries.proof_of(ids[0])
        refused = queries.proof_file(ids[1])
        (_second, first) = queries.checkpoints()
    raw = json.dumps(proof).encode()
    steps = verify(raw, first.public_key)
    assert [each.name for each in steps if each.passed] == [
        "file",
        "transfer",
        "batch",
        "checkpoint",
        "signature",
        "key",
    ]
    assert "refused (exceeds_balance)" in verify(refused)[1].says
    assert "compare its fingerprint" in verify(raw)[-1].says
    assert (verify(raw, bytes(32))[-1].name, verify(raw, bytes(32))[-1].passed) == ("signature", False)

    def fails(step: str, *path: str, value: object) -> None:
        changed = json.loads(raw)
        holder = changed
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = value
        last = verify(json.dumps(changed).encode(), first.public_key)[-1]
        assert (last.name, last.passed) == (step, False), (path, last)

    other = "00" * 32
    fails("file", "format", value="else")
    fails("transfer", "fields", "amount_minor", value=101)
    fails("transfer", "memo_ref", value="another")
    fails("transfer", "transfer", value="!")
    fails("batch", "batch", "root", value=other)
    fails("batch", "batch", "position", value=proof["batch"]["position"] + 1)
    fails("batch", "batch", "path", value=[other])
    fails("checkpoint", "batch", "previous_hash", value=other[:-1] + "1")
    fails("checkpoint", "batch", "sealed_at", value="2026-01-01T00:00:00+00:00")
    fails("checkpoint", "checkpoint", "path", value=[other])
    fails("checkpoint", "checkpoint", "text", value="x")
    fails("signature", "checkpoint", "signature", value="AAAA")
    later = proof["checkpoint"]["text"].replace("signed 2", "signed 3")
    fails("signature", "checkpoint", "text", value=later)
    for junk in (b"", b"\0", b"[]", b"{}", b"[" * 5_000, b"x" * 70_000):
        assert verify(junk)[0].passed is False


def test_who_may_not_see_a_transfer_gets_no_proof_and_a_new_one_waits(fresh_database: str) -> None:
    owner, wallet, ids = _town()
    with acting_as(Actor.for_person(uuid7())), pytest.raises(Refusal, match="not_found"):
        queries.proof_of(ids[0])
    with acting_as(Actor.for_person(owner)):
        id = uuid7()
        ledger.post(Transfer(id, wallet, account_id_of(None, "EUR", "issuer"), 5, "EUR", "test.pay"))
    with acting_as(Actor.for_person(owner)), pytest.raises(Refusal, match="proof_not_yet"):
        queries.proof_of(id)
