from importlib import import_module

import django.contrib.postgres.fields
from django.db import migrations, models

scans = import_module("bocage.services.parcel.migrations.0002_scans")


class Migration(migrations.Migration):
    """Tours as they go, and what finished ones teach about when a parcel comes."""

    dependencies = [("parcel", "0011_positions")]
    operations = [
        migrations.CreateModel(
            name="TourRow",
            fields=[
                ("courier_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("carrier_id", models.UUIDField()),
                ("begun_at", models.DateTimeField()),
                ("handed_over", models.IntegerField(default=0)),
                ("last_at", models.DateTimeField()),
            ],
            options={"db_table": "parcel_tour"},
        ),
        migrations.CreateModel(
            name="TourTimeRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("carrier_id", models.UUIDField()),
                ("day", models.DateField()),
                ("known", django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=7)),
                ("seconds", models.FloatField()),
            ],
            options={
                "db_table": "parcel_tour_time",
                "indexes": [models.Index(fields=["carrier_id", "day"], name="parcel_tour_time_day")],
            },
        ),
        scans.guard("parcel_tour", scans.OWN_BOOKS),
        scans.guard("parcel_tour_time", scans.OWN_BOOKS),
    ]
