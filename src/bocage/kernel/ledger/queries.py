"""What the ledger shows. Row-level security decides whose rows: a party's own, a service's under consent, the auditor's
all; nobody sees none. Balances are exact at the moment of the query: what is overdue no longer counts as held."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from django.db import connection

from bocage.kernel.ledger import limits, models
from bocage.kernel.ledger.refusals import refusal
from bocage.kernel.ledger.types import (
    Account,
    Balance,
    Disagreement,
    Movement,
    OpenHold,
    Transfer,
    TrialBalanceLine,
    Unit,
)

_BALANCE_SQL = """
select a.id, a.credits_posted_minor - a.debits_posted_minor, a.debits_pending_minor - coalesce((
    select sum(p.amount_minor) from ledger_pending p where p.debit_account_id = a.id and p.expires_at <= ledger_now()
), 0)
from ledger_account a where a.id = any (%s)
"""
_HISTORY_SQL = """
select * from (
    (select seq, id, kind, -amount_minor, unit, credit_account_id, code, memo_ref, hold_id, created_at
        from ledger_transfer where debit_account_id = %(account)s and refusal is null and seq < %(before)s
        and kind = any (%(kinds)s) order by seq desc limit %(limit)s)
    union all
    (select seq, id, kind, amount_minor, unit, debit_account_id, code, memo_ref, hold_id, created_at
        from ledger_transfer where credit_account_id = %(account)s and refusal is null and seq < %(before)s
        and kind = any (%(kinds)s) order by seq desc limit %(limit)s)
) movement order by seq desc limit %(limit)s
"""
_BALANCE_AT_SQL = """
select
    coalesce((select sum(amount_minor) from ledger_transfer where credit_account_id = %(account)s and refusal is null
        and kind in ('post', 'post_hold') and created_at <= %(instant)s), 0)
    - coalesce((select sum(amount_minor) from ledger_transfer where debit_account_id = %(account)s and refusal is null
        and kind in ('post', 'post_hold') and created_at <= %(instant)s), 0),
    coalesce((select sum(h.amount_minor) from ledger_transfer h where h.debit_account_id = %(account)s
        and h.kind = 'hold' and h.refusal is null and h.created_at <= %(instant)s and h.expires_at > %(instant)s
        and not exists (select from ledger_transfer r where r.hold_id = h.id and r.refusal is null
            and r.created_at <= %(instant)s)), 0)
"""
DISAGREEMENTS_SQL = """
with effect as (
    select debit_account_id account_id,
        case when kind in ('post', 'post_hold') then amount_minor else 0 end debit_posted, 0::bigint credit_posted,
        case when kind = 'hold' then amount_minor else 0 end debit_pending, 0::bigint credit_pending
        from ledger_transfer where refusal is null
    union all select credit_account_id, 0,
        case when kind in ('post', 'post_hold') then amount_minor else 0 end, 0,
        case when kind = 'hold' then amount_minor else 0 end
        from ledger_transfer where refusal is null
    union all select h.debit_account_id, 0, 0, -h.amount_minor, 0
        from ledger_transfer r join ledger_transfer h on h.id = r.hold_id where r.refusal is null
    union all select h.credit_account_id, 0, 0, 0, -h.amount_minor
        from ledger_transfer r join ledger_transfer h on h.id = r.hold_id where r.refusal is null
), folded as (
    select account_id, sum(debit_posted) debit_posted, sum(credit_posted) credit_posted,
        sum(debit_pending) debit_pending, sum(credit_pending) credit_pending from effect group by account_id
)
select a.id, a.debits_posted_minor, coalesce(f.debit_posted, 0), a.credits_posted_minor, coalesce(f.credit_posted, 0),
    a.debits_pending_minor, coalesce(f.debit_pending, 0), a.credits_pending_minor, coalesce(f.credit_pending, 0)
from ledger_account a left join folded f on f.account_id = a.id
where (a.debits_posted_minor, a.credits_posted_minor, a.debits_pending_minor, a.credits_pending_minor) is distinct from
    (coalesce(f.debit_posted, 0), coalesce(f.credit_posted, 0), coalesce(f.debit_pending, 0),
        coalesce(f.credit_pending, 0))
