"""Many transfers in one call in lane A."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_lane_b")]
    operations = [migrations.RunSQL((_SQL / "bulk.sql").read_text())]
