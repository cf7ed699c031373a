"""Which accounts are the house's, for doors that may pay people alone."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_sealing")]
    operations = [migrations.RunSQL((_SQL / "bulk.sql").read_text())]
