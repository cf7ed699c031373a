from django.db import migrations, models


class Migration(migrations.Migration):
    """What needs more care: handed over against a document, kept cool."""

    dependencies = [("parcel", "0007_courier_times")]
    operations = [
        migrations.AddField("ShipmentRow", "needs_identity", models.BooleanField(default=False)),
        migrations.AddField("ShipmentRow", "is_cool", models.BooleanField(default=False)),
        migrations.AddField("ShipmentRow", "was_warm_at", models.DateTimeField(null=True)),
    ]
