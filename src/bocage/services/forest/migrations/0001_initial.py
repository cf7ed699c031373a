"""Forest's tables, each guarded by row-level security."""

from django.db import migrations, models

import bocage.kernel.ids
from bocage.kernel.acting.rls import protect

UUID_KEY = {"default": bocage.kernel.ids.uuid7, "editable": False, "primary_key": True, "serialize": False}


class Migration(migrations.Migration):
    initial = True
    dependencies = [("consent", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "Upload",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("person_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                ("digest", models.CharField(max_length=64)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("content", models.BinaryField(null=True)),
                ("state", models.CharField(default="preview", max_length=10)),
                ("created_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("lines_added", models.PositiveIntegerField(default=0)),
                ("lines_known", models.PositiveIntegerField(default=0)),
                ("lines_bad", models.PositiveIntegerField(default=0)),
            ],
            options={
                "db_table": "forest_upload",
                "indexes": [models.Index(fields=["person_id", "-id"], name="forest_upload_by_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["preview", "confirmed", "discarded"])),
                        name="forest_upload_state",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "Line",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("person_id", models.UUIDField()),
                ("origin", models.CharField(max_length=10)),
                ("origin_id", models.UUIDField()),
                ("fingerprint", models.CharField(max_length=128)),
                ("booked_on", models.DateField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("exponent", models.PositiveSmallIntegerField()),
                ("text", models.CharField(max_length=400)),
                ("mcc", models.CharField(blank=True, max_length=4)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("category", models.CharField(max_length=32)),
                ("item", models.CharField(blank=True, max_length=32)),
                ("factor", models.CharField(blank=True, max_length=64)),
                ("counted", models.BooleanField()),
                ("assessed", models.BooleanField()),
                ("probability", models.FloatField()),
                ("micrograms", models.BigIntegerField()),
                ("low_micrograms", models.BigIntegerField()),
                ("high_micrograms", models.BigIntegerField()),
                ("reasons", models.JSONField()),
                ("book", models.CharField(max_length=16)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "forest_line",
                "indexes": [models.Index(fields=["person_id", "-booked_on", "-id"], name="forest_line_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("person_id", "fingerprint"), name="forest_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(("origin__in", ["statement", "payment"])), name="forest_line_origin"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "Award",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("person_id", models.UUIDField()),
                ("line_id", models.UUIDField()),
                ("act", models.CharField(max_length=20)),
                ("grams", models.PositiveIntegerField()),
                ("day", models.DateField()),
                ("place", models.PositiveSmallIntegerField()),
                ("state", models.CharField(default="held", max_length=10)),
                ("hold_id", models.UUIDField(unique=True)),
                ("ripe_at", models.DateTimeField()),
                ("fades_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "forest_award",
                "indexes": [models.Index(fields=["person_id", "state", "ripe_at"], name="forest_award_ripe")],
                "constraints": [
                    models.UniqueConstraint(fields=("line_id", "act"), name="forest_award_once"),
                    models.UniqueConstraint(fields=("person_id", "act", "day", "place"), name="forest_award_place"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["held", "collected", "returned"])),
                        name="forest_award_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "Tree",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("person_id", models.UUIDField()),
                ("species", models.CharField(max_length=20)),
                ("price_grams", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                ("grown_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "forest_tree",
                "indexes": [models.Index(fields=["person_id", "-id"], name="forest_tree_by_person")],
            },
        ),
        protect("forest_upload", "person_id"),
        protect("forest_line", "person_id", service="forest"),
        protect("forest_award", "person_id", service="forest"),
        protect("forest_tree", "person_id", service="forest"),
    ]
