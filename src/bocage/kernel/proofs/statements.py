"""The town's books: the balance sheet of each unit, and the ledger as Beancount text. Totals are the ledger's own.

An account's balance is credits - debits. What is owed to owners (wallets, fees, escrow) is a liability of the house;
what issuers and clearing accounts are below zero is what stands against it: money at banks and on its way.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.types import TrialBalanceLine

BACKING_KINDS = ("clearing", "issuer")
_FETCH_ROWS = 10_000
_TRANSFERS_SQL = """
select t.seq, t.created_at, t.code, t.unit, t.amount_minor, d.kind, c.kind, t.id
from ledger_transfer t join ledger_account d on d.id = t.debit_account_id
    join ledger_account c on c.id = t.credit_account_id
where t.refusal is null and t.kind in ('post', 'post_hold') order by t.created_at, t.seq
"""


@dataclass(frozen=True)
class SheetLine:
    """One kind of account on its side of a balance sheet, in minor units."""

    kind: str
    accounts: int
    amount_minor: int


@dataclass(frozen=True)
class BalanceSheet:
    """What backs a unit and what is owed in it; the two sums are equal where the books are in order."""

    unit: str
    exponent: int
    assets: tuple[SheetLine, ...]
    liabilities: tuple[SheetLine, ...]
    assets_minor: int
    liabilities_minor: int

    @property
    def balanced(self) -> bool:
        return self.assets_minor == self.liabilities_minor


def balance_sheets() -> list[BalanceSheet]:
    """The balance sheet of every unit that has accounts, by unit."""
    units = ledger.units()
    by_unit: dict[str, list[TrialBalanceLine]] = defaultdict(list)
    for line in ledger.trial_balance():
        by_unit[line.unit].append(line)
    return [_sheet(unit, units[unit].exponent, lines) for unit, lines in sorted(by_unit.items())]


def _sheet(unit: str, exponent: int, lines: list[TrialBalanceLine]) -> BalanceSheet:
    assets, liabilities = [], []
    for line in lines:
        balance_minor = line.credits_posted_minor - line.debits_posted_minor
        if line.kind in BACKING_KINDS:
            assets.append(SheetLine(line.kind, line.accounts, -balance_minor))
        else:
            liabilities.append(SheetLine(line.kind, line.accounts, balance_minor))
    return BalanceSheet(
        unit,
        exponent,
        tuple(assets),
        tuple(liabilities),
        sum(line.amount_minor for line in assets),
        sum(line.amount_minor for line in liabilities),
    )


def beancount(opened_on: date) -> Iterator[str]:
    """The ledger in Beancount's language (beancount.github.io/docs, version 3), one text a directive.

    One account a kind and unit: nobody's own. Accounts open on `opened_on`, which is before the first transfer; at the
    end each account's balance is asserted, so that whoever loads the file checks the totals.
    """
    units = ledger.units()
    lines = ledger.trial_balance()
    yield f'option "title" "Bocage"\noption "operating_currency" "{_commodity("EUR")}"\n'
    for line in lines:
        yield f"{opened_on} open {_account(line.kind, line.unit)} {_commodity(line.unit)}\n"
    last = opened_on
    with connection.cursor() as wrapper:
        wrapper.execute(_TRANSFERS_SQL)
        while found := wrapper.fetchmany(_FETCH_ROWS):
            for row in found:
                last = row[1].date()
                yield _transaction(row, units[row[3]].exponent)
    for line in lines:
        balance_minor = line.credits_posted_minor - line.debits_posted_minor
        amount = _amount(-balance_minor, units[line.unit].exponent)
        asserted_on = date.fromordinal(last.toordinal() + 1)
        yield f"{asserted_on} balance {_account(line.kind, line.unit)}  {amount} {_commodity(line.unit)}\n"


def _transaction(row: tuple[Any, ...], exponent: int) -> str:
    """Debited accounts count up and credited ones down, as Beancount has liabilities below zero."""
    seq, at, code, unit, amount_minor, debit_kind, credit_kind, id = row
    amount, commodity = _amount(amount_minor, exponent), _commodity(unit)
    return (
        f'{at.date()} * "{code}" "{id}"\n  seq: {seq}\n'
        f"  {_account(debit_kind, unit)}  {amount} {commodity}\n"
        f"  {_account(credit_kind, unit)}  -{amount} {commodity}\n"
    )


def _account(kind: str, unit: str) -> str:
    side = "Assets" if kind in BACKING_KINDS else "Liabilities"
    return f"{side}:{kind.replace('_', '-').replace('.', '-').capitalize()}:{unit[0].upper()}{unit[1:]}"


def _commodity(unit: str) -> str:
    """Commodities are of capital letters, digits and a few signs, two at least."""
    return unit.upper() if len(unit) > 1 else f"{unit.upper()}X"


def _amount(minor: int, exponent: int) -> str:
    return f"{Decimal(minor).scaleb(-exponent):.{exponent}f}"