order by a.id limit %s
"""
_HOLDS_SQL = """
select p.hold_id, p.amount_minor, p.credit_account_id, t.code, t.memo_ref, t.created_at, p.expires_at
from ledger_pending p join ledger_transfer t on t.id = p.hold_id
where p.debit_account_id = %s and p.expires_at > ledger_now() order by p.expires_at, p.hold_id limit %s
"""
_UNITS_KEPT = 1000
_LAST_SEQ = 2**63 - 1
_MONEY_KINDS = ["post", "post_hold"]
_ALL_KINDS = list(models.TRANSFER_KINDS)


def now() -> datetime:
    """The ledger's own time, by which holds lapse: one for all processes, whatever their clocks say."""
    instant: datetime = _rows("select ledger_now()", [])[0][0]
    return instant


def units() -> dict[str, Unit]:
    """Every unit by its code."""
    return {row.code: Unit(row.code, row.exponent, row.is_money) for row in models.Unit.objects.order_by("code")}


def unit(code: str) -> Unit:
    """The unit with this code. Raises `Refusal` (unit_not_found)."""
    found = _known_unit(code)
    if found is None:
        _known_unit.cache_clear()
        raise refusal("unit_not_found", field="unit")
    return found


@lru_cache(maxsize=_UNITS_KEPT)
def _known_unit(code: str) -> Unit | None:
    """Units come with migrations, before a process starts, and never change."""
    row = models.Unit.objects.filter(code=code).first()
    return Unit(row.code, row.exponent, row.is_money) if row else None


def account(id: UUID) -> Account:
    """The account, where the actor may see it. Raises `Refusal` (account_not_found, 404)."""
    row = models.Account.objects.filter(pk=id).first()
    if row is None:
        raise refusal("account_not_found", field="account_id")
    return _account(row)


def accounts_of(owner_id: UUID, unit: str | None = None) -> tuple[Account, ...]:
    """The accounts of one party that the actor may see, oldest first, at most `PAGE_ROWS_MAX`."""
    rows = models.Account.objects.filter(owner_id=owner_id).order_by("created_at", "id")
    if unit is not None:
        rows = rows.filter(unit=unit)
    return tuple(_account(row) for row in rows[: limits.PAGE_ROWS_MAX])


def owned(ids: Collection[UUID], owner_id: UUID) -> set[UUID]:
    """Those of the accounts that belong to this party and that no service keeps for it, in one query."""
    found = models.Account.objects.filter(pk__in=ids, owner_id=owner_id, service="")
    return set(found.values_list("pk", flat=True))


def house_accounts(ids: Collection[UUID]) -> set[UUID]:
    """Those of the accounts that no party holds for itself: the house's own, and what a service keeps."""
    return set(_rows("select ledger_house_accounts(%s)", [list(ids)])[0][0])


