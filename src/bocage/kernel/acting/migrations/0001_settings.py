"""SQL names for the transaction-local settings that say who acts."""

from django.db import migrations

_FUNCTIONS = """
create function bocage_actor() returns uuid language sql stable parallel safe
    return nullif(current_setting('bocage.actor', true), '')::uuid;
create function bocage_subject() returns uuid language sql stable parallel safe
    return nullif(current_setting('bocage.subject', true), '')::uuid;
create function bocage_service() returns text language sql stable parallel safe
    return coalesce(current_setting('bocage.service', true), '');
"""


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            _FUNCTIONS, "drop function bocage_actor(); drop function bocage_subject(); drop function bocage_service();"
        )
    ]
