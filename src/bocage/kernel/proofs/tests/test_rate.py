"""How fast an audit goes: `./bocage test -m heavy src/bocage/kernel/proofs/tests/test_rate.py -s -n 0`."""

import os
import time

import pytest
from django.db import transaction

from bocage.kernel.proofs.audit import audit
from bocage.kernel.proofs.tests.test_audit import _sealed, as_owner
from bocage.testing import connected_as

ACCOUNTS = 10_000
TRANSFERS = 400_000

_ACCOUNTS_SQL = """
insert into ledger_account (id, owner_id, unit, kind, service, minimum_minor)
select uuidv7(), uuidv7(), 'EUR', 'wallet', '', 0 from generate_series(1, %s)
"""
_TRANSFERS_SQL = """
with numbered as (select id, row_number() over () - 1 as place from ledger_account)
insert into ledger_transfer (id, kind, debit_account_id, credit_account_id, amount_minor, unit, code, memo_ref,
    created_at)
select uuidv7(), 'post', d.id, c.id, 1 + n %% 500, 'EUR', 'bench.pay', 'memo ' || n, now()
from generate_series(1, %s) n join numbered d on d.place = n %% %s join numbered c on c.place = (n * 7 + 1) %% %s
where d.place <> c.place
"""
_COUNTERS_SQL = """
update ledger_account a set debits_posted_minor = coalesce(d.s, 0), credits_posted_minor = coalesce(c.s, 0)
from ledger_account b
    left join (select debit_account_id i, sum(amount_minor) s from ledger_transfer group by 1) d on d.i = b.id
    left join (select credit_account_id i, sum(amount_minor) s from ledger_transfer group by 1) c on c.i = b.id
where a.id = b.id
"""


@pytest.mark.heavy
def test_rate(fresh_database: str) -> None:
    with as_owner() as link:
        for table in ("ledger_account", "ledger_transfer"):
            link.execute(f"alter table {table} no force row level security")
        link.execute("alter table ledger_account drop constraint ledger_account_covers_its_debits")
        link.execute(_ACCOUNTS_SQL.replace("'', 0", "'', null"), [ACCOUNTS])
        link.execute(_TRANSFERS_SQL, [TRANSFERS, ACCOUNTS, ACCOUNTS])
        link.execute(_COUNTERS_SQL)
        link.execute("vacuum analyze ledger_transfer")
    begun = time.perf_counter()
    _sealed()
    sealed_seconds = time.perf_counter() - begun
    with connected_as("auditor"), transaction.atomic():
        report = audit()
    print(
        f"\n{report.transfers:,} transfers, {report.batches} batches: sealed in {sealed_seconds:.1f} s; audited in"
        f" {report.wall_seconds:.2f} s of wall ({report.cpu_seconds:.2f} s of CPU in this process):"
        f" {report.transfers / report.wall_seconds:,.0f} rows/s of wall,"
        f" {report.transfers / report.cpu_seconds:,.0f} of this process's CPU; load {os.getloadavg()[0]:.1f}"
    )
    assert report.faults == () and report.transfers > 0.9 * TRANSFERS
