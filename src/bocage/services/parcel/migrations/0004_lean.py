from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

guard = import_module("bocage.services.parcel.migrations.0002_scans").guard
_PARCEL = "(select bocage_service()) = 'parcel'"


class Migration(migrations.Migration):
    """What most scans change is in no index, and a page keeps room for it: a scan then writes one row and no more."""

    dependencies = [("parcel", "0003_erased")]
    operations = [
        migrations.AddField("ShipmentRow", "was_corrected", models.BooleanField(default=False)),
        migrations.AddField(
            "ShipmentRow",
            "is_running",
            models.GeneratedField(
                expression=models.ExpressionWrapper(~Q(status__in=[0, 70, 80, 90]), output_field=models.BooleanField()),
                output_field=models.BooleanField(),
                db_persist=True,
            ),
        ),
        migrations.AddField("DeliveryCode", "times_anew", models.SmallIntegerField(default=0)),
        # Another carrier that says the same event of the same parcel must not be in the way of the first one's.
        migrations.RunSQL(
            "alter table parcel_scan drop constraint parcel_scan_pkey;"
            " alter table parcel_scan add primary key (sscc, at, event_id, organisation_id)",
            "alter table parcel_scan drop constraint parcel_scan_pkey;"
            " alter table parcel_scan add primary key (sscc, at, event_id)",
        ),
        migrations.CreateModel(
            name="UntoldRow",
            fields=[("shipment_id", models.UUIDField(editable=False, primary_key=True, serialize=False))],
            options={"db_table": "parcel_untold"},
        ),
        guard("parcel_untold", f"own_books using ({_PARCEL})"),
        migrations.RunSQL(
            "alter table parcel_shipment no force row level security; alter table parcel_scan no force row level"
            " security; alter table parcel_untold no force row level security;"
            " insert into parcel_untold select id from parcel_shipment where told <> status and status <> 0;"
            " update parcel_shipment s set was_corrected = true where exists (select from parcel_scan c"
            " where c.sscc = s.sscc and c.organisation_id = s.carrier_id and c.body ? 'errorDeclaration');"
            " alter table parcel_shipment force row level security; alter table parcel_scan force row level security;"
            " alter table parcel_untold force row level security",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("ShipmentRow", "s10", models.CharField(max_length=13, null=True)),
        migrations.AlterField("ShipmentRow", "token", models.CharField(max_length=26)),
        migrations.AddConstraint("ShipmentRow", models.UniqueConstraint(fields=["s10"], name="parcel_shipment_s10")),
        migrations.AddConstraint(
            "ShipmentRow", models.UniqueConstraint(fields=["token"], name="parcel_shipment_token")
        ),
        migrations.RemoveIndex("ShipmentRow", "parcel_shipment_carried"),
        migrations.RemoveIndex("ShipmentRow", "parcel_shipment_tour"),
        migrations.RemoveIndex("ShipmentRow", "parcel_shipment_untold"),
        migrations.AddIndex(
            "ShipmentRow",
            models.Index(fields=["carrier_id", "due_on"], condition=Q(is_running=True), name="parcel_shipment_running"),
        ),
        migrations.AddIndex(
            "ShipmentRow",
            models.Index(fields=["courier_id"], condition=Q(is_running=True), name="parcel_shipment_tour"),
        ),
        migrations.RunSQL(
            "alter table parcel_shipment set (fillfactor = 70)", "alter table parcel_shipment reset (fillfactor)"
        ),
    ]
