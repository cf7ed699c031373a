"""The table of checkpoints."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("text", models.CharField(max_length=2_000)),
                ("key_id", models.UUIDField()),
                ("signature", models.BinaryField()),
                ("signed_at", models.DateTimeField()),
            ],
        ),
    ]
