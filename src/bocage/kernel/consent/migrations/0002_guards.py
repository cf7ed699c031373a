"""Who may see and change consent, and the functions that answer without showing a row.

The functions belong to the migrator and run with its rights; the policy `owner_rows` lets them, and nobody else, past
the tables' row-level security.
"""

from django.db import migrations

from bocage.kernel.acting.rls import protect

_APPEND_ONLY = """
create function bocage_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update or delete or truncate on consent_history
    for each statement execute function bocage_append_only();
create trigger append_only before update or delete or truncate on read_receipt
    for each statement execute function bocage_append_only();
create trigger append_only before update or delete or truncate on consent_text
    for each statement execute function bocage_append_only();
revoke update, delete, truncate on consent_history, read_receipt, consent_text from bocage_app, bocage_deliverer;
revoke delete on consent_grant from bocage_app, bocage_deliverer;
"""
_APPEND_ONLY_UNDO = """
drop trigger append_only on consent_text;
drop trigger append_only on read_receipt;
drop trigger append_only on consent_history;
drop function bocage_append_only();
"""

_POLICIES = """
create policy owner_rows on consent_grant to current_user using (true);
create policy owner_rows on consent_history to current_user using (true);
create policy anyone_writes on read_receipt for insert with check (true);
"""

_FUNCTIONS = """
create function bocage_granted(subject uuid, service text) returns boolean
language sql stable security definer parallel safe set search_path = pg_catalog, public, pg_temp
return exists (
    select 1 from consent_grant g where g.subject_id = subject and g.service = bocage_granted.service
        and g.state = 'granted' and (g.expires_at is null or g.expires_at > now())
);

create function bocage_granted_purpose(
    subject uuid, purpose text, at timestamptz default now(), least_version integer default 1
) returns boolean
language sql stable security definer parallel safe set search_path = pg_catalog, public, pg_temp
return exists (
    select 1 from consent_grant g where g.subject_id = subject and g.purpose = bocage_granted_purpose.purpose
        and g.state = 'granted' and g.version >= least_version and (g.expires_at is null or g.expires_at > at)
);

create function bocage_hold_grants(subjects uuid[], purpose text, at timestamptz, least_version integer)
returns setof uuid language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    return query
        select g.subject_id from consent_grant g
        where g.subject_id = any (subjects) and g.purpose = bocage_hold_grants.purpose and g.state = 'granted'
            and g.version >= least_version and (g.expires_at is null or g.expires_at > at)
        order by g.subject_id for share;
end $$;

create function bocage_expire_grants(at timestamptz)
returns table (subject_id uuid, purpose text, version integer)
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    with ended as (
        update consent_grant g set state = 'expired', changed_at = at
        where g.id in (
            select due.id from consent_grant due where due.state = 'granted' and due.expires_at <= at
            order by due.id limit 1000 for update skip locked
        )
        returning g.subject_id, g.purpose, g.version, g.expires_at
    ), line as (
        insert into consent_history (id, subject_id, purpose, state, version, at, expires_at)
        select uuidv7(), e.subject_id, e.purpose, 'expired', e.version, at, e.expires_at from ended e
    )
    select e.subject_id, e.purpose::text, e.version from ended e;
end;

create function bocage_consent_counts() returns table (purpose text, state text, subjects bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    select g.purpose::text, g.state::text, count(*) from consent_grant g group by 1, 2;
end;
"""

_UNDO = """
drop function bocage_consent_counts();
drop function bocage_expire_grants(timestamptz);
drop function bocage_hold_grants(uuid[], text, timestamptz, integer);
drop function bocage_granted_purpose(uuid, text, timestamptz, integer);
drop function bocage_granted(uuid, text);
drop policy anyone_writes on read_receipt;
drop policy owner_rows on consent_history;
drop policy owner_rows on consent_grant;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial"), ("acting", "0001_settings")]
    operations = [
        migrations.RunSQL(_APPEND_ONLY, _APPEND_ONLY_UNDO),
        protect("consent_grant", "subject_id"),
        protect("consent_history", "subject_id"),
        protect("read_receipt", "subject_id"),
        migrations.RunSQL(_POLICIES + _FUNCTIONS, _UNDO),
    ]
