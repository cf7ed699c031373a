from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Who was erased while a parcel was on its way is forgotten in it when it has arrived."""

    dependencies = [("parcel", "0002_scans")]
    operations = [
        migrations.AddField("ShipmentRow", "sender_erased", models.BooleanField(default=False)),
        migrations.AddField("ShipmentRow", "receiver_erased", models.BooleanField(default=False)),
        migrations.AddIndex(
            "ShipmentRow",
            models.Index(
                fields=["id"], condition=Q(sender_erased=True) | Q(receiver_erased=True), name="parcel_shipment_erased"
            ),
        ),
    ]
