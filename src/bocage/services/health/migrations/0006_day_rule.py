"""What a scheme's budget makes of each day: thresholds and counts, about nobody."""

from django.db import migrations, models

import bocage.kernel.ids
from bocage.kernel.acting.rls import keep_private


class Migration(migrations.Migration):
    dependencies = [("health", "0005_holder_and_housemates")]
    operations = [
        migrations.CreateModel(
            name="DayRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("scheme_id", models.UUIDField()),
                ("day", models.DateField()),
                ("yellow", models.FloatField()),
                ("release", models.FloatField()),
                ("red", models.FloatField()),
                ("people", models.PositiveIntegerField()),
                ("places", models.PositiveIntegerField()),
                ("spent_days", models.FloatField()),
                ("cost_days", models.FloatField()),
            ],
            options={
                "db_table": "health_day_rule",
                "constraints": [
                    models.UniqueConstraint(fields=("scheme_id", "day"), name="health_day_rule_one"),
                ],
            },
        ),
        keep_private("health_day_rule", "health", saved=True),
    ]
