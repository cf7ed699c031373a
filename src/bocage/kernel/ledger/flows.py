"""Movements of one account in a period: what is compared with somebody else's books of the same money."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from bocage.kernel.ledger.types import Movement

_MOVEMENT_SQL = """
    select seq, id, kind, -amount_minor, unit, credit_account_id, code, memo_ref, hold_id, created_at
        from ledger_transfer where debit_account_id = %(account)s and refusal is null
    union all
    select seq, id, kind, amount_minor, unit, debit_account_id, code, memo_ref, hold_id, created_at
        from ledger_transfer where credit_account_id = %(account)s and refusal is null
"""
_COLUMNS = "(seq, id, kind, amount_minor, unit, counterpart_id, code, memo_ref, hold_id, at)"
_IN_PERIOD = "at >= %(first)s and at < %(last)s and kind in ('post', 'post_hold')"
_ALONE_SQL = f"""
with movement {_COLUMNS} as not materialized ({_MOVEMENT_SQL}), alone as not materialized (
    select * from movement where {_IN_PERIOD}
        and not exists (select from {{table}} listed where listed.{{column}} = movement.id)
)
"""
_COUNT_SQL = (
    f"{_ALONE_SQL} select count(*) filter (where at < %(due)s), count(*) filter (where at >= %(due)s) from alone"
)
_LATEST_SQL = f"{_ALONE_SQL} select * from alone where at < %(due)s order by seq desc limit %(limit)s"
# Three plain searches instead of one with "or": each is a hash of what is looked for, passed once by the movements.
_LIKE_SQL = f"""
with movement {_COLUMNS} as not materialized ({_MOVEMENT_SQL}), found as (
    select m.* from movement m join unnest(%(amounts)s::bigint[], %(since)s::timestamptz[], %(until)s::timestamptz[])
        wanted (amount_minor, since, until)
        on m.amount_minor = wanted.amount_minor and m.at >= wanted.since and m.at < wanted.until where {_IN_PERIOD}
    union
    select * from movement where {_IN_PERIOD} and id = any(%(ids)s::uuid[])
    union
    select * from movement where {_IN_PERIOD} and hold_id = any(%(hold_ids)s::uuid[])
    union
    select * from movement where {_IN_PERIOD}
        and upper(regexp_replace(memo_ref, '[^[:alnum:]]', '', 'g')) = any(%(keys)s::text[])
)
select * from found order by seq desc limit %(limit)s
"""


@dataclass(frozen=True)
class Wanted:
    """Movements of an amount (signed, as the account has it) from `since` until before `until`."""

    amount_minor: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Alone:
    """Movements that the caller's own list does not have: the latest of those before `due`, and how many there are
    before and from `due` on."""

    latest: tuple[Movement, ...]
    count: int
    not_due: int


def alone_between(
    account_id: UUID, first: datetime, last: datetime, due: datetime, limit: int, *, list_of: tuple[str, str]
) -> Alone:
    """What moved on an account from `first` until before `last` (timezone-aware) and is not in a list of the caller's.

    `list_of`: the caller's own table and its column of movements' ids; row-level security decides what either shows.
    The database compares them, in two queries however many movements there are.
    """
    given: dict[str, Any] = {"account": account_id, "first": first, "last": last, "due": due, "limit": limit}
    names = dict(zip(("table", "column"), map(sql.Identifier, list_of), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_COUNT_SQL).format(**names), given)
        count, not_due = cursor.fetchone()
        cursor.execute(sql.SQL(_LATEST_SQL).format(**names), given)
        return Alone(tuple(Movement(*row) for row in cursor.fetchall()), count, not_due)


def movements_like(
    account_id: UUID,
    first: datetime,
    last: datetime,
    limit: int,
    *,
    wanted: Sequence[Wanted] = (),
    ids: Collection[UUID] = (),
    hold_ids: Collection[UUID] = (),
    keys: Collection[str] = (),
) -> tuple[Movement, ...]:
    """What moved on an account from `first` until before `last` and is like one of `wanted`, has one of the ids, posts
    one of the holds, or has a reference that is one of `keys` (its letters and digits alone, as capitals); latest
    first. The database chooses it; row-level security decides, as for `queries.history`."""
    given: dict[str, Any] = {
        "account": account_id,
        "first": first,
        "last": last,
        "limit": limit,
        "amounts": [each.amount_minor for each in wanted],
        "since": [each.since for each in wanted],
        "until": [each.until for each in wanted],
        "ids": list(ids),
        "hold_ids": list(hold_ids),
        "keys": list(keys),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIKE_SQL, given)
        return tuple(Movement(*row) for row in cursor.fetchall())
