from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

guard = import_module("bocage.services.parcel.migrations.0002_scans").guard
_OWN_BOOKS = "own_books using ((select bocage_service()) = 'parcel')"


class Migration(migrations.Migration):
    """Lockers and their compartments. Which parcel lies in one is Parcel's own book."""

    dependencies = [("parcel", "0004_lean")]
    operations = [
        migrations.CreateModel(
            name="LockerRow",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("carrier_id", models.UUIDField()),
                ("name", models.CharField(max_length=80)),
                ("street", models.CharField(max_length=120)),
                ("postcode", models.CharField(max_length=10)),
                ("city", models.CharField(max_length=60)),
                ("is_open", models.BooleanField(default=True)),
            ],
            options={
                "db_table": "parcel_locker",
                "indexes": [models.Index(fields=["carrier_id", "name"], name="parcel_locker_carrier")],
            },
        ),
        migrations.CreateModel(
            name="CompartmentRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.SmallIntegerField()),
                ("size", models.SmallIntegerField()),
                ("shipment_id", models.UUIDField(null=True, unique=True)),
                ("until", models.DateTimeField(null=True)),
                ("filled_at", models.DateTimeField(null=True)),
                ("opened_by", models.UUIDField(null=True)),
                (
                    "locker",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="parcel.lockerrow"),
                ),
            ],
            options={
                "db_table": "parcel_compartment",
                "constraints": [
                    models.UniqueConstraint(fields=["locker", "number"], name="parcel_compartment_number"),
                    models.CheckConstraint(condition=Q(size__in=[1, 2, 3]), name="parcel_compartment_size"),
                    models.CheckConstraint(
                        condition=Q(shipment_id=None, until=None, filled_at=None)
                        | Q(shipment_id__isnull=False, until__isnull=False),
                        name="parcel_compartment_kept",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["until"], condition=Q(until__isnull=False), name="parcel_compartment_until")
                ],
            },
        ),
        guard("parcel_locker", "all_read for select using (true)", _OWN_BOOKS),
        guard("parcel_compartment", _OWN_BOOKS),
    ]
