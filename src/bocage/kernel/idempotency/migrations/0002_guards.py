"""Answers are their subject's own; only the sweep passes by that, and it shows none."""

from django.db import migrations

from bocage.kernel.acting.rls import protect

_SWEEP = """
create policy owner_rows on idempotency_answer to current_user using (true);
create function bocage_sweep_answers(before timestamptz) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
begin atomic
    with gone as (delete from idempotency_answer where created_at < before returning 1) select count(*) from gone;
end;
"""


class Migration(migrations.Migration):
    dependencies = [("idempotency", "0001_initial"), ("acting", "0001_settings")]
    operations = [
        protect("idempotency_answer", "actor_id"),
        migrations.RunSQL(
            _SWEEP,
            "drop function bocage_sweep_answers(timestamptz); drop policy owner_rows on idempotency_answer;",
        ),
    ]