def known(ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids under which a transfer is there that the caller may see, accepted or refused."""
    return set(models.Transfer.objects.filter(transfer_id__in=ids).values_list("transfer_id", flat=True))


def standing(id: UUID) -> str:
    """ "open", "frozen", "closed" or "missing": all that who pays may know of another's account."""
    return str(_rows("select ledger_standing(%s)", [id])[0][0])


def balance(id: UUID) -> Balance:
    """The balance of one account. Raises `Refusal` (account_not_found, 404)."""
    found = balances([id])
    if id not in found:
        raise refusal("account_not_found", field="account_id")
    return found[id]


def balances(ids: list[UUID]) -> dict[UUID, Balance]:
    """The balances of those of the accounts that the actor may see, in one query."""
    return {
        id: Balance(int(posted_minor), int(posted_minor - held_minor), int(held_minor))
        for id, posted_minor, held_minor in _rows(_BALANCE_SQL, [ids])
    }


def balance_at(id: UUID, instant: datetime) -> Balance:
    """The balance of an account as it was at `instant` (timezone-aware), folded from its transfers.

    Exact for lane A as for lane B: a transfer counts from its `created_at` on, a hold until it was resolved or its time
    was up. Raises `Refusal` (account_not_found, 404).
    """
    account(id)
    ((posted_minor, held_minor),) = _rows(_BALANCE_AT_SQL, {"account": id, "instant": instant})
    return Balance(int(posted_minor), int(posted_minor - held_minor), int(held_minor))


def reversal_of(transfer_id: UUID) -> Transfer:
    """The transfer that takes an accepted one back, to be posted in the lane of its accounts.

    Its code is "reversal", its reference the first one's id.
    Its id follows from the first one's, so that nothing is taken back twice; where an attempt was refused for good, the
    next one's id. Raises `Refusal` for what the actor does not see (transfer_not_found) or did not move anything.
    """
    row = models.Transfer.objects.filter(transfer_id=transfer_id).first()
    if row is None:
        raise refusal("transfer_not_found", field="transfer_id")
    if row.kind not in ("post", "post_hold") or row.refusal is not None:
        raise refusal("nothing_to_reverse", field="transfer_id")
    attempts = [uuid5(transfer_id, f"reversal.{number}") for number in range(limits.REVERSAL_ATTEMPTS_MAX)]
    refused = models.Transfer.objects.filter(transfer_id__in=attempts, refusal__isnull=False)
    spent = set(refused.values_list("transfer_id", flat=True))
    id = next((each for each in attempts if each not in spent), None)
    if id is None:
        raise refusal("nothing_to_reverse", field="transfer_id")
    assert row.credit_account_id and row.debit_account_id and row.amount_minor, "what moved has two sides"
    return Transfer(
        id, row.credit_account_id, row.debit_account_id, row.amount_minor, row.unit, "reversal", str(transfer_id)
    )


def history(
    account_id: UUID, before: int | None = None, limit: int = 50, *, with_holds: bool = False
) -> tuple[Movement, ...]:
    """The account's movements, latest first, at most `PAGE_ROWS_MAX`; `before` is the `seq` of the last one shown.

    `with_holds` adds what reserved and released, which moved nothing yet.
    """
    parameters = {
        "account": account_id,
        "before": _LAST_SEQ if before is None else before,
        "limit": max(1, min(limit, limits.PAGE_ROWS_MAX)),
        "kinds": _ALL_KINDS if with_holds else _MONEY_KINDS,
    }
    return tuple(Movement(*row) for row in _rows(_HISTORY_SQL, parameters))


def holds(account_id: UUID, limit: int = limits.PAGE_ROWS_MAX) -> tuple[OpenHold, ...]:
    """What is reserved of the account now, what lapses next first, at most `PAGE_ROWS_MAX`."""
    return tuple(OpenHold(*row) for row in _rows(_HOLDS_SQL, [account_id, max(1, min(limit, limits.PAGE_ROWS_MAX))]))


def trial_balance() -> tuple[TrialBalanceLine, ...]:
    """Totals of every unit and kind of account; over all kinds of a unit, debits equal credits."""
    return tuple(
        TrialBalanceLine(unit, kind, *(int(total) for total in totals))
        for unit, kind, *totals in _rows("select * from ledger_trial_balance()", [])
    )


def disagreements() -> tuple[Disagreement, ...]:
    """Accounts whose counters are not the fold of all transfers, at most `PAGE_ROWS_MAX`. Empty is what must be.

    Reads everything, so it answers for the whole ledger only under the auditor's role.
    """
    return tuple(
        Disagreement(row[0], *((int(stored), int(folded)) for stored, folded in zip(row[1::2], row[2::2], strict=True)))
        for row in _rows(DISAGREEMENTS_SQL, [limits.PAGE_ROWS_MAX])
    )


def _account(row: models.Account) -> Account:
    return Account(
        id=row.id,
        owner_id=row.owner_id,
        unit=row.unit,
        kind=row.kind,
        service=row.service,
        minimum_minor=row.minimum_minor,
        maximum_minor=row.maximum_minor,
        frozen=row.frozen_at is not None,
        closed=row.closed_at is not None,
    )


def _rows(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
