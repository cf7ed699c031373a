"""PostgreSQL's transaction ids, where a table keeps them to be read in the order of commits.

Who reads must not use "larger than the last number": a transaction that took a low number may commit after a higher one
was read. A row is final to read once every transaction as old as its own has ended:
`xid < pg_snapshot_xmin(pg_current_snapshot())`, in the order (xid, number).
"""

from typing import Any

from django.db import models


class TransactionIdField(models.BigIntegerField):  # type: ignore[type-arg] # generic in the stubs alone
    """PostgreSQL's 64-bit transaction id."""

    def db_type(self, connection: Any) -> str:
        return "xid8"
