"""Who may see which row of Pay: a party its own, both sides of what is between two, and Pay itself its own books."""

from django.db import migrations

from bocage.kernel.acting.rls import protect

_SUBJECT = "(select bocage_subject())"
_PERSONALLY = "(select bocage_service()) = ''"
_PAY = "(select bocage_service()) = 'pay'"
# A code is for whoever holds it, so any signed-in party may read one; only its payee and Pay itself change it.
_SOMEBODY = "(select bocage_actor()) is not null"


def guard(table: str, *policies: str) -> migrations.RunSQL:
    """Enable and force row-level security on `table` and add `policies` (each "name for ... using (...)")."""
    policies = (*policies, "back_up for select to bocage_backup using (true)")
    names = [policy.split()[0] for policy in policies]
    return migrations.RunSQL(
        ";\n".join(
            [
                f"alter table {table} enable row level security",
                f"alter table {table} force row level security",
                *(
                    f"create policy {name} on {table}{policy.removeprefix(name)}"
                    for name, policy in zip(names, policies, strict=True)
                ),
            ]
        ),
        ";\n".join(
            [
                *(f"drop policy {name} on {table}" for name in names),
                f"alter table {table} no force row level security",
                f"alter table {table} disable row level security",
            ]
        ),
    )


def between(first: str, second: str) -> str:
    """The policy for rows that two parties share."""
    return f"both_sides using ({_SUBJECT} in ({first}, {second}) and {_PERSONALLY})"


OWN_BOOKS = f"own_books using ({_PAY})"


class Migration(migrations.Migration):
    dependencies = [("pay", "0001_initial"), ("acting", "0001_settings"), ("consent", "0001_initial")]
    operations = [
        guard(
            "pay_line",
            f"own_rows using (owner_id = {_SUBJECT} and {_PERSONALLY})",
            # Whoever pays writes the payee's line too, and can neither read nor change it: a shop's line does not even
            # say who paid, so there is nothing to compare the writer with.
            f"others_add for insert with check ({_SOMEBODY})",
            OWN_BOOKS,
        ),
        guard(
            "pay_code",
            f"holders_read for select using ({_SOMEBODY})",
            f"payee_writes using (payee_id = {_SUBJECT} and {_PERSONALLY})",
            OWN_BOOKS,
        ),
        guard("pay_sheet", f"own_rows using (payer_id = {_SUBJECT} and {_PERSONALLY})", OWN_BOOKS),
        guard("pay_presentedcode", f"own_rows using (person_id = {_SUBJECT} and {_PERSONALLY})", OWN_BOOKS),
        protect("pay_split", "owner_id"),
        guard("pay_request", between("payee_id", "payer_id"), OWN_BOOKS),
        guard("pay_refundrequest", between("payee_id", "payer_id")),
        protect("pay_preference", "person_id"),
        guard("pay_topup", f"own_rows using (owner_id = {_SUBJECT} and {_PERSONALLY})", OWN_BOOKS),
        guard("pay_payout", f"own_rows using (owner_id = {_SUBJECT} and {_PERSONALLY})", OWN_BOOKS),
        guard("pay_bankfile", OWN_BOOKS),
        guard("pay_bankentry", OWN_BOOKS),
        migrations.RunSQL(
            "revoke delete, truncate on pay_line, pay_bankfile, pay_bankentry from bocage_app, bocage_deliverer",
            "grant delete on pay_line, pay_bankfile, pay_bankentry to bocage_app, bocage_deliverer",
        ),
    ]
