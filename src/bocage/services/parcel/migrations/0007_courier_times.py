from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

guard = import_module("bocage.services.parcel.migrations.0002_scans").guard


class Migration(migrations.Migration):
    """How long couriers take, which says when a parcel comes."""

    dependencies = [("parcel", "0006_on_delivery")]
    operations = [
        migrations.AddField("ShipmentRow", "loaded_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="CourierTimeRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("carrier_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("seconds", models.IntegerField()),
            ],
            options={
                "db_table": "parcel_courier_time",
                "indexes": [models.Index(fields=["carrier_id", "-at"], name="parcel_courier_time_latest")],
                "constraints": [models.CheckConstraint(condition=Q(seconds__gt=0), name="parcel_courier_time_forward")],
            },
        ),
        guard("parcel_courier_time", "own_books using ((select bocage_service()) = 'parcel')"),
    ]
