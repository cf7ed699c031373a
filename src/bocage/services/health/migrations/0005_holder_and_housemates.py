"""Who a certificate is of, and who lives with whom: both private, both gone after 14 days or with the agreement.

The functions of 0002 are replaced by ones that know the two new tables.
"""

from django.db import migrations, models

import bocage.kernel.ids
from bocage.kernel.acting.rls import keep_private

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
    "health_waiting_result": "at",
}
NEW = {"health_holder": "at", "health_housemate": "at"}
PURPOSES = {
    "health.report": ("health_report",),
    "health.tests": ("health_test",),
    "health.checkins": ("health_checkin", "health_standing"),
    "health.certificates": ("health_certificate",),
}
NEW_PURPOSES = {
    "health.certificates": ("health_certificate", "health_holder"),
    "health.household": ("health_housemate", "health_standing"),
}
_REST = ("health_appeal", "health_manual", "health_due")


def _counted(name: str, argument: str, condition: str, ages: dict[str, str]) -> str:
    gone = ",\n    ".join(
        f"{table}_gone as (delete from {table} where {condition.format(age=age)} returning 1)"
        for table, age in ages.items()
    )
    counts = " + ".join(f"(select count(*) from {table}_gone)" for table in ages)
    return f"""
create or replace function {name}({argument}) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    with {gone}
    select {counts};
end;
"""


def _functions(ages: dict[str, str], purposes: dict[str, tuple[str, ...]], others: str) -> str:
    withdrawn = "\n".join(
        f"    if new.purpose = '{purpose}' then "
        + " ".join(f"delete from {table} where person_id = new.subject_id;" for table in tables)
        + (f" {others}" if purpose == "health.household" else "")
        + " end if;"
        for purpose, tables in purposes.items()
    )
    return (
        _counted("bocage_health_sweep", "before timestamptz", "{age} < before", ages)
        + _counted("bocage_health_end", "", "true", ages)
        + f"""
create or replace function bocage_health_withdrawn() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
{withdrawn}
    delete from health_decision where person_id = new.subject_id;
    if not bocage_granted(new.subject_id, 'health') then
        {" ".join(f"delete from {table} where person_id = new.subject_id;" for table in _REST)}
    end if;
    return null;
end $$;
"""
    )


# What the other said of her goes too; she may ask again.
_OTHERS = "delete from health_housemate where other_id = new.subject_id;"


class Migration(migrations.Migration):
    dependencies = [("health", "0004_test_by_claim")]
    operations = [
        migrations.CreateModel(
            name="Holder",
            fields=[
                ("person_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "health_holder"},
        ),
        migrations.CreateModel(
            name="Housemate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.UUIDField()),
                ("other_id", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "health_housemate",
                "indexes": [models.Index(fields=["other_id"], name="health_housemate_by_other")],
                "constraints": [
                    models.UniqueConstraint(fields=("person_id", "other_id"), name="health_housemate_once"),
                    models.CheckConstraint(
                        condition=models.Q(("person_id", models.F("other_id")), _negated=True),
                        name="health_housemate_other",
                    ),
                ],
            },
        ),
        keep_private("health_holder", "health", "person_id"),
        keep_private("health_housemate", "health", "person_id"),
        migrations.RunSQL(_functions(AGES | NEW, PURPOSES | NEW_PURPOSES, _OTHERS), _functions(AGES, PURPOSES, "")),
    ]
