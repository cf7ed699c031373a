from django.db import migrations, models


class Migration(migrations.Migration):
    """What was paid on delivery and went back is not paid any more: each payment of a parcel has an id of its own."""

    dependencies = [("parcel", "0008_care")]
    operations = [
        migrations.AddField("ShipmentRow", "on_delivery_returns", models.SmallIntegerField(default=0)),
    ]
