"""Payer and payee see their rows, a service those it made; terms and deciding are operators' work."""

from django.db import migrations

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
create policy service_rows on payments_intent using (service <> '' and service = (select bocage_service()));
create policy service_rows on payments_refund using (
    exists (select from payments_intent i where i.id = intent_id and i.service = (select bocage_service())));
create policy service_rows on payments_dispute using (
    exists (select from payments_intent i where i.id = intent_id and i.service = (select bocage_service())));
"""
_SPENDING = """
alter table payments_spending enable row level security;
alter table payments_spending force row level security;
create policy own_rows on payments_spending
    using (payer_id = (select bocage_subject()) and (select bocage_service()) = '');
create policy operating on payments_spending using ((select bocage_service()) <> '');
revoke delete on payments_spending from bocage_app, bocage_deliverer;
create policy back_up on payments_spending for select to bocage_backup using (true);
"""
_FEES = """
alter table payments_fee enable row level security;
alter table payments_fee force row level security;
create policy own_rows on payments_fee for select
    using (payee_id = (select bocage_subject()) and (select bocage_service()) = '');
create policy operating on payments_fee using ((select bocage_service()) = 'payments');
create policy owner_rows on payments_fee to current_user using (true);
create policy back_up on payments_fee for select to bocage_backup using (true);

-- Who pays may know what the payee pays for it: the amount is split under the payer's eyes.
create function payments_fee_terms(payee uuid) returns table (basis_points integer, fixed_minor integer)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select basis_points, fixed_minor from payments_fee where payee_id = payee
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("acting", "0001_settings"), ("ledger", "0002_functions")]
    operations = [
        *(
            migrations.RunSQL(_PARTIES.format(table=table))
            for table in ("payments_intent", "payments_refund", "payments_dispute")
        ),
        migrations.RunSQL(_SERVICES),
        migrations.RunSQL(_SPENDING),
        migrations.RunSQL(_FEES),
    ]
