"""Companies' files and years, each seen by who acts for the company and by nobody else."""

from django.db import migrations, models

import bocage.kernel.ids
from bocage.kernel.acting.rls import protect

UUID_KEY = {"default": bocage.kernel.ids.uuid7, "editable": False, "primary_key": True, "serialize": False}


class Migration(migrations.Migration):
    dependencies = [("forest", "0005_letter_once")]
    operations = [
        migrations.CreateModel(
            "CompanyFile",
            [
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("organisation_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                ("digest", models.CharField(max_length=64)),
                ("size_bytes", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                ("format", models.CharField(max_length=12)),
                ("state", models.CharField(default="preview", max_length=10)),
                ("records", models.PositiveIntegerField()),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "forest_companyfile",
                "indexes": [models.Index(fields=["organisation_id", "-id"], name="forest_companyfile_of")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(state__in=["preview", "kept"]), name="forest_companyfile_state"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(state="kept"),
                        fields=("organisation_id", "digest"),
                        name="forest_companyfile_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "CompanyYear",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("organisation_id", models.UUIDField()),
                ("year", models.PositiveSmallIntegerField()),
                ("revenue_minor", models.BigIntegerField(null=True)),
                ("contract_kg_a_kwh", models.DecimalField(decimal_places=4, max_digits=6, null=True)),
                ("contract_percent", models.PositiveSmallIntegerField(default=100)),
                ("result", models.JSONField(null=True)),
                ("worked_out_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "forest_companyyear",
                "constraints": [
                    models.UniqueConstraint(fields=("organisation_id", "year"), name="forest_companyyear_once")
                ],
            },
        ),
        protect("forest_companyfile", "organisation_id"),
        protect("forest_companyyear", "organisation_id"),
    ]
