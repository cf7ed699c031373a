"""Nobody but the ledger's functions writes, nobody changes the past, and everybody sees only what is theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString
from uuid import UUID, uuid4

import iso4217
import pytest
from django.db import Error, connection, transaction

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, limits, queries
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Hold, Posted, PostHold, Transfer, account_id_of
from bocage.testing import connected_as

TABLES = ("ledger_account", "ledger_transfer", "ledger_pending", "ledger_unit")
WRITES = (
    "update ledger_account set credits_posted_minor = credits_posted_minor + 100",
    "update ledger_transfer set amount_minor = 1",
    "update ledger_pending set amount_minor = 1",
    "update ledger_unit set exponent = 0",
    "delete from ledger_account",
    "delete from ledger_transfer",
    "delete from ledger_pending",
    "insert into ledger_pending values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, now())",
    "insert into ledger_account (id, unit, kind, service) values (gen_random_uuid(), 'EUR', 'wallet', '')",
    "insert into ledger_transfer (id, kind, unit, code, memo_ref, refusal, created_at)"
    " values (gen_random_uuid(), 'post', 'EUR', 'x', '', 'y', now())",
    "truncate ledger_transfer",
    "truncate ledger_account",
)
INTERNAL = (
    "select ledger_move('post', gen_random_uuid(), null, null, 1, 'EUR', 'x', '', null, null, null, null)",
    "select ledger_resolve('void_hold', gen_random_uuid(), gen_random_uuid(), null, null, null, null)",
    "select ledger_expire('{}', '{}')",
    "select ledger_apply('{}', null, null, null)",
)
FUNDS = {"BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XAD", "XDR", "XSU", "XUA"}
NO_MONEY = {"XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XPD", "XPT", "XTS", "XXX"}


@contextmanager
def party() -> Iterator[tuple[UUID, UUID]]:
    """Somebody who acts, and a wallet of hers with 100 on it."""
    owner, wallet = uuid4(), uuid4()
    with acting_as(Actor.for_person(owner)):
        actions.open_account(wallet, owner, "EUR", "wallet")
        give(wallet, 100)
        yield owner, wallet


def run(statement: LiteralString) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", [*WRITES, *INTERNAL])
def test_who_serves_may_not_write_but_through_the_functions(statement: LiteralString) -> None:
    with party(), pytest.raises(Error, match="permission denied"):
        run(statement)


@pytest.mark.parametrize("role", ["deliverer", "auditor", "backup"])
def test_no_other_role_that_signs_in_may_write(fresh_database: str, role: str) -> None:
    with connected_as(role):
        for statement in [*WRITES, *INTERNAL]:
            with pytest.raises(Error, match=r"permission denied|read-only transaction"):
                run(statement)


def test_not_even_the_owner_of_the_tables_changes_the_past(fresh_database: str) -> None:
    with party() as (_owner, wallet):
        pass
    with connected_as("migrator"):
        for statement in ("update ledger_transfer set amount_minor = 1", "delete from ledger_transfer"):
            with pytest.raises(Error, match="append-only"):
                run(statement)
        for table in ("ledger_transfer", "ledger_account"):
            with pytest.raises(Error, match="append-only"):
                run(f"truncate {table}")
        assert run("update ledger_account set credits_posted_minor = 1000000") == 0
        assert run("set role bocage_ledger") is not None
        for statement in ("truncate ledger_transfer", "update ledger_transfer set amount_minor = 1"):
            with pytest.raises(Error, match="permission denied"):
                run(statement)
    with acting_as(Actor.for_person(_owner)):
        assert queries.balance(wallet).posted_minor == 100


@pytest.mark.django_db
def test_a_party_sees_its_own_and_nobody_sees_nothing() -> None:
    with party() as (owner, wallet):
        assert [account.id for account in queries.accounts_of(owner)] == [wallet]
        assert [movement.amount_minor for movement in queries.history(wallet)] == [100]
        shown = queries.account(wallet)
        assert (shown.unit, shown.frozen, shown.closed) == ("EUR", False, False)
    for actor in (Actor.nobody(), Actor.for_person(uuid4()), Actor.for_service("forest")):
        with acting_as(actor):
            assert queries.accounts_of(owner) == ()
            assert queries.history(wallet) == ()
            assert queries.balances([wallet]) == {}
            with pytest.raises(Refusal, match="account_not_found"):
                queries.balance(wallet)
            with pytest.raises(Refusal, match="account_not_found"):
                queries.account(wallet)
            for table in TABLES[:3]:
                assert run(f"select * from {table}") == 0


@pytest.mark.django_db
def test_a_service_sees_its_own_accounts_and_not_a_persons_without_consent() -> None:
    issuer, owner, grams = uuid4(), uuid4(), uuid4()
    with acting_as(Actor.for_service("forest")):
        actions.open_account(issuer, None, "gCO2", "issuer", minimum_minor=None, service="forest")
        actions.open_account(grams, owner, "gCO2", "grams", service="forest")
        actions.post_or_refuse(Transfer(uuid7(), issuer, grams, 7, "gCO2", "forest.earned"))
        assert queries.balance(issuer).posted_minor == -7
        assert queries.balances([grams]) == {}
    with acting_as(Actor.for_person(owner)):
        assert queries.balance(grams).posted_minor == 7
    with acting_as(Actor.for_service("health")):
        assert queries.balances([issuer, grams]) == {}


def test_the_auditor_sees_everything_and_every_unit_sums_to_nothing(fresh_database: str) -> None:
    wallets = []
    for _n in range(3):
        with party() as (_owner, wallet):
            wallets.append(wallet)
    with connected_as("auditor"):
        assert {balance.posted_minor for balance in queries.balances(wallets).values()} == {100}
        assert queries.disagreements() == ()
        totals = queries.trial_balance()
    assert sum(line.debits_posted_minor - line.credits_posted_minor for line in totals) == 0
    assert {(line.kind, line.accounts) for line in totals} == {("issuer", 1), ("wallet", 3)}


def test_the_audit_names_an_account_whose_counters_were_touched(fresh_database: str) -> None:
    with party() as (_owner, wallet):
        pass
    with connected_as("migrator"):
        run("set role bocage_ledger")
        run("update ledger_account set credits_posted_minor = credits_posted_minor + 1 where kind = 'wallet'")
    with connected_as("auditor"):
        (found,) = queries.disagreements()
    assert (found.account_id, found.credits_posted_minor) == (wallet, (101, 100))


@pytest.mark.django_db
def test_the_units_are_those_of_the_published_table() -> None:
    published = {each.code: each.exponent for each in iso4217.Currency}
    money = {code: unit.exponent for code, unit in queries.units().items() if unit.is_money}
    assert money == {code: published[code] for code in money}
    assert set(published) - set(money) == FUNDS | NO_MONEY
    others = {unit.code: unit.exponent for unit in queries.units().values() if not unit.is_money}
    assert others == {"gCO2": 0, "points": 0, "trees": 0, "kWh": 3}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 0}, "amount_out_of_range"),
        ({"amount_minor": -5}, "amount_out_of_range"),
        ({"amount_minor": limits.AMOUNT_MINOR_MAX + 1}, "amount_out_of_range"),
        ({"amount_minor": 2**63}, "amount_out_of_range"),
        ({"unit": "EUR\0"}, "unit_not_found"),
        ({"unit": "x" * 20}, "unit_not_found"),
        ({"memo_ref": "x" * 65}, "memo_ref_invalid"),
        ({"memo_ref": "a\0b"}, "memo_ref_invalid"),
        ({"credit_account_id": UUID(int=1)}, "same_account"),
    ],
)
def test_what_cannot_be_a_transfer_is_refused_before_anything_is_stored(change: dict[str, object], code: str) -> None:
    body: dict[str, object] = {
        "id": uuid7(),
        "debit_account_id": UUID(int=1),
        "credit_account_id": UUID(int=2),
        "amount_minor": 1,
        "unit": "EUR",
        "code": "pay",
    }
    transfer = Transfer(**{**body, **change})  # type: ignore[arg-type]
    for attempt in (actions.post, lambda one: actions.post_linked([one])):
        with pytest.raises(Refusal, match=code):
            attempt(transfer)


@pytest.mark.django_db
def test_accounts_open_once_and_only_sources_go_below_zero() -> None:
    id, owner = uuid4(), uuid4()
    with acting_as(Actor.for_person(owner)):
        assert actions.open_account(id, owner, "EUR", "wallet") == actions.open_account(id, owner, "EUR", "wallet")
        with pytest.raises(Refusal, match="id_conflict"):
            actions.open_account(id, owner, "USD", "wallet")
        with pytest.raises(Refusal, match="unit_not_found"):
            actions.open_account(uuid4(), owner, "ZZZ", "wallet")
        for minimum_minor in (None, -1, 1):
            with pytest.raises(Refusal, match="minimum_out_of_range"):
                actions.open_account(uuid4(), owner, "EUR", "wallet", minimum_minor=minimum_minor)
        with pytest.raises(Refusal, match="maximum_out_of_range"):
            actions.open_account(uuid4(), owner, "EUR", "wallet", maximum_minor=-1)
        with connection.cursor() as cursor:
            cursor.execute("select ledger_open_account(%s, null, 'EUR', 'wallet', '', null, null)", [uuid4()])
            assert cursor.fetchone() == ("limits_out_of_range",)


@pytest.mark.django_db
def test_counters_stop_before_they_could_overflow() -> None:
    owner = uuid4()
    with acting_as(Actor.for_person(owner)):
        source, sink = uuid4(), uuid4()
        actions.open_account(source, owner, "points", "issuer", minimum_minor=None)
        actions.open_account(sink, owner, "points", "issuer", minimum_minor=None)
        full = [
            Transfer(uuid7(), source, sink, limits.AMOUNT_MINOR_MAX, "points", "big")
            for _n in range(limits.LINKED_TRANSFERS_MAX)
        ]
        for _round in range(limits.COUNTER_MINOR_MAX // limits.AMOUNT_MINOR_MAX // len(full)):
            actions.post_linked_or_refuse([Transfer(uuid7(), *list(vars(one).values())[1:]) for one in full])
        assert queries.balance(sink).posted_minor == limits.COUNTER_MINOR_MAX
        with pytest.raises(Refusal, match="exceeds_bounds"):
            actions.post_or_refuse(Transfer(uuid7(), source, sink, 1, "points", "big"))


@pytest.mark.django_db
def test_what_is_raised_is_forgotten_and_what_is_answered_is_kept() -> None:
    with party() as (owner, wallet):
        other = uuid4()
        actions.open_account(other, owner, "EUR", "wallet")
        raised = Transfer(uuid7(), wallet, other, 150, "EUR", "pay")
        with pytest.raises(Refusal, match="exceeds_balance"):
            actions.post_or_refuse(raised)
        answered = Transfer(uuid7(), wallet, other, 150, "EUR", "pay")
        refused = actions.post(answered)
        give(wallet, 100)
        assert isinstance(actions.post_or_refuse(raised), Posted)
        assert actions.post(answered) == refused


@pytest.mark.django_db
def test_a_group_is_bounded_and_names_each_id_once() -> None:
    one = Transfer(uuid7(), UUID(int=1), UUID(int=2), 1, "EUR", "pay")
    with pytest.raises(Refusal, match="group_out_of_range"):
        actions.post_linked([])
    with pytest.raises(Refusal, match="group_out_of_range"):
        actions.post_linked([one] * 101)
    with pytest.raises(Refusal, match="id_conflict"):
        actions.post_linked([one, one])


@pytest.mark.django_db
def test_a_hold_made_in_a_group_is_taken_in_it() -> None:
    with party() as (owner, wallet):
        other = account_id_of(owner, "EUR", "savings")
        actions.open_account(other, owner, "EUR", "savings")
        hold = Hold(Transfer(uuid7(), wallet, other, 60, "EUR", "pay"), clock.now() + limits.HOLD_LONGEST)
        actions.post_linked_or_refuse([hold, PostHold(uuid7(), hold.transfer.id, 25)])
        assert (queries.balance(wallet).available_minor, queries.balance(other).available_minor) == (75, 25)
        assert [(m.kind, m.amount_minor) for m in queries.history(wallet, with_holds=True)] == [
            ("post_hold", -25),
            ("hold", -60),
            ("post", 100),
        ]
