"""A notification is seen by its person, for whomever she acts; anyone may write one."""

from django.db import migrations

_GUARD = """
alter table notification enable row level security;
alter table notification force row level security;
create policy own_rows on notification
    using (person_id = (select bocage_actor()) and (select bocage_service()) = '');
create policy anyone_writes on notification for insert with check (true);
create policy owner_rows on notification to current_user using (true);
create policy back_up on notification for select to bocage_backup using (true);
create function bocage_sweep_notifications(kept_days integer) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    with gone as (delete from notification where at < now() - make_interval(days => kept_days) returning 1)
    select count(*) from gone;
end;
"""
_UNDO = """
drop function bocage_sweep_notifications(integer);
drop policy back_up on notification;
drop policy owner_rows on notification;
drop policy anyone_writes on notification;
drop policy own_rows on notification;
alter table notification no force row level security;
alter table notification disable row level security;
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("acting", "0001_settings")]
    operations = [migrations.RunSQL(_GUARD, _UNDO)]
