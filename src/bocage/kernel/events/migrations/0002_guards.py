"""The log is append-only for everybody; its rows are seen by whom they are about and by those who deliver them."""

from django.db import migrations

from bocage.kernel.acting.rls import protect

_LOG = """
create trigger append_only before update or delete or truncate on event
    for each statement execute function bocage_append_only();
create trigger append_only before update or delete or truncate on event_position
    for each statement execute function bocage_append_only();
revoke update, delete, truncate on event, event_position from bocage_app, bocage_deliverer;
revoke insert on event_position from bocage_app;
revoke insert, update, delete on event_sequencer from bocage_app;
grant select on event, event_position to bocage_auditor;

create policy anyone_says on event for insert with check (true);
create policy delivery_reads on event for select to bocage_deliverer using (true);
create policy audit_reads on event for select to bocage_auditor using (true);

alter table event_parked enable row level security;
alter table event_parked force row level security;
create policy delivery_rows on event_parked to bocage_deliverer using (true);
create policy operator_rows on event_parked using ((select bocage_service()) = 'events');
create policy back_up on event_parked for select to bocage_backup using (true);

create policy delivery_reads on webhook for select to bocage_deliverer using (true);
create policy delivery_writes on webhook_delivery for insert to bocage_deliverer with check (true);
create policy sending_rows on webhook using ((select bocage_service()) = 'webhooks');
create policy sending_rows on webhook_delivery using ((select bocage_service()) = 'webhooks');
"""
_LOG_UNDO = """
drop policy sending_rows on webhook_delivery;
drop policy sending_rows on webhook;
drop policy delivery_writes on webhook_delivery;
drop policy delivery_reads on webhook;
drop policy back_up on event_parked;
drop policy operator_rows on event_parked;
drop policy delivery_rows on event_parked;
alter table event_parked no force row level security;
alter table event_parked disable row level security;
drop policy audit_reads on event;
drop policy delivery_reads on event;
drop policy anyone_says on event;
drop trigger append_only on event_position;
drop trigger append_only on event;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
        ("acting", "0001_settings"),
        ("consent", "0002_guards"),
    ]
    operations = [
        protect("event", "subject_id"),
        protect("webhook", "organisation_id"),
        protect("webhook_delivery", "organisation_id"),
        migrations.RunSQL(_LOG, _LOG_UNDO),
    ]
