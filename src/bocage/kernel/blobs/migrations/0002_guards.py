"""A blob is its owner's; the sweep sees what is due."""

from django.db import migrations

from bocage.kernel.acting.rls import protect

_POLICIES = "create policy sweep_rows on blob using ((select bocage_service()) = 'blobs');"


class Migration(migrations.Migration):
    dependencies = [("blobs", "0001_initial"), ("acting", "0001_settings")]
    operations = [protect("blob", "owner_id"), migrations.RunSQL(_POLICIES, "drop policy sweep_rows on blob;")]
