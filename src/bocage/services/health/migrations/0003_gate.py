"""What gates keep: tokens that are spent, until these end, and counts of colours by the hour."""

from django.db import migrations, models

from bocage.kernel.acting.rls import keep_private


class Migration(migrations.Migration):
    dependencies = [("health", "0002_private")]
    operations = [
        migrations.CreateModel(
            name="SpentToken",
            fields=[
                ("nonce", models.BinaryField(editable=False, primary_key=True, serialize=False)),
                ("attempt", models.BinaryField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "health_spent_token",
                "indexes": [models.Index(fields=["expires_at"], name="health_spent_token_by_end")],
            },
        ),
        migrations.CreateModel(
            name="GateHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organisation_id", models.UUIDField()),
                ("hour", models.DateTimeField()),
                ("colour", models.CharField(max_length=8)),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "health_gate_hour",
                "constraints": [
                    models.UniqueConstraint(fields=("organisation_id", "hour", "colour"), name="health_gate_hour_one")
                ],
            },
        ),
        keep_private("health_spent_token", "health"),
        keep_private("health_gate_hour", "health"),
    ]
