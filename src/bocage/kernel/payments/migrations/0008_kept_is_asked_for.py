"""Kept money carries a day from which either side may ask for it; objections are disputes about what is kept."""

from django.db import migrations, models
from django.db.models import F, Q

# What is kept already may be asked for 30 days after it was set aside. The table's owner passes its own guard meanwhile.
_DAYS = """
alter table payments_intent no force row level security;
update payments_intent set ask_from = created_at + interval '30 days'
    where kind = 'escrow' and state = 'authorised' and service = '';
alter table payments_intent force row level security;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_mandate_paused")]
    operations = [
        migrations.AddField(model_name="intent", name="ask_from", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="intent", name="asked_by", field=models.UUIDField(null=True)),
        migrations.AddField(model_name="intent", name="asked_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="intent", name="asked_reason", field=models.CharField(default="", max_length=40)
        ),
        migrations.AddField(model_name="intent", name="lapses_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="dispute", name="kept", field=models.BooleanField(default=False)),
        migrations.RunSQL(_DAYS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="intent",
            constraint=models.CheckConstraint(
                condition=Q(asked_by=None, asked_at=None, lapses_at=None)
                | Q(asked_at__gte=F("ask_from"), asked_by__in=[F("payer_id"), F("payee_id")]),
                name="payments_asked",
            ),
        ),
        migrations.AddIndex(
            model_name="intent",
            index=models.Index(
                fields=["lapses_at"],
                condition=Q(state="authorised", lapses_at__isnull=False),
                name="payments_lapsing",
            ),
        ),
        migrations.AddIndex(
            model_name="quote",
            index=models.Index(fields=["owner_id", "-created_at"], name="payments_quote_of_owner"),
        ),
    ]
