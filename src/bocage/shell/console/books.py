"""The ledger as the console shows it: trial balances of all, accounts of one."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.types import Account, Balance, Movement, TrialBalanceLine
from bocage.kernel.proofs.explorer import PendingHold, open_holds

MOVEMENTS_SHOWN = 25
HOLDS_SHOWN = 50


@dataclass(frozen=True)
class UnitBalance:
    """The trial balance of one unit: its lines, and what debits and credits come to, in minor units."""

    unit: str
    exponent: int
    is_money: bool
    lines: tuple[TrialBalanceLine, ...]
    debits_minor: int
    credits_minor: int

    @property
    def balanced(self) -> bool:
        return self.debits_minor == self.credits_minor


@dataclass(frozen=True)
class AccountView:
    """An account with its balance and latest movements."""

    account: Account
    balance: Balance
    exponent: int
    movements: tuple[Movement, ...]


def unit_balances() -> list[UnitBalance]:
    """Every unit with accounts, money first."""
    units = ledger.units()
    by_unit: dict[str, list[TrialBalanceLine]] = defaultdict(list)
    for line in ledger.trial_balance():
        by_unit[line.unit].append(line)
    return [
        UnitBalance(
            unit,
            units[unit].exponent,
            units[unit].is_money,
            tuple(lines),
            sum(line.debits_posted_minor for line in lines),
            sum(line.credits_posted_minor for line in lines),
        )
        for unit, lines in sorted(by_unit.items(), key=lambda pair: (not units[pair[0]].is_money, pair[0]))
    ]


def accounts_of(party_id: UUID) -> list[AccountView]:
    """The accounts of whom the operator acts for, money first, each with its latest 25 movements."""
    units = ledger.units()
    accounts = sorted(
        ledger.accounts_of(party_id), key=lambda each: (not units[each.unit].is_money, each.unit, each.kind)
    )
    balances = ledger.balances([account.id for account in accounts])
    return [
        AccountView(
            account,
            balances[account.id],
            units[account.unit].exponent,
            ledger.history(account.id, limit=MOVEMENTS_SHOWN, with_holds=True),
        )
        for account in accounts
    ]


def holds_of(accounts: list[AccountView]) -> list[tuple[PendingHold, str, int]]:
    """The open holds on or for these accounts, each with its unit and that unit's decimals; those that end first."""
    exponents = {each.account.id: (each.account.unit, each.exponent) for each in accounts}
    return [
        (hold, *(exponents.get(hold.debit_account_id) or exponents[hold.credit_account_id]))
        for hold in open_holds(list(exponents), HOLDS_SHOWN)
    ]
