"""The table behind Django's cache: unlogged, for what a crash may forget (rate limits, one-minute codes)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("acting", "0001_settings")]
    operations = [
        migrations.RunSQL(
            """
            create unlogged table bocage_cache (
                cache_key varchar(255) primary key, value text not null, expires timestamptz not null
            );
            create index bocage_cache_expires on bocage_cache (expires);
            """,
            "drop table bocage_cache",
        )
    ]
