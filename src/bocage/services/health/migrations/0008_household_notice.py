"""Who was told that somebody names her: once in 14 days."""

from importlib import import_module

from django.db import migrations, models

import bocage.kernel.ids
from bocage.kernel.acting.rls import keep_private

_former = import_module("bocage.services.health.migrations.0007_issued_name")
AGES = _former.AGES | {"health_issued_name": "at"}


class Migration(migrations.Migration):
    dependencies = [("health", "0007_issued_name")]
    operations = [
        migrations.CreateModel(
            name="HouseholdNotice",
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
                "db_table": "health_household_notice",
                "constraints": [
                    models.UniqueConstraint(fields=("person_id", "other_id"), name="health_household_notice_once"),
                ],
            },
        ),
        keep_private("health_household_notice", "health", "person_id"),
        migrations.RunSQL(
            _former.functions(AGES | {"health_household_notice": "at"}),
            _former.functions(AGES),
        ),
    ]
