from django.db import migrations, models

import bocage.kernel.clock
import bocage.services.parcel.types


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DeliveryCode",
            fields=[
                ("shipment_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("code", models.CharField(max_length=6)),
                ("wrong_tries", models.SmallIntegerField(default=0)),
            ],
            options={
                "db_table": "parcel_delivery_code",
            },
        ),
        migrations.CreateModel(
            name="CarrierRow",
            fields=[
                ("organisation_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("company_prefix", models.CharField(max_length=12, unique=True)),
                ("s10_service", models.CharField(max_length=2)),
                ("country", models.CharField(max_length=2)),
                ("next_serial", models.BigIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
            ],
            options={
                "db_table": "parcel_carrier",
                "constraints": [
                    models.UniqueConstraint(fields=("s10_service", "country"), name="parcel_carrier_s10"),
                    models.CheckConstraint(condition=models.Q(("next_serial__gte", 1)), name="parcel_carrier_serial"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentRow",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("sender_id", models.UUIDField()),
                ("receiver_id", models.UUIDField(null=True)),
                ("carrier_id", models.UUIDField()),
                ("courier_id", models.UUIDField(null=True)),
                ("sender_name", models.CharField(max_length=80)),
                ("sender_street", models.CharField(max_length=120)),
                ("sender_postcode", models.CharField(max_length=10)),
                ("sender_city", models.CharField(max_length=60)),
                ("receiver_name", models.CharField(max_length=80)),
                ("receiver_street", models.CharField(max_length=120)),
                ("receiver_postcode", models.CharField(max_length=10)),
                ("receiver_city", models.CharField(max_length=60)),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("weight_grams", models.IntegerField()),
                ("zone", models.CharField(max_length=8)),
                ("speed", models.CharField(max_length=8)),
                ("amount_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("lines", models.JSONField(default=list)),
                ("sscc", models.BigIntegerField(null=True, unique=True)),
                ("s10", models.CharField(max_length=13, null=True, unique=True)),
                ("token", models.CharField(max_length=26, unique=True)),
                ("status", models.SmallIntegerField(default=bocage.services.parcel.types.Status["DRAFT"])),
                ("step", models.SmallIntegerField(default=0)),
                ("disposition", models.SmallIntegerField(default=0)),
                ("place_id", models.IntegerField(null=True)),
                ("moved_at", models.DateTimeField(null=True)),
                ("moved_by", models.UUIDField(null=True)),
                ("told", models.SmallIntegerField(default=bocage.services.parcel.types.Status["DRAFT"])),
                ("is_taken", models.BooleanField(default=False)),
                ("due_on", models.DateField(null=True)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("is_demo", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "parcel_shipment",
                "indexes": [
                    models.Index(fields=["sender_id", "-created_at"], name="parcel_shipment_sent"),
                    models.Index(fields=["receiver_id", "-created_at"], name="parcel_shipment_received"),
                    models.Index(fields=["carrier_id", "status", "moved_at"], name="parcel_shipment_carried"),
                    models.Index(fields=["courier_id", "status"], name="parcel_shipment_tour"),
                    models.Index(
                        condition=models.Q(("told", models.F("status")), _negated=True),
                        fields=["id"],
                        name="parcel_shipment_untold",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("zone__in", ["quarter", "town", "country"])), name="parcel_shipment_zone"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("speed__in", ["same_day", "next_day", "economy"])),
                        name="parcel_shipment_speed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", [0, 10, 20, 30, 40, 50, 60, 65, 70, 80, 90])),
                        name="parcel_shipment_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weight_grams__gt", 0), ("weight_grams__lte", 30000)),
                        name="parcel_shipment_weight",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", bocage.services.parcel.types.Status["DRAFT"]),
                            models.Q(("due_on__isnull", False), ("s10__isnull", False), ("sscc__isnull", False)),
                            _connector="OR",
                        ),
                        name="parcel_shipment_has_numbers",
                    ),
                ],
            },
        ),
    ]
