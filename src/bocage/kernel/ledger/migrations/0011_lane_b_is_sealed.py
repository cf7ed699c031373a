"""What lane B writes is sealed in the transaction that writes it, or that transaction does not commit."""

from pathlib import Path

from django.db import migrations, models

_SQL = Path(__file__).resolve().parent.parent / "sql"
# Deferred to the commit, and looked at for one row a batch: a check of each transfer would cost as much as writing it.
_CHECK = """
set local role bocage_ledger;
create or replace function ledger_refuse_unsealed() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (select from ledger_lane where unsealed_rows <> 0 or unsealed_seqs <> 0) then
        raise exception 'lane B may not keep rows that no batch seals, nor a batch of other rows'
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;
set local role none;
create constraint trigger ledger_lane_is_sealed after update on ledger_lane deferrable initially deferred
    for each row when (new.unsealed_rows <> 0 or new.unsealed_seqs <> 0) execute function ledger_refuse_unsealed();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_by_index")]
    operations = [
        migrations.AddField("lane", "unsealed_rows", models.IntegerField(db_default=0)),
        migrations.AddField("lane", "unsealed_seqs", models.BigIntegerField(db_default=0)),
        migrations.RunSQL((_SQL / "lane_b.sql").read_text()),
        migrations.RunSQL(_CHECK),
    ]
