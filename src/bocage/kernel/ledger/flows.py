"""All movements of one account in a period: what is compared with somebody else's books of the same money."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from bocage.kernel.ledger.types import Movement

_FLOWS_SQL = """
select * from (
    select seq, id, kind, -amount_minor, unit, credit_account_id, code, memo_ref, hold_id, created_at
        from ledger_transfer where debit_account_id = %(account)s and refusal is null
    union all
    select seq, id, kind, amount_minor, unit, debit_account_id, code, memo_ref, hold_id, created_at
        from ledger_transfer where credit_account_id = %(account)s and refusal is null
) movement (seq, id, kind, amount_minor, unit, counterpart_id, code, memo_ref, hold_id, at)
where at >= %(first)s and at < %(last)s and kind in ('post', 'post_hold')
order by seq desc limit %(limit)s
"""


def movements_between(account_id: UUID, first: datetime, last: datetime, limit: int) -> tuple[Movement, ...]:
    """What moved on an account from `first` until before `last` (timezone-aware), latest first, `limit` at most.

    Row-level security decides, as for `queries.history`; unlike that, a whole period comes in one query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FLOWS_SQL, {"account": account_id, "first": first, "last": last, "limit": limit})
        return tuple(Movement(*row) for row in cursor.fetchall())
