"""Columns that a person chose for a CSV, and the classes that she gave to merchants."""

from django.db import migrations, models

import bocage.kernel.ids
from bocage.kernel.acting.rls import protect

UUID_KEY = {"default": bocage.kernel.ids.uuid7, "editable": False, "primary_key": True, "serialize": False}


class Migration(migrations.Migration):
    dependencies = [("forest", "0001_initial")]
    operations = [
        migrations.AddField("Upload", "columns", models.JSONField(null=True)),
        migrations.RemoveConstraint("Upload", "forest_upload_state"),
        migrations.AddConstraint(
            "Upload",
            models.CheckConstraint(
                condition=models.Q(("state__in", ["columns", "preview", "confirmed", "discarded"])),
                name="forest_upload_state",
            ),
        ),
        migrations.AddField("Line", "home", models.CharField(blank=True, db_default="", default="", max_length=2)),
        migrations.AddField("Line", "merchant", models.CharField(blank=True, db_default="", default="", max_length=80)),
        migrations.AddField("Line", "corrected", models.BooleanField(db_default=False, default=False)),
        migrations.AddIndex("Line", models.Index(fields=["person_id", "merchant"], name="forest_line_by_merchant")),
        migrations.CreateModel(
            "Correction",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("person_id", models.UUIDField()),
                ("merchant", models.CharField(max_length=80)),
                ("category", models.CharField(max_length=32)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "forest_correction",
                "constraints": [
                    models.UniqueConstraint(fields=("person_id", "merchant"), name="forest_correction_once")
                ],
            },
        ),
        protect("forest_correction", "person_id", service="forest"),
        # Forest itself sees a statement only to delete it, when nobody has confirmed it for a week.
        migrations.RunSQL(
            "create policy left_waiting on forest_upload using ((select bocage_service()) = 'forest'"
            " and state in ('columns', 'preview') and created_at < now() - interval '7 days')",
            "drop policy left_waiting on forest_upload",
        ),
    ]
