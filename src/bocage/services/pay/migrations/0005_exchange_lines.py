"""Lines of money that was exchanged for another unit."""

from django.db import migrations, models
from django.db.models import Q

KINDS = ["paid", "taken", "refund", "sent", "received", "top_up", "pay_out", "exchange"]


class Migration(migrations.Migration):
    dependencies = [("pay", "0004_guard_statement_lines")]
    operations = [
        migrations.RemoveConstraint("line", "pay_line_kind"),
        migrations.AddConstraint("line", models.CheckConstraint(condition=Q(kind__in=KINDS), name="pay_line_kind")),
    ]
