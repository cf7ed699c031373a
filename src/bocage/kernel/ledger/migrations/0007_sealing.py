"""Marks that name the changed row of a batch, a seal for each lane alone, and every function as it is written now.

Batches that were sealed before have no marks: an audit names their span. The functions are those that a new database
has from the migrations before; here they come to those that had former ones.
"""

from pathlib import Path

from django.db import migrations, models

_SQL = Path(__file__).resolve().parent.parent / "sql"
_FORMER = """
drop function if exists ledger_seal(text, bigint, bigint[], bytea, bytea, bytea, timestamptz);
drop function if exists
    ledger_write_batch(bigint, uuid[], bigint[], bigint[], bigint[], bigint[], uuid[], uuid[]);
"""
_MARKS = """
alter table ledger_batch add constraint ledger_batch_marks check (length(leaf_marks) = 4 * count);
alter table ledger_batch alter leaf_marks set storage external;
"""


def _functions() -> str:
    return f"set local role bocage_ledger;\n{(_SQL / 'functions.sql').read_text()}\nset local role none;"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_lane_races")]
    operations = [
        migrations.AddField("batch", "leaf_marks", models.BinaryField(null=True)),
        migrations.RunSQL(_MARKS),
        migrations.RunSQL(_FORMER),
        migrations.RunSQL(_functions()),
        migrations.RunSQL((_SQL / "sealing.sql").read_text()),
        migrations.RunSQL((_SQL / "lane_b.sql").read_text()),
    ]
