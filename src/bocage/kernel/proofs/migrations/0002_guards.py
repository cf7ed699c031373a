"""Checkpoints are public and never change; leaves of a batch are hashes, so whoever serves may ask for them."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "sql"
_GUARD = """
revoke update, delete, truncate on proofs_checkpoint from bocage_app, bocage_deliverer;
grant select on proofs_checkpoint to bocage_auditor;
grant select on signing_key to bocage_auditor;
create trigger proofs_checkpoint_is_append_only before update or delete or truncate on proofs_checkpoint
    for each statement execute function ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("proofs", "0001_initial"), ("ledger", "0003_chain"), ("keys", "0002_guards")]
    operations = [migrations.RunSQL(_GUARD), migrations.RunSQL((_SQL / "leaves.sql").read_text())]
