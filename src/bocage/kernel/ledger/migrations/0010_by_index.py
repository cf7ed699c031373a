"""Lane B's functions read by index whatever the tables were when they were planned; for databases that had former ones."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_one_exchange")]
    operations = [migrations.RunSQL((_SQL / "lane_b.sql").read_text())]
