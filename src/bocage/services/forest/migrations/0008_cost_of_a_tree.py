from django.db import migrations, models


class Migration(migrations.Migration):
    """What one tree costs a partner, so that a campaign's budget shows in money too; 0 where it was not said."""

    dependencies = [("forest", "0007_financial_year")]
    operations = [
        migrations.AddField("Campaign", "cost_minor", models.PositiveIntegerField(default=0)),
    ]
