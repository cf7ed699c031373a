"""The books say what the ledger says: balance sheets, and a Beancount text that its own grammar and sums accept."""

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, queries
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Transfer, account_id_of
from bocage.kernel.proofs.statements import balance_sheets, beancount
from bocage.testing import connected_as

_ACCOUNT = r"(?:Assets|Liabilities)(?::[A-Z0-9][A-Za-z0-9-]*)+"
_COMMODITY = r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]"
_OPEN = re.compile(rf"(\d{{4}}-\d\d-\d\d) open ({_ACCOUNT}) ({_COMMODITY})\n")
_POSTINGS = re.compile(
    rf'(\d{{4}}-\d\d-\d\d) \* "([^"\n]*)" "([^"\n]*)"\n  [a-z]+: \d+\n'
    rf"  ({_ACCOUNT})  (-?\d+(?:\.\d+)?) ({_COMMODITY})\n  ({_ACCOUNT})  (-?\d+(?:\.\d+)?) ({_COMMODITY})\n"
)
_BALANCE = re.compile(rf"(\d{{4}}-\d\d-\d\d) balance ({_ACCOUNT})  (-?\d+(?:\.\d+)?) ({_COMMODITY})\n")


def _history() -> None:
    owner = uuid7()
    with acting_as(Actor.for_person(owner)):
        for unit in ("EUR", "points", "kWh"):
            wallet, fees = account_id_of(owner, unit, "wallet"), account_id_of(None, unit, "fees")
            actions.open_account(wallet, owner, unit, "wallet")
            actions.open_account(fees, None, unit, "fees")
            give(wallet, 12_345, unit)
            for amount in (1, 99, 1_000, 99_999):
                actions.post(Transfer(uuid7(), wallet, fees, amount, unit, "test.fee"))


@pytest.mark.django_db
def test_what_backs_a_unit_is_what_is_owed_in_it() -> None:
    _history()
    with acting_as(Actor.nobody()):
        sheets = {each.unit: each for each in balance_sheets()}
        lines = queries.trial_balance()
    assert set(sheets) == {"EUR", "points", "kWh"}
    for sheet in sheets.values():
        assert sheet.balanced and sheet.assets_minor == 12_345
        assert {each.kind: each.amount_minor for each in sheet.liabilities} == {"wallet": 11_245, "fees": 1_100}
    assert sum(each.accounts for each in lines) == 9


def test_beancount_reads_what_is_written_and_comes_to_the_same(fresh_database: str) -> None:
    _history()
    opened: dict[str, str] = {}
    sums: dict[str, Decimal] = defaultdict(Decimal)
    asserted = 0
    with connected_as("auditor"):
        title, *directives = beancount(date(2020, 1, 1))
    assert title.startswith('option "title"')
    for text in directives:
        if found := _OPEN.fullmatch(text):
            opened[found[2]] = found[3]
        elif found := _POSTINGS.fullmatch(text):
            one, other = (found[4], Decimal(found[5]), found[6]), (found[7], Decimal(found[8]), found[9])
            assert one[1] + other[1] == 0
            for account, amount, commodity in (one, other):
                assert opened[account] == commodity
                sums[account] += amount
        else:
            found = _BALANCE.fullmatch(text)
            assert found, text
            assert Decimal(found[3]) == sums[found[2]], text
            asserted += 1
    assert asserted == len(opened) == 9
    assert sums["Liabilities:Wallet:EUR"] == Decimal("-112.45") and sums["Liabilities:Fees:KWh"] == Decimal("-1.100")
