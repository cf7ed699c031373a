from importlib import import_module

from django.db import migrations, models

scans = import_module("bocage.services.parcel.migrations.0002_scans")


class Migration(migrations.Migration):
    """Where couriers are who let the receivers of their tour see it: one place each, overwritten by the next."""

    dependencies = [("parcel", "0010_proofs")]
    operations = [
        migrations.CreateModel(
            name="PositionRow",
            fields=[
                ("courier_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("carrier_id", models.UUIDField()),
                ("latitude", models.FloatField()),
                ("longitude", models.FloatField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "parcel_position"},
        ),
        scans.guard(
            "parcel_position",
            "own_rows for select using (courier_id = (select bocage_subject()) and (select bocage_service()) = '')",
            scans.OWN_BOOKS,
        ),
    ]
