"""Row-level security as a migration operation, so that every table of personal rows is guarded in one way."""

import re

from django.db import migrations

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def protect(table: str, subject_column: str, service: str | None = None) -> migrations.RunSQL:
    """Guard `table`, whose rows belong to `subject_column` (a party's uuid), for every role, its owner included.

    A party sees and changes its own rows. With `service`, that service acting for itself sees and changes the rows
    of those who have a live consent for one of its purposes (needs the `consent` app's first migration). The backup
    reads all of them, by `pg_dump --enable-row-security`. With no actor there are no rows. The sub-selects let
    PostgreSQL evaluate the setting once a query instead of once a row.
    """
    for name in (table, subject_column, *((service,) if service else ())):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a plain SQL name")
    statements = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy own_rows on {table}"
        f" using ({subject_column} = (select bocage_subject()) and (select bocage_service()) = '')",
        f"create policy back_up on {table} for select to bocage_backup using (true)",
    ]
    undo = [f"drop policy back_up on {table}", f"drop policy own_rows on {table}"]
    if service:
        statements.append(
            f"create policy consented_rows on {table}"
            f" using ((select bocage_service()) = '{service}' and bocage_granted({subject_column}, '{service}'))"
        )
        undo.append(f"drop policy consented_rows on {table}")
    undo += [f"alter table {table} no force row level security", f"alter table {table} disable row level security"]
    return migrations.RunSQL(";\n".join(statements), ";\n".join(undo))
