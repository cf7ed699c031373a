from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

scans = import_module("bocage.services.parcel.migrations.0002_scans")


class Migration(migrations.Migration):
    """Photos and signatures of deliveries, which sender and receiver see, and the carrier does not."""

    dependencies = [("parcel", "0009_given_back")]
    operations = [
        migrations.CreateModel(
            name="ProofRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shipment_id", models.UUIDField()),
                ("owner_id", models.UUIDField()),
                ("event_id", models.UUIDField()),
                ("kind", models.CharField(max_length=9)),
                ("blob_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("delete_after", models.DateTimeField()),
            ],
            options={
                "db_table": "parcel_proof",
                "indexes": [
                    models.Index(fields=["shipment_id", "kind", "-at"], name="parcel_proof_shipment"),
                    models.Index(fields=["owner_id"], name="parcel_proof_owner"),
                    models.Index(fields=["delete_after"], name="parcel_proof_due"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=Q(("kind__in", ["photo", "signature"])), name="parcel_proof_kind"),
                    models.UniqueConstraint(fields=("event_id", "kind"), name="parcel_proof_once"),
                ],
            },
        ),
        scans.guard(
            "parcel_proof",
            "sides_read for select using ((select bocage_service()) = '' and exists (select from parcel_shipment s"
            " where s.id = parcel_proof.shipment_id and (select bocage_subject()) in (s.sender_id, s.receiver_id)))",
            scans.OWN_BOOKS,
        ),
    ]
