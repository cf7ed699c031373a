"""Lane B in three exchanges a batch: read, write and seal, commit. Rows come as one parameter, by no temporary table."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "sql"
_FORMER = """
drop function if exists ledger_write_batch(bigint, uuid[], bigint[], bigint[], bigint[], bigint[], uuid[], uuid[], bigint,
    bigint[], bytea, bytea, bytea, bytea, timestamptz);
drop function if exists ledger_open_incoming();
drop function if exists ledger_check_incoming();
"""
# Compressing 64 kB of numbers took longer than writing them does.
_MEMBERS = "alter table ledger_batch alter seqs set storage external;"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_house_accounts")]
    operations = [
        migrations.RunSQL(_FORMER),
        migrations.RunSQL((_SQL / "lane_b.sql").read_text()),
        migrations.RunSQL(_MEMBERS),
    ]
