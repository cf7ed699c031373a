"""Accounts of two people, and which part of a line is whose."""

from django.db import migrations, models

import bocage.kernel.ids
from bocage.services.forest.guarding import guard

SUBJECT = "(select bocage_subject())"
PERSONALLY = "(select bocage_service()) = ''"


class Migration(migrations.Migration):
    dependencies = [("forest", "0010_noted")]
    operations = [
        migrations.AddField("Line", "share_from_percent", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField("Line", "share_to_percent", models.PositiveSmallIntegerField(db_default=100, default=100)),
        migrations.AddField("Upload", "shared_id", models.UUIDField(null=True)),
        migrations.CreateModel(
            "SharedAccount",
            [
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("asker_id", models.UUIDField()),
                ("asked_id", models.UUIDField()),
                ("name", models.CharField(max_length=60)),
                ("asker_percent", models.PositiveSmallIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("agreed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "forest_sharedaccount",
                "indexes": [
                    models.Index(fields=["asker_id"], name="forest_shared_by_asker"),
                    models.Index(fields=["asked_id"], name="forest_shared_by_asked"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(asker_id=models.F("asked_id")), name="forest_shared_by_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(asker_percent__gte=1, asker_percent__lte=99), name="forest_shared_percent"
                    ),
                ],
            },
        ),
        guard("forest_sharedaccount", f"both_sides using ({SUBJECT} in (asker_id, asked_id) and {PERSONALLY})"),
    ]
