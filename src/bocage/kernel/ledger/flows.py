"""Movements of one account in a period: what is compared with somebody else's books of the same money."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

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
_FLOWS_SQL = f"select * from ({_MOVEMENT_SQL}) movement {_COLUMNS} where {_IN_PERIOD} order by seq desc"
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


def movements_between(account_id: UUID, first: datetime, last: datetime, size: int) -> Iterator[tuple[Movement, ...]]:
    """What moved on an account from `first` until before `last` (timezone-aware), latest first, `size` at a time.

    One query, read through a cursor of the database's: within the transaction, and in the memory of `size` movements.
    Row-level security decides, as for `queries.history`.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(_FLOWS_SQL, {"account": account_id, "first": first, "last": last})
        while rows := cursor.fetchmany(size):
            yield tuple(Movement(*row) for row in rows)


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
    """Those of `movements_between` that are like one of `wanted`, have one of the ids, post one of the holds, or whose
    reference is one of `keys` (its letters and digits alone, as capitals). The database chooses them."""
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
