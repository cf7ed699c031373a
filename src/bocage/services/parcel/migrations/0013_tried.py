from django.db import migrations, models


class Migration(migrations.Migration):
    """What could not be settled stands behind what nobody has tried yet."""

    dependencies = [("parcel", "0012_tours")]
    operations = [
        migrations.AddField("UntoldRow", "tried_at", models.DateTimeField(null=True)),
        migrations.AddIndex("UntoldRow", models.Index(fields=["tried_at", "shipment_id"], name="parcel_untold_next")),
    ]
