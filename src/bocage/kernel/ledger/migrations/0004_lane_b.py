"""Lane B: its one writer, and what it may read."""

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
        migrations.RunSQL((_SQL / "lane_b.sql").read_text()),
        migrations.RunSQL(_GRANTS),
    ]
