"""A mandate may rest: since when, until its payer goes on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_guards_of_counted")]
    operations = [
        migrations.AddField(model_name="mandate", name="paused_at", field=models.DateTimeField(null=True)),
    ]
