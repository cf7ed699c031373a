"""A message is seen by its person, and by the service that sends it; anyone may write one."""

from django.db import migrations

from bocage.kernel.acting.rls import protect

_POLICIES = """
create policy anyone_writes on outbox_message for insert with check (true);
create policy sending_rows on outbox_message using ((select bocage_service()) = 'messages');
"""


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial"), ("acting", "0001_settings")]
    operations = [
        protect("outbox_message", "person_id"),
        migrations.RunSQL(
            _POLICIES,
            "drop policy sending_rows on outbox_message; drop policy anyone_writes on outbox_message;",
        ),
    ]
