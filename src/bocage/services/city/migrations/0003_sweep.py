"""The sweep of old reports sees those too whose citizen has taken her agreement back: they were kept for ever."""

from django.db import migrations

TABLES = ("city_report", "city_report_step")


class Migration(migrations.Migration):
    dependencies = [("city", "0002_stream_and_guards")]
    operations = [
        migrations.RunSQL(
            f"create policy owner_rows on {table} to current_user using (true)", f"drop policy owner_rows on {table}"
        )
        for table in TABLES
    ]
