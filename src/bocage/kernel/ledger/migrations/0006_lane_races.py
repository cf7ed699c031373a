"""Nothing any more: its functions are in `sql/functions.sql`, which 0007 brings to databases that had them from here."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_bulk")]
    operations = []
