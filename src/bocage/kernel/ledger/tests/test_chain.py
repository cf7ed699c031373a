"""The chain: its trees against the standard's own definition, its bytes against a literal, its batches."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from django.db import Error, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, chain, rows, sealer
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Transfer
from bocage.testing import connected_as, settle

AT = datetime(2026, 11, 28, 5, 30, tzinfo=UTC)


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word: split at the largest power of two smaller than the number of leaves."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + root_by_definition(leaves[:k]) + root_by_definition(leaves[k:])).digest()


@given(st.integers(1, 70), st.data())
def test_roots_are_the_standards_and_each_leaf_proves_its_own_place_alone(count: int, data: Any) -> None:
    leaves = [sha256(bytes([0, n])).digest() for n in range(count)]
    root = chain.merkle_root(leaves)
    assert root == root_by_definition(leaves)
    place = data.draw(st.integers(0, count - 1))
    proof = chain.inclusion_proof(leaves, place)
    assert chain.is_included(leaves[place], place, count, proof, root)
    assert not chain.is_included(sha256(b"other").digest(), place, count, proof, root)
    assert not chain.is_included(leaves[place], place, count, [*proof, root], root)
    assert not chain.is_included(leaves[place], place, count, proof, bytes(32))
    for other in {place + 1, place - 1, count} - {place}:
        assert not chain.is_included(leaves[place], other, count, proof, root)


def test_the_tree_of_the_reference_implementation() -> None:
    """Inputs and root of the Certificate Transparency project's own test vectors."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [sha256(b"\x00" + bytes.fromhex(each)).digest() for each in inputs]
    assert chain.merkle_root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_layout_is_the_one_that_is_written_down() -> None:
    """Receipts outlive this code: a changed layout is a new version, not a changed version 1."""
    record = np.zeros(1, chain.TRANSFER)
    record["version"], record["kind"], record["seq"], record["amount_minor"] = 1, 1, 7, 250
    record["id"] = np.void(UUID(int=1).bytes)
    record["unit"], record["code"], record["nulls"] = b"EUR", b"pay", 0b1111111000
    record["created_at"] = chain.microseconds(AT)
    written = chain.canonical(record[0])
    assert len(written) == 244
    assert written[:12].hex() == "010103f8" + "0000000000000007"
    assert written[60:68].hex() == "00000000000000fa"
    assert written[76:91] == b"EUR" + bytes(9) + b"pay"
    said = chain.described(written)
    assert (said["kind"], said["seq"], said["id"], said["unit"]) == ("post", 7, UUID(int=1), "EUR")
    assert (said["amount_minor"], said["hold_id"], said["refusal"], said["created_at"]) == (250, None, None, AT)
    assert chain.leaf_hashes(record) == [chain.leaf_hash(written)]
    for broken in (b"", written[:-1], b"\x02" + written[1:], written[:1] + b"\x09" + written[2:]):
        with pytest.raises(chain.Malformed):
            chain.described(broken)


@pytest.fixture
def wallets(fresh_database: str) -> Iterator[tuple[UUID, UUID]]:
    """Two wallets with money, whose owner acts; what the template held is sealed away."""
    owner, ids = uuid4(), (uuid4(), uuid4())
    with acting_as(Actor.for_person(owner)):
        for id in ids:
            actions.open_account(id, owner, "EUR", "wallet")
            give(id, 1000)
    yield ids


def seal(limit: int = chain.BATCH_TRANSFERS_MAX, *, settled: bool = True) -> int:
    """`settled` waits first until no transaction is left that began before now, in this database or another test's."""
    with connected_as("deliverer"):
        if settled:
            settle()
        return sealer.seal(limit)


