"""Row-level security as a migration operation, so that every table of personal rows is guarded in one way."""

import re

from django.db import migrations

from bocage.kernel.postgres.roles import AUDITOR, BACKUP, WRITING_ROLES, role_of

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


def keep_private(
    table: str, service: str, subject_column: str | None = None, *, saved: bool = False
) -> migrations.RunSQL:
    """Let no role but that of `service` (and the migrator, as owner) touch `table`; see `acting.own_tables`.

    With `subject_column`, rows belong to a party: she sees and changes her own, and the service acting for itself
    those of parties with a live consent for one of its purposes; not even the owner sees any without saying who acts.
    `saved`: the backup may read it, which is for registers that are public anyway. Of the others it may lock the table,
    so that a dump carries their shape, and read no row.
    """
    for name in (table, service, *((subject_column,) if subject_column else ())):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a plain SQL name")
    role = role_of(service)
    strangers = ", ".join((*WRITING_ROLES, AUDITOR, *(() if saved else (BACKUP,))))
    statements = [
        f"revoke all on {table} from {strangers}",
        f"grant select, insert, update, delete on {table} to {role}",
        *([] if saved else [f"grant maintain on {table} to {BACKUP}"]),
    ]
    undo = [f"revoke all on {table} from {role}, {BACKUP}"]
    if subject_column:
        statements += [
            f"alter table {table} enable row level security",
            f"alter table {table} force row level security",
            f"create policy own_rows on {table} to {role}"
            f" using ({subject_column} = (select bocage_subject()) and (select bocage_service()) = '')",
            f"create policy consented_rows on {table} to {role}"
            f" using ((select bocage_service()) = '{service}' and bocage_granted({subject_column}, '{service}'))",
            f"create policy owner_rows on {table} to current_user using (true)",
        ]
        undo += [f"drop policy {policy} on {table}" for policy in ("owner_rows", "consented_rows", "own_rows")] + [
            f"alter table {table} no force row level security",
            f"alter table {table} disable row level security",
        ]
    return migrations.RunSQL(";\n".join(statements), ";\n".join(undo))
