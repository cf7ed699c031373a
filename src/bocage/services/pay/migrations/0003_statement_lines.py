"""The table of the bank's statements' lines, beside the ledger."""

import django.contrib.postgres.fields
from django.db import migrations, models

import bocage.kernel.clock
import bocage.kernel.ids
import bocage.services.pay.types


class Migration(migrations.Migration):
    dependencies = [
        ("pay", "0002_guard"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account", models.CharField(blank=True, max_length=64)),
                ("fingerprint", models.CharField(max_length=64)),
                ("reference", models.CharField(blank=True, max_length=140)),
                ("names", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=140))),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("booked_on", models.DateField()),
                ("party_name", models.CharField(blank=True, max_length=140)),
                ("text", models.CharField(blank=True, max_length=280)),
                ("file_name", models.CharField(max_length=120)),
                ("source_line", models.IntegerField()),
                (
                    "finding",
                    models.CharField(default=bocage.services.pay.types.LineFinding["UNMATCHED"], max_length=14),
                ),
                ("movement_id", models.UUIDField(null=True)),
                ("candidates", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list)),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("at", models.DateTimeField(default=bocage.kernel.clock.now)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["finding", "-booked_on", "-id"], name="pay_statement_line_finding_day"),
                    models.Index(fields=["booked_on"], name="pay_statement_line_day"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "finding__in",
                                [
                                    "reference",
                                    "amount_and_day",
                                    "operator",
                                    "explained",
                                    "unmatched",
                                    "ambiguous",
                                    "duplicate",
                                    "differs",
                                    "not_posted",
                                ],
                            )
                        ),
                        name="pay_statement_line_finding",
                    ),
                    models.UniqueConstraint(
                        fields=("account", "fingerprint", "reference"), name="pay_statement_line_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("movement_id__isnull", False)),
                        fields=("movement_id",),
                        name="pay_statement_line_movement",
                    ),
                ],
            },
        ),
    ]
