"""Payer and payee see their mandates and shares, a party its own share; rates are public, quotes are their owner's."""

from django.db import migrations

from bocage.kernel.acting.rls import protect

_PARTIES = """
alter table {table} enable row level security;
alter table {table} force row level security;
create policy own_rows on {table}
    using ((select bocage_subject()) in (payer_id, payee_id) and (select bocage_service()) = '');
create policy operating on {table} using ((select bocage_service()) = 'payments');
revoke delete on {table} from bocage_app, bocage_deliverer;
grant select on {table} to bocage_auditor;
create policy audit on {table} for select to bocage_auditor, bocage_backup using (true);
"""
_SERVICES = """
create policy service_rows on {table} using (
    exists (select from payments_intent i where i.id = intent_id and i.service = (select bocage_service())));
"""
_MORE = """
create policy party_rows on payments_share for select
    using (party_id = (select bocage_subject()) and (select bocage_service()) = '');
revoke delete on payments_quote from bocage_app, bocage_deliverer;
revoke update, delete on payments_rate from bocage_app, bocage_deliverer;
grant select on payments_rate to bocage_auditor;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_recurring_and_shared"), ("payments", "0002_guards")]
    operations = [
        *(
            migrations.RunSQL(_PARTIES.format(table=table))
            for table in ("payments_mandate", "payments_charge", "payments_share", "payments_release")
        ),
        *(migrations.RunSQL(_SERVICES.format(table=table)) for table in ("payments_share", "payments_release")),
        protect("payments_quote", "owner_id"),
        migrations.RunSQL(_MORE),
    ]
