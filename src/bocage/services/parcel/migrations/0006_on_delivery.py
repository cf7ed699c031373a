from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What a receiver pays before the door opens."""

    dependencies = [("parcel", "0005_lockers")]
    operations = [
        migrations.AddField("ShipmentRow", "on_delivery_minor", models.BigIntegerField(default=0)),
        migrations.AddField("ShipmentRow", "is_on_delivery_paid", models.BooleanField(default=False)),
        migrations.AddField("ShipmentRow", "is_on_delivery_settled", models.BooleanField(default=False)),
        migrations.AddConstraint(
            "ShipmentRow",
            models.CheckConstraint(
                condition=Q(on_delivery_minor=0)
                | Q(on_delivery_minor__gt=0, on_delivery_minor__lte=250_000, receiver_id__isnull=False),
                name="parcel_shipment_on_delivery",
            ),
        ),
    ]
