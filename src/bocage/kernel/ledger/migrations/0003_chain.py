"""Sealed batches, and what lets the sealer find the transfers that are in none."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

import bocage.kernel.transaction_ids

_SQL = Path(__file__).resolve().parent.parent / "sql"

# What is there already belongs to this migration's transaction, and so to the first batches.
_STATE = """
insert into ledger_sealer (id, cluster, xid, seq, restored)
    select 1, system_identifier, '0'::xid8, 0, false from pg_control_system();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_functions")]
    operations = [
        migrations.AddField("transfer", "up_to_minor", models.BigIntegerField(null=True)),
        migrations.AddField(
            "transfer",
            "xid",
            bocage.kernel.transaction_ids.TransactionIdField(
                db_default=models.Func(function="pg_current_xact_id"), editable=False, null=True
            ),
        ),
        migrations.AddIndex(
            "transfer",
            models.Index(
                condition=models.Q(("xid__isnull", False)), fields=["xid", "seq"], name="ledger_transfer_unsealed"
            ),
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lane", models.CharField(max_length=1)),
                ("number", models.BigIntegerField()),
                ("first_seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("count", models.IntegerField()),
                ("seqs", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("previous_hash", models.BinaryField()),
                ("merkle_root", models.BinaryField()),
                ("hash", models.BinaryField()),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("lane", "number"), name="ledger_batch_number")],
            },
        ),
        migrations.CreateModel(
            name="Sealer",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("cluster", models.BigIntegerField()),
                ("xid", bocage.kernel.transaction_ids.TransactionIdField()),
                ("seq", models.BigIntegerField()),
                ("restored", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="ledger_sealer_is_one")],
            },
        ),
        migrations.RunSQL(_STATE),
        migrations.RunSQL((_SQL / "chain.sql").read_text()),
    ]
