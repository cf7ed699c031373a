"""What detectors were forecast to read, beside what they then read; and that an erased record is out of the engine."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("city", "0007_log_kept")]
    operations = [
        migrations.AddField("judging", "forgotten", models.BigIntegerField(default=0)),
        migrations.CreateModel(
            name="Forecast",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=80)),
                ("minutes", models.PositiveSmallIntegerField()),
                ("for_at", models.DateTimeField()),
                ("speed_kmh", models.FloatField()),
                ("low_kmh", models.FloatField()),
                ("high_kmh", models.FloatField()),
            ],
            options={
                "db_table": "city_forecast",
                "indexes": [models.Index(fields=["for_at"], name="city_forecast_by_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "minutes", "for_at"), name="city_forecast_once")
                ],
            },
        ),
    ]
