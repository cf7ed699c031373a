"""In whose name certificates and passes on paper were issued: gone after 14 days or with the scheme."""

from importlib import import_module

from django.db import migrations, models

from bocage.kernel.acting.rls import keep_private

_former = import_module("bocage.services.health.migrations.0005_holder_and_housemates")
AGES = _former.AGES | _former.NEW


def functions(ages: dict[str, str]) -> str:
    """Sweep and end over these tables."""
    sweep: str = _former._counted("bocage_health_sweep", "before timestamptz", "{age} < before", ages)
    end: str = _former._counted("bocage_health_end", "", "true", ages)
    return sweep + end


class Migration(migrations.Migration):
    dependencies = [("health", "0006_day_rule")]
    operations = [
        migrations.CreateModel(
            name="IssuedName",
            fields=[
                ("person_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                ("until", models.DateTimeField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "health_issued_name"},
        ),
        keep_private("health_issued_name", "health", "person_id"),
        migrations.RunSQL(functions(AGES | {"health_issued_name": "at"}), functions(AGES)),
    ]
