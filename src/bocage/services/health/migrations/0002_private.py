"""Nobody else reads Health's tables; what is 14 days old goes, and what rests on an agreement goes with it.

The functions belong to the migrator and run with its rights, past row-level security, because whose agreement has ended
is no longer seen by the service itself. They delete and count; they show nothing.
"""

from django.db import migrations

from bocage.kernel.acting.rls import keep_private

# Each table of personal rows, and what of a row is as old as what it says.
AGES = {
    "health_checkin": "arrived_at",
    "health_report": "at",
    "health_test": "taken_at",
    "health_standing": "at",
    "health_certificate": "at",
    "health_decision": "signed_at",
    "health_due": "at",
    "health_appeal": "at",
    "health_manual": "at",
}
PURPOSES = {
    "health.report": ("health_report",),
    "health.tests": ("health_test",),
    "health.checkins": ("health_checkin", "health_standing"),
    "health.certificates": ("health_certificate",),
}


def _counted(name: str, argument: str, condition: str, tables: tuple[str, ...]) -> str:
    gone = ",\n    ".join(
        f"{t}_gone as (delete from {t} where {condition.format(age=AGES.get(t, 'at'))} returning 1)" for t in tables
    )
    counts = " + ".join(f"(select count(*) from {t}_gone)" for t in tables)
    return f"""
create function {name}({argument}) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    with {gone}
    select {counts};
end;
revoke execute on function {name} from public;
grant execute on function {name} to bocage_health;
"""


_ALL = (*AGES, "health_waiting_result")
_WITHDRAWN = "\n".join(
    f"    if new.purpose = '{purpose}' then "
    + " ".join(f"delete from {t} where person_id = new.subject_id;" for t in tables)
    + " end if;"
    for purpose, tables in PURPOSES.items()
)
_REST = ("health_appeal", "health_manual", "health_due")
_FUNCTIONS = (
    _counted("bocage_health_sweep", "before timestamptz", "{age} < before", _ALL)
    + _counted("bocage_health_end", "", "true", _ALL)
    + f"""
create function bocage_health_withdrawn() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
{_WITHDRAWN}
    delete from health_decision where person_id = new.subject_id;
    if not bocage_granted(new.subject_id, 'health') then
        {" ".join(f"delete from {t} where person_id = new.subject_id;" for t in _REST)}
    end if;
    return null;
end $$;
revoke execute on function bocage_health_withdrawn from public;
create trigger health_withdrawn after insert or update on consent_grant
    for each row when (new.service = 'health' and new.state <> 'granted') execute function bocage_health_withdrawn();
create trigger append_only before update or delete or truncate on health_register
    for each statement execute function bocage_append_only();
revoke update, delete on health_register from bocage_health;
"""
)
_UNDO = """
drop trigger append_only on health_register;
drop trigger health_withdrawn on consent_grant;
drop function bocage_health_withdrawn();
drop function bocage_health_end();
drop function bocage_health_sweep(timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("health", "0001_initial"), ("acting", "0001_settings"), ("consent", "0002_guards")]
    operations = [
        *(keep_private(table, "health", "person_id") for table in AGES),
        keep_private("health_waiting_result", "health"),
        keep_private("health_scheme", "health", saved=True),
        keep_private("health_register", "health", saved=True),
        keep_private("health_venue", "health", saved=True),
        keep_private("health_laboratory", "health", saved=True),
        migrations.RunSQL(_FUNCTIONS, _UNDO),
    ]
