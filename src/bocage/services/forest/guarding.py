"""Row-level security for tables whose rows are not one person's."""

from django.db import migrations


def guard(table: str, *policies: str) -> migrations.RunSQL:
    """Enable and force row-level security on `table` and add `policies` (each "name for ... using (...)")."""
    policies = (*policies, "back_up for select to bocage_backup using (true)")
    names = [policy.split()[0] for policy in policies]
    made = [
        f"create policy {name} on {table}{policy.removeprefix(name)}"
        for name, policy in zip(names, policies, strict=True)
    ]
    on = [f"alter table {table} enable row level security", f"alter table {table} force row level security"]
    off = [f"alter table {table} no force row level security", f"alter table {table} disable row level security"]
    return migrations.RunSQL(
        ";\n".join([*on, *made]), ";\n".join([*(f"drop policy {n} on {table}" for n in names), *off])
    )
