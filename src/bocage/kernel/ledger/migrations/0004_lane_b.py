"""Lane B: its one writer, balancing transfers in both lanes, and what each lane leaves to the other."""

from pathlib import Path

from django.db import migrations, models

_SQL = Path(__file__).resolve().parent.parent / "sql"

_RIGHTS = """
insert into ledger_lane (lane, epoch, holder, switches) values ('B', 0, '', 0);
revoke all on ledger_lane from bocage_app, bocage_deliverer;
grant select on ledger_lane to bocage_app, bocage_deliverer, bocage_auditor, bocage_poster;
grant select, update on ledger_lane to bocage_ledger;
"""
_GRANTS = """
set local role bocage_ledger;
revoke all on function
    ledger_move(text, uuid, uuid, uuid, bigint, text, text, text, timestamptz, uuid, smallint, smallint, boolean),
    ledger_again(text, uuid, uuid, uuid, bigint, text, text, text, uuid, timestamptz, uuid, smallint, smallint, boolean),
    ledger_stop_lane_b(uuid[]),
    ledger_post_up_to(uuid, uuid, uuid, bigint, text, text, text),
    ledger_set_lane(uuid[], text),
    ledger_take_lane(text), ledger_begin_batch(bigint), ledger_next_seqs(integer),
    ledger_write_batch(bigint, uuid[], bigint[], bigint[], bigint[], bigint[], uuid[], uuid[])
    from public;
grant execute on function ledger_post_up_to(uuid, uuid, uuid, bigint, text, text, text)
    to bocage_app, bocage_deliverer;
grant execute on function ledger_set_lane(uuid[], text) to bocage_app;
grant execute on function ledger_take_lane(text), ledger_begin_batch(bigint), ledger_next_seqs(integer),
    ledger_write_batch(bigint, uuid[], bigint[], bigint[], bigint[], bigint[], uuid[], uuid[]),
    ledger_seal(text, bigint, bigint[], bytea, bytea, bytea, timestamptz)
    to bocage_poster;
set local role none;
grant select on ledger_account, ledger_transfer, ledger_pending, ledger_batch, ledger_unit to bocage_poster;
create policy poster_reads on ledger_account for select to bocage_poster using (true);
create policy poster_reads on ledger_transfer for select to bocage_poster using (true);
create policy poster_reads on ledger_pending for select to bocage_poster using (true);
grant insert on event to bocage_poster;
grant usage on sequence event_seq_seq to bocage_poster;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_chain"), ("events", "0002_guards")]
    operations = [
        migrations.CreateModel(
            name="Lane",
            fields=[
                ("lane", models.CharField(max_length=1, primary_key=True, serialize=False)),
                ("epoch", models.BigIntegerField(default=0)),
                ("holder", models.CharField(default="", max_length=80)),
                ("taken_at", models.DateTimeField(null=True)),
                ("switches", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(_RIGHTS),
        migrations.RunSQL((_SQL / "lanes.sql").read_text()),
        migrations.RunSQL((_SQL / "lane_b.sql").read_text()),
        migrations.RunSQL(_GRANTS),
    ]
