"""Holds whose accounts change their lane while lane A waits for them."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_bulk")]
    operations = [migrations.RunSQL((_SQL / "lane_races.sql").read_text())]
