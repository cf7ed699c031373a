"""The log of lights is only ever added to: nor may a day of it be changed by its partition's own name."""

from django.db import migrations

_DAYS = """
create or replace function bocage_city_phase_days(days date[]) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    each date;
    name text;
begin
    if cardinality(days) > 60 then
        raise exception 'at most 60 days at once';
    end if;
    foreach each in array days loop
        name := 'city_phase_change_' || to_char(each, 'YYYYMMDD');
        if to_regclass('public.' || name) is null then
            perform pg_advisory_xact_lock(hashtextextended('city_phase_change', 0));
            if to_regclass('public.' || name) is null then
                execute format('create table public.%I (like public.city_phase_change including all)', name);
                execute format('revoke all on public.%I from bocage_app, bocage_deliverer', name);
                execute format(
                    'alter table public.city_phase_change attach partition public.%I for values from (%L) to (%L)',
                    name, each, each + 1);
            end if;
        end if;
    end loop;
end $$;
do $$
declare
    name text;
begin
    for name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.city_phase_change'::regclass
    loop
        execute format('revoke all on public.%I from bocage_app, bocage_deliverer', name);
    end loop;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("city", "0006_what_if")]
    operations = [migrations.RunSQL(_DAYS, migrations.RunSQL.noop)]
