"""What operators asked the twin: one change of the town, played with several seeds."""

from django.db import migrations, models

import bocage.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("city", "0005_forgetting")]
    operations = [
        migrations.CreateModel(
            name="WhatIf",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("change", models.CharField(max_length=12)),
                ("street", models.CharField(blank=True, max_length=80)),
                ("hour", models.PositiveSmallIntegerField()),
                ("seeds", models.PositiveSmallIntegerField()),
                ("made_by", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("played", models.JSONField(default=list)),
                ("failed", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "db_table": "city_what_if",
                "indexes": [models.Index(fields=["-at"], name="city_what_if_latest")],
            },
        ),
    ]
