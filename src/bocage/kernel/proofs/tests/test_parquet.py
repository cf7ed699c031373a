"""The export is the ledger, row by row: its sums are the trial balance, and memory does not grow with it."""

import resource
import sys
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, queries
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Transfer, account_id_of
from bocage.kernel.proofs import commands
from bocage.kernel.proofs.tests.test_audit import _town
from bocage.testing import connected_as

pytest.importorskip("pyarrow")
import pyarrow.parquet as pq

from bocage.kernel.proofs import parquet


def written(folder: Path) -> dict[str, int]:
    with connected_as("auditor"), acting_as(Actor.nobody()):
        return parquet.write_parquet(folder)


def test_its_sums_are_the_trial_balance_and_each_row_is_the_ledgers(fresh_database: str, tmp_path: Path) -> None:
    owner, wallet, ids = _town()
    odd = 'a "quoted", line\nand another'
    with acting_as(Actor.for_person(owner)):
        points = account_id_of(owner, "points", "wallet")
        actions.open_account(points, owner, "points", "wallet")
        give(points, 7, "points")
        strange = uuid7()
        actions.post(Transfer(strange, wallet, account_id_of(None, "EUR", "issuer"), 5, "EUR", "test.pay", odd))
    rows = written(tmp_path / "out")
    tables = {name: pq.read_table(tmp_path / "out" / f"{name}.parquet") for name, _schema, _sql in parquet.TABLES}
    assert {name: table.num_rows for name, table in tables.items()} == rows
    transfers, accounts = tables["transfers"], tables["accounts"].to_pylist()
    kind_of = {each["id"]: (each["unit"], each["kind"]) for each in accounts}
    moved = [each for each in transfers.to_pylist() if not each["refusal"] and each["kind"] in ("post", "post_hold")]
    debits: dict[tuple[str, str], int] = {}
    credits: dict[tuple[str, str], int] = {}
    for each in moved:
        for side, sums in (("debit_account_id", debits), ("credit_account_id", credits)):
            kind = kind_of[each[side]]
            sums[kind] = sums.get(kind, 0) + each["amount_minor"]
    with connected_as("auditor"), acting_as(Actor.nobody()):
        lines = queries.trial_balance()
    assert {(each.unit, each.kind) for each in lines} == set(kind_of.values()) and len(lines) >= 4
    for line in lines:
        key = (line.unit, line.kind)
        assert debits.get(key, 0) == line.debits_posted_minor and credits.get(key, 0) == line.credits_posted_minor
        own = [each for each in accounts if (each["unit"], each["kind"]) == key]
        assert sum(each["debits_pending_minor"] for each in own) == line.debits_pending_minor
    by_id = {each["id"]: each for each in transfers.to_pylist()}
    assert by_id[str(strange)]["memo_ref"] == odd, "what CSV has to quote comes through"
    assert by_id[str(ids[1])]["refusal"] == "exceeds_balance" and by_id[str(ids[0])]["refusal"] is None
    assert by_id[str(ids[0])]["hold_id"] is None and by_id[str(ids[0])]["created_at"].tzinfo is not None
    assert not any(str(owner) in str(each) for each in accounts), "whose an account is stays out"


def test_a_folder_that_is_there_is_left_alone_and_what_fails_leaves_nothing(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _town()
    (tmp_path / "mine").mkdir()
    with pytest.raises(FileExistsError, match="there already"):
        written(tmp_path / "mine")
    monkeypatch.setattr(parquet, "TABLES", (*parquet.TABLES[:3], ("transfers", parquet.TRANSFERS, "select 1/0")))
    with pytest.raises(Exception, match="division by zero"):
        written(tmp_path / "half")
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_the_command_says_what_it_wrote_or_which_extra_it_needs(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_as_auditor", lambda: None)
    with connected_as("auditor"), acting_as(Actor.nobody()):
        run = CliRunner().invoke(commands.ledger, ["export", "--parquet", str(tmp_path / "out"), "--json"])
    assert run.exit_code == 0 and '"transfers": 0' in run.stdout, run.output
    neither = CliRunner().invoke(commands.ledger, ["export"])
    assert neither.exit_code == commands.WRONG_EXIT and "--parquet FOLDER" in neither.output
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "bocage.kernel.proofs.parquet")
    absent = CliRunner().invoke(commands.ledger, ["export", "--parquet", str(tmp_path / "other")])
    assert absent.exit_code == commands.WRONG_EXIT and "extras add analytics" in absent.output


@pytest.mark.heavy
def test_a_million_transfers_take_no_more_memory_than_a_few(fresh_database: str, tmp_path: Path) -> None:
    _owner, wallet, _ids = _town()
    written(tmp_path / "few")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with connected_as("migrator"), connection.cursor() as cursor:
        cursor.execute("alter table ledger_transfer disable trigger user")
        cursor.execute("alter table ledger_transfer no force row level security")
        cursor.execute(
            "insert into ledger_transfer (id, kind, debit_account_id, credit_account_id, amount_minor, unit, code,"
            " memo_ref, created_at) select gen_random_uuid(), 'post', %s, gen_random_uuid(), 1, 'EUR', 'test', 'x',"
            " now() from generate_series(1, 1000000)",
            [wallet],
        )
    rows = written(tmp_path / "many")
    grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert rows["transfers"] > 1_000_000
    print(f"\n{rows['transfers']:,} transfers, {grown_bytes / 1e6:.0f} MB more at the most")
    assert grown_bytes < 400e6
