"""A payer's transfers of batches, by which its day is counted once: its own, and payments' to sweep."""

from django.db import migrations

from bocage.kernel.acting.rls import protect


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_counted")]
    operations = [
        protect("payments_counted", "payer_id"),
        migrations.RunSQL(
            "create policy operating on payments_counted using ((select bocage_service()) = 'payments')",
            "drop policy operating on payments_counted",
        ),
    ]
