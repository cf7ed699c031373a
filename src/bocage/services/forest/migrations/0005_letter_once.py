from django.db import migrations, models


class Migration(migrations.Migration):
    """Which month's letter went out last, so that a job that runs twice sends it once."""

    dependencies = [("forest", "0004_planting")]
    operations = [
        migrations.AddField("Preference", "letter_of", models.DateField(null=True)),
    ]
