from django.db import migrations, models

import bocage.kernel.clock
import bocage.kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("payload", models.JSONField()),
                ("reason", models.CharField(max_length=500)),
                ("state", models.CharField(default="open", max_length=10)),
                ("maker_id", models.UUIDField(db_index=True)),
                ("checker_id", models.UUIDField(blank=True, null=True)),
                ("proposed_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_reason", models.CharField(blank=True, default="", max_length=500)),
            ],
            options={
                "indexes": [models.Index(fields=["state", "-proposed_at"], name="approvals_state_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "approved", "rejected", "withdrawn", "expired"])),
                        name="approvals_proposal_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker_id", None),
                            models.Q(("checker_id", models.F("maker_id")), _negated=True),
                            ("state", "withdrawn"),
                            _connector="OR",
                        ),
                        name="approvals_checker_is_not_maker",
                    ),
                ],
            },
        ),
    ]