def query(statement: str, *parameters: int) -> list[tuple[Any, ...]]:
    with connected_as("auditor"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def pay(wallets: tuple[UUID, UUID], amount_minor: int = 1, memo_ref: str = "") -> UUID:
    transfer = Transfer(uuid7(), *wallets, amount_minor, "EUR", "pay", memo_ref)
    with acting_as(Actor.nobody()):
        actions.post(transfer)
    return transfer.id


@pytest.mark.parametrize("at", [0, 1, 3000])
def test_a_read_that_the_database_breaks_off_says_why_and_can_be_tried_again(fresh_database: str, at: int) -> None:
    with connection.cursor() as wrapper:
        cursor = wrapper.cursor
        source = """(select (null::ledger_transfer).*, 1 / (%(at)s - n) as n from generate_series(0, 5000) n) t"""
        with pytest.raises(psycopg.errors.DivisionByZero), transaction.atomic():
            rows.read(cursor, f"{source} where t.n is not null", {"at": at})
        assert cursor.execute("select 1").fetchone() == (1,)


def test_batches_link_and_each_row_hashes_to_its_leaf(wallets: tuple[UUID, UUID]) -> None:
    assert seal() == 2
    ids = [pay(wallets, 1, "réf"), pay(wallets, 5000), pay(wallets)]
    with acting_as(Actor.nobody()):
        actions.hold(Transfer(uuid7(), *wallets, 3, "EUR", "pay"), clock.now() + timedelta(days=1))
        actions.void_hold(uuid7(), uuid4())
    assert (seal(2), seal(), seal()) == (2, 3, 0)
    batches = query(
        "select number, seqs, previous_hash, merkle_root, hash, sealed_at, count from ledger_batch order by number"
    )
    assert [batch[0] for batch in batches] == [1, 2, 3]
    previous = chain.GENESIS
    for number, seqs, stored_previous, root, link, sealed_at, count in batches:
        with connected_as("auditor"), connection.cursor() as cursor:
            found = rows.read(
                cursor.cursor,
                "unnest(%(seqs)s::bigint[]) with ordinality o(seq, n) join ledger_transfer t using (seq) order by n",
                {"seqs": seqs},
            )
        assert bytes(stored_previous) == previous
        assert chain.merkle_root(chain.leaf_hashes(found)) == bytes(root)
        assert chain.batch_hash("A", number, count, previous, bytes(root), sealed_at) == bytes(link)
        previous = bytes(link)
        said = [chain.described(chain.canonical(each)) for each in found]
        assert [each["seq"] for each in said] == seqs
        for each in said:
            assert_as_stored(each)
    assert {each for (each,) in query("select id from ledger_transfer where code = 'pay'")} >= set(ids)


def assert_as_stored(said: dict[str, Any]) -> None:
    names = [name for name in said if name != "memo_digest"]
    ((*stored, memo_ref),) = query(
        f"select {', '.join(names)}, memo_ref from ledger_transfer where seq = %s", said["seq"]
    )
    assert [said[name] for name in names] == stored
    assert said["memo_digest"] == chain.memo_digest(memo_ref).hex()


def test_a_transfer_whose_transaction_ends_late_is_not_passed_over(wallets: tuple[UUID, UUID]) -> None:
    seal()
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with acting_as(Actor.nobody()):
            actions.post(Transfer(uuid7(), *wallets, 1, "EUR", "slow"))
            begun.set()
            go_on.wait(10)
        connection.close()

    slow = threading.Thread(target=slowly)
    slow.start()
    begun.wait(10)
    source = uuid4()
    with acting_as(Actor.for_person(uuid4())):
        actions.open_account(source, None, "EUR", "issuer", minimum_minor=None)
        sink = uuid4()
        actions.open_account(sink, None, "EUR", "issuer", minimum_minor=None)
    pay((source, sink))
    assert seal(settled=False) == 0
    go_on.set()
    slow.join()
    assert seal() == 2
    codes = query("select array(select code from unnest(seqs) s join ledger_transfer t on t.seq = s) from ledger_batch")
    assert sorted(codes[-1][0]) == ["pay", "slow"]


def test_in_another_cluster_nothing_is_sealed_twice_and_nothing_is_forgotten(wallets: tuple[UUID, UUID]) -> None:
    seal()
    pay(wallets)
    pay(wallets)
    with connected_as("migrator"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local role bocage_ledger")
        # As if restored: another cluster's number, and ids from far ahead in its count.
        cursor.execute("update ledger_sealer set cluster = 1, xid = '99999999', seq = 5")
    assert (seal(1), seal(1), seal(1)) == (1, 1, 0)
    pay(wallets)
    assert (seal(), seal()) == (1, 0)
    members = [seq for (seqs,) in query("select seqs from ledger_batch") for seq in seqs]
    assert len(members) == len(set(members)) == query("select count(*) from ledger_transfer")[0][0]


def test_nobody_changes_a_batch_and_only_the_next_one_fits(wallets: tuple[UUID, UUID]) -> None:
    seal()
    fake = (5, [1], chain.GENESIS, chain.GENESIS, chain.GENESIS, bytes(4), AT)
    with connected_as("deliverer"):
        with pytest.raises(Error, match="does not follow batch 1"):
            connection.cursor().execute("select ledger_seal(%s, %s, %s, %s, %s, %s, %s)", fake)
        for statement in ("update ledger_batch set count = 1", "delete from ledger_batch", "truncate ledger_batch"):
            with pytest.raises(Error, match="permission denied"):
                connection.cursor().execute(statement)
    for role in ("deliverer", "poster"):
        # Neither lane's hand reaches into the other lane's chain.
        with connected_as(role), pytest.raises(Error, match="permission denied"):
            connection.cursor().execute("select ledger_append_batch('B', 1, '{1}', '', '', '', '', now())")
    with pytest.raises(Error, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("select ledger_seal(%s, %s, %s, %s, %s, %s, %s)", fake)
    with connected_as("migrator"), pytest.raises(Error, match="append-only"):
        connection.cursor().execute("delete from ledger_batch")
