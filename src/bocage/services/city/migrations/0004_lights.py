"""The lights that cabinets described, and the log of what they showed and why: a partition a day, kept for a while."""

from django.db import migrations, models

_LOG = """
create table city_phase_change (
    day date not null,
    at timestamptz not null,
    signal varchar(40) not null,
    number bigint not null,
    phase smallint not null,
    chosen_by varchar(10) not null check (chosen_by in ('planned', 'fallback', 'limit')),
    reason varchar(300) not null,
    lasted_seconds integer not null,
    organisation_id uuid not null,
    check (day = (at at time zone 'UTC')::date)
) partition by range (day);
-- A light begins one green at one instant: sent again, it is the same change.
create unique index city_phase_change_once on city_phase_change (signal, at, day);
"""
_NO_LOG = "drop table city_phase_change;"
_FUNCTIONS = """
create function bocage_city_phase_days(days date[]) returns void
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
                execute format(
                    'alter table public.city_phase_change attach partition public.%I for values from (%L) to (%L)',
                    name, each, each + 1);
            end if;
        end if;
    end loop;
end $$;
create function bocage_city_drop_phase_days(before date) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    name text;
    gone integer := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended('city_phase_change', 0));
    for name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.city_phase_change'::regclass
          and c.relname < 'city_phase_change_' || to_char(before, 'YYYYMMDD') order by 1
    loop
        execute format('drop table public.%I', name);
        gone := gone + 1;
    end loop;
    return gone;
end $$;
revoke execute on function bocage_city_phase_days, bocage_city_drop_phase_days from public;
grant execute on function bocage_city_phase_days, bocage_city_drop_phase_days to bocage_app, bocage_deliverer;
revoke update, delete on city_phase_change from bocage_app, bocage_deliverer;
"""
_UNDO = """
drop function bocage_city_drop_phase_days(date);
drop function bocage_city_phase_days(date[]);
"""


class Migration(migrations.Migration):
    dependencies = [("city", "0003_sweep")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_LOG, _NO_LOG)],
            state_operations=[
                migrations.CreateModel(
                    name="PhaseChange",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "signal", "at", "day", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("day", models.DateField()),
                        ("at", models.DateTimeField()),
                        ("signal", models.CharField(max_length=40)),
                        ("number", models.BigIntegerField()),
                        ("phase", models.SmallIntegerField()),
                        ("chosen_by", models.CharField(max_length=10)),
                        ("reason", models.CharField(max_length=300)),
                        ("lasted_seconds", models.IntegerField()),
                        ("organisation_id", models.UUIDField()),
                    ],
                    options={"db_table": "city_phase_change"},
                ),
            ],
        ),
        migrations.CreateModel(
            name="Signal",
            fields=[
                ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("organisation_id", models.UUIDField()),
                ("on", models.CharField(db_column="place", max_length=80)),
                ("x_m", models.FloatField()),
                ("y_m", models.FloatField()),
                ("phases", models.JSONField()),
                ("plan", models.JSONField()),
                ("fixed_walk_seconds", models.FloatField(null=True)),
                ("max_red_seconds", models.PositiveSmallIntegerField()),
                ("said_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "city_signal"},
        ),
        migrations.RunSQL(_FUNCTIONS, _UNDO),
    ]
