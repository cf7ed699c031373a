"""Partitions come and go by two functions of the migrator's; reports are their citizen's; steps are only ever added."""

from django.db import migrations

from bocage.kernel.acting.rls import protect

_FUNCTIONS = """
create function bocage_city_days(first date, last date) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    each date;
    name text;
begin
    if last - first > 60 then
        raise exception 'at most 60 days at once';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('city_observation', 0));
    for each in select generate_series(first, last, interval '1 day')::date loop
        name := 'city_observation_' || to_char(each, 'YYYYMMDD');
        if to_regclass('public.' || name) is null then
            execute format('create table public.%I (like public.city_observation including all)', name);
            execute format('alter table public.city_observation attach partition public.%I for values from (%L) to (%L)',
                name, each, each + 1);
        end if;
    end loop;
end $$;
create function bocage_city_drop_days(before date) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    name text;
    gone integer := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended('city_observation', 0));
    for name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.city_observation'::regclass
          and c.relname < 'city_observation_' || to_char(before, 'YYYYMMDD') order by 1
    loop
        execute format('drop table public.%I', name);
        gone := gone + 1;
    end loop;
    return gone;
end $$;
create function bocage_city_sweep(alerts_before timestamptz, reports_before timestamptz) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    delete from city_alert_step where alert_id in (select id from city_alert where closed_at < alerts_before);
    with gone as (delete from city_alert where closed_at < alerts_before returning 1),
    old as (delete from city_report_step where report_id in (select id from city_report where ended_at < reports_before)
        returning 1),
    ended as (delete from city_report where ended_at < reports_before returning 1)
    select (select count(*) from gone) + (select count(*) from ended);
end;
revoke execute on function bocage_city_days, bocage_city_drop_days, bocage_city_sweep from public;
grant execute on function bocage_city_days, bocage_city_drop_days, bocage_city_sweep to bocage_app, bocage_deliverer;
revoke update, delete on city_observation, city_alert_step, city_rule_change from bocage_app, bocage_deliverer;
insert into city_judging (id, seq, left_out) values (1, 0, '{}');
"""
_UNDO = """
delete from city_judging;
drop function bocage_city_sweep(timestamptz, timestamptz);
drop function bocage_city_drop_days(date);
drop function bocage_city_days(date, date);
"""


class Migration(migrations.Migration):
    dependencies = [("city", "0001_initial"), ("acting", "0001_settings"), ("consent", "0002_guards")]
    operations = [
        migrations.RunSQL(_FUNCTIONS, _UNDO),
        protect("city_report", "person_id", service="city"),
        protect("city_report_step", "person_id", service="city"),
    ]
