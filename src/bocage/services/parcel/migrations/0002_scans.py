"""Scans in a partition a day, and who may see what.

A scan's key is parcel, time and event: the B-tree gives a parcel's story in order, and a scan captured twice lands on the
first one. BRIN over time serves a whole day's questions. `parcel_make_days` and `parcel_drop_days` make and drop days with
their owner's rights; a partition itself is open to nobody but the backup, so that the parent's policies are the only way.
"""

from django.db import migrations

_SUBJECT = "(select bocage_subject())"
_PERSONALLY = "(select bocage_service()) = ''"
_PARCEL = "(select bocage_service()) = 'parcel'"
OWN_BOOKS = f"own_books using ({_PARCEL})"


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


_TABLES = """
create table parcel_place (
    id integer generated always as identity primary key,
    uri text not null unique check (length(uri) between 1 and 2048)
);
create table parcel_scan (
    sscc bigint not null,
    at timestamptz not null,
    event_id uuid not null,
    organisation_id uuid not null,
    recorded_at timestamptz not null,
    offset_minutes smallint not null,
    rank smallint not null,
    step smallint not null,
    disposition smallint not null,
    action "char" not null,
    read_point integer,
    place integer,
    body jsonb,
    primary key (sscc, at, event_id)
) partition by range (at);
create index parcel_scan_brin on parcel_scan using brin (at);

create function parcel_make_days(first_day date, last_day date) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    day date := first_day;
    name text;
    made integer := 0;
begin
    if last_day - first_day > 500 then
        raise exception 'parcel_make_days makes 500 days at most';
    end if;
    -- Two who make the same day at once: the second one waits, and then finds it.
    perform pg_advisory_xact_lock(hashtext('parcel_scan'));
    while day <= last_day loop
        name := 'parcel_scan_' || to_char(day, 'YYYYMMDD');
        if to_regclass('public.' || name) is null then
            -- Made beside the parent and then attached, which takes no lock that readers wait for.
            execute format('create table public.%I (like public.parcel_scan including all)', name);
            execute format('alter table public.%I enable row level security', name);
            execute format('alter table public.%I force row level security', name);
            execute format('create policy back_up on public.%I for select to bocage_backup using (true)', name);
            execute format('revoke all on public.%I from bocage_app, bocage_deliverer', name);
            execute format('alter table public.parcel_scan attach partition public.%I for values from (%L) to (%L)',
                name, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
            made := made + 1;
        end if;
        day := day + 1;
    end loop;
    return made;
end $$;
revoke all on function parcel_make_days(date, date) from public;
grant execute on function parcel_make_days(date, date) to bocage_app, bocage_deliverer;

create function parcel_drop_days(before_day date) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    name text;
    dropped integer := 0;
begin
    if before_day > current_date - 30 then
        raise exception 'parcel_drop_days keeps 30 days at least';
    end if;
    for name in
        select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.parcel_scan'::regclass
          and c.relname < 'parcel_scan_' || to_char(before_day, 'YYYYMMDD')
    loop
        execute format('drop table public.%I', name);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;
revoke all on function parcel_drop_days(date) from public;
grant execute on function parcel_drop_days(date) to bocage_app, bocage_deliverer;
select parcel_make_days(current_date - 2, current_date + 3);
"""
_UNDO = """
drop function parcel_drop_days(date); drop function parcel_make_days(date, date); drop table parcel_scan;
drop table parcel_place
"""


class Migration(migrations.Migration):
    dependencies = [("parcel", "0001_initial"), ("acting", "0001_settings"), ("consent", "0001_initial")]
    operations = [
        migrations.RunSQL(_TABLES, _UNDO),
        guard(
            "parcel_shipment",
            # Its three sides read a parcel, the carrier once it is paid for. Every change is Parcel's own doing.
            f"sides_read for select using ({_SUBJECT} in (sender_id, receiver_id) and {_PERSONALLY})",
            f"carrier_reads for select using (carrier_id = {_SUBJECT} and status > 0 and {_PERSONALLY})",
            OWN_BOOKS,
        ),
        guard(
            "parcel_delivery_code", f"own_rows for select using (owner_id = {_SUBJECT} and {_PERSONALLY})", OWN_BOOKS
        ),
        guard(
            "parcel_carrier",
            "all_read for select using (true)",
            OWN_BOOKS,
        ),
        guard(
            "parcel_scan",
            f"own_scans for select using (organisation_id = {_SUBJECT} and {_PERSONALLY})",
            # What another carrier says of a parcel is no part of its story.
            f"sides_read for select using ({_PERSONALLY} and exists (select from parcel_shipment s"
            " where s.sscc = parcel_scan.sscc and s.carrier_id = parcel_scan.organisation_id))",
            OWN_BOOKS,
        ),
    ]
