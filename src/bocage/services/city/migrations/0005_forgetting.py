"""An alert that nobody closed is swept too, two years after it ended; an erased report leaves the stream at once."""

from django.db import migrations

_SWEEP = """
create or replace function bocage_city_sweep(alerts_before timestamptz, reports_before timestamptz) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    delete from city_alert_step where alert_id in (select id from city_alert where {old});
    with gone as (delete from city_alert where {old} returning 1),
    old as (delete from city_report_step where report_id in (select id from city_report where ended_at < reports_before)
        returning 1),
    ended as (delete from city_report where ended_at < reports_before returning 1)
    select (select count(*) from gone) + (select count(*) from ended);
end;
"""
_NOW, _BEFORE = "coalesce(closed_at, cleared_at) < alerts_before", "closed_at < alerts_before"
_FORGET = """
create function bocage_city_forget_reports(names text[], of_many text[]) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    delete from city_alert_step where alert_id in (
        select id from city_alert where source = any(names) and agreeing = 1 and kind <> all(of_many));
    delete from city_alert where source = any(names) and agreeing = 1 and kind <> all(of_many);
    update city_alert set source = 'report' where source = any(names);
    update city_alert set evidence = (select coalesce(jsonb_agg(each order by place), '[]'::jsonb)
            from jsonb_array_elements(evidence) with ordinality as seen (each, place)
            where each->>'stream' <> 'report' or each->>'id' <> all(names))
        where exists (select from jsonb_array_elements(evidence) as each
            where each->>'stream' = 'report' and each->>'id' = any(names));
    with gone as (delete from city_observation where stream = 'report' and source = any(names) returning 1)
    select count(*) from gone;
end;
revoke execute on function bocage_city_forget_reports from public;
grant execute on function bocage_city_forget_reports to bocage_app, bocage_deliverer;
"""


class Migration(migrations.Migration):
    dependencies = [("city", "0004_lights")]
    operations = [
        migrations.RunSQL(_SWEEP.format(old=_NOW), _SWEEP.format(old=_BEFORE)),
        migrations.RunSQL(_FORGET, "drop function bocage_city_forget_reports(text[], text[]);"),
    ]
