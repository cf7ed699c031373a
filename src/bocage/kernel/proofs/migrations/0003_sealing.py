"""How far the chain is behind, for the figures that are watched."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("proofs", "0002_guards"), ("ledger", "0006_lane_races")]
    operations = [migrations.RunSQL((_SQL / "sealing.sql").read_text(), "drop function ledger_sealing()")]
