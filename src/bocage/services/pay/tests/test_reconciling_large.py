"""A large ledger is not loaded to be reconciled: only what the bank's lines may be, and the same is found."""

import resource
import time
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bocage.engines.reconciliation import Movement, match
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ledger.flows import alone_between
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.postgres import roles
from bocage.services.pay import limits
from bocage.services.pay.actions import bank, reconciling
from bocage.services.pay.models import StatementLine
from bocage.services.pay.queries import reconciling as queries
from bocage.services.pay.tests.conftest import Town
from bocage.services.pay.tests.test_reconciling import booked, compared, findings, foreign
from bocage.services.pay.types import LineFinding

RECONCILIATION_QUERIES_MAX = 11
_FILL_SQL = """
insert into ledger_transfer
    (id, kind, debit_account_id, credit_account_id, amount_minor, unit, code, memo_ref, created_at)
select gen_random_uuid(), 'post', debit_account_id, credit_account_id, 1000 + n %% 20000, unit, code, 'FILLED ' || n,
    created_at - n %% 300 * interval '1 hour'
from (select * from ledger_transfer where code = 'pay.top_up' order by seq limit 1) t, generate_series(1, %s) n
"""


@pytest.mark.django_db
def test_what_no_line_can_be_is_not_taken_from_the_ledger(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty movements, of which three come into question, where only six may be compared."""
    with acting_as(Actor.for_service("pay")):
        for number in range(40):
            bank.credit_wallet(town.wei, 1_000 + number, "EUR", f"BK {number}")
    monkeypatch.setattr(limits, "RECONCILED_MOVEMENTS_MAX", 6)
    found = compared(
        booked("10.05", "named", bank="bk-5"), booked("10.06", "by amount"), booked("1.00", "differs", bank="BK7")
    )
    assert findings() == {"named": "reference", "by amount": "amount_and_day", "differs": "differs"}
    assert (queries.reconciliation(0).missing_count, found.awaited) == (40, 40)
    with CaptureQueriesContext(connection) as asked:
        shown = queries.reconciliation(0).missing
    assert len(asked) <= RECONCILIATION_QUERIES_MAX, [each["sql"] for each in asked]
    assert len({each.id for each in shown}) == 40 and "BK 39" in shown[0].references
    with acting_as(Actor.for_service("pay")):
        for number in range(7):
            bank.credit_wallet(town.wei, 777, "EUR", f"SAME {number}")
    with pytest.raises(Refusal, match="too_many_movements"):
        reconciling.take_statements([("one.xml", foreign(booked("7.77", "one of seven")))], 5)
    assert "one of seven" not in findings()


@pytest.mark.django_db
def test_what_is_chosen_in_the_database_gives_the_verdicts_of_the_whole_ledger(town: Town) -> None:
    with acting_as(Actor.for_service("pay")):
        for number in range(30):
            bank.credit_wallet(town.wei, 100 + number % 4, "EUR", f"Ref.{number} é")
    lines = [booked(f"1.0{n % 5}", f"line {n}", bank=f"REF {n}" if n % 3 else "", end=f"E{n}") for n in range(12)]
    reconciling.take_statements([("bank.xml", foreign(*lines))], 5)
    window = timedelta(days=5)
    account_id = account_id_of(None, "EUR", "clearing", "pay")
    with acting_as(Actor.for_service("pay")):
        now = clock.now()
        later, listed = now + window, (StatementLine._meta.db_table, "id")  # none of whose ids is a movement's
        page = alone_between(account_id, now - window, later, later, 1000, list_of=listed).latest
        whole = queries._as_bank_has_them(page)
        rows = list(StatementLine.objects.all())
    booked_lines = [Movement(row.id, tuple(row.names), row.amount_minor, row.currency, row.booked_on) for row in rows]
    expected = [Movement(each.id, each.references, each.amount_minor, each.currency, each.on) for each in whole]
    assert len(expected) == 32
    verdicts = match(booked_lines, expected, set(), window)
    assert {row.id: row.finding for row in rows} == {id: str(each.finding) for id, each in verdicts.items()}
    assert {LineFinding.AMBIGUOUS, LineFinding.UNMATCHED} <= {LineFinding(row.finding) for row in rows}


@pytest.mark.heavy
def test_six_hundred_thousand_movements_are_reconciled_in_little_memory(committed_town: Town) -> None:
    """More than may be compared at once. Prints what it took."""
    where = connection.settings_dict
    with psycopg.connect(
        host=where["HOST"],
        port=where["PORT"],
        dbname=where["NAME"],
        user=roles.MIGRATOR,
        password=roles.password_of(roles.MIGRATOR, settings.SECRET_KEY),
        autocommit=True,
    ) as link:
        link.execute("alter table ledger_transfer disable trigger user")
        link.execute("alter table ledger_transfer no force row level security")
        link.execute(_FILL_SQL, [600_000])
        link.execute("alter table ledger_transfer force row level security")
        link.execute("alter table ledger_transfer enable trigger user")
        link.execute("analyze ledger_transfer")
    before_kib, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    lines = [booked("12.34", "one of many"), booked("10.05", "named", bank="FILLED5"), booked("9.99", "nobody's")]
    lines.append(booked("9.98", "of an earlier day", day=(clock.now() - timedelta(days=12)).date().isoformat()))
    reconciling.take_statements([("bank.xml", foreign(*lines))], 5)
    taken_seconds = time.perf_counter() - begun
    assert findings() == {
        "one of many": "ambiguous",
        "named": "reference",
        "nobody's": "unmatched",
        "of an earlier day": "unmatched",
    }
    found = queries.reconciliation(5)
    whole_seconds = time.perf_counter() - begun
    shown_seconds = whole_seconds - taken_seconds
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    print(f"\ncompared in {taken_seconds:.1f} s, the page's list in {shown_seconds:.1f} s, {grown_mib:.0f} MiB more")
    assert found.missing_count + found.awaited > limits.RECONCILED_MOVEMENTS_MAX
    assert len(found.missing) == limits.RECONCILED_SHOWN_MAX
    assert grown_mib < 200
