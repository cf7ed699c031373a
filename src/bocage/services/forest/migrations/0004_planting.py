"""Real trees: campaigns of partners, one certificate a tree, and what partners saw of it."""

from django.db import migrations, models

import bocage.kernel.ids
from bocage.services.forest.guarding import guard

UUID_KEY = {"default": bocage.kernel.ids.uuid7, "editable": False, "primary_key": True, "serialize": False}
SUBJECT = "(select bocage_subject())"
PERSONALLY = "(select bocage_service()) = ''"
SOMEBODY = "(select bocage_actor()) is not null"
BOTH = f"both_sides using ({SUBJECT} in (person_id, organisation_id) and {PERSONALLY})"


class Migration(migrations.Migration):
    dependencies = [("forest", "0003_together")]
    operations = [
        migrations.CreateModel(
            "Campaign",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("organisation_id", models.UUIDField()),
                ("name", models.CharField(max_length=60)),
                ("species", models.CharField(max_length=60)),
                ("latitude", models.DecimalField(decimal_places=5, max_digits=8)),
                ("longitude", models.DecimalField(decimal_places=5, max_digits=8)),
                ("price_grams", models.PositiveIntegerField()),
                ("survival_percent", models.PositiveSmallIntegerField()),
                ("trees", models.PositiveIntegerField()),
                ("opened_at", models.DateTimeField()),
            ],
            options={"db_table": "forest_campaign"},
        ),
        migrations.CreateModel(
            "Certificate",
            [
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("person_id", models.UUIDField()),
                ("organisation_id", models.UUIDField()),
                ("campaign_id", models.UUIDField()),
                ("claims", models.TextField()),
                ("key_id", models.UUIDField()),
                ("signature", models.BinaryField()),
                ("signed_at", models.DateTimeField()),
                ("state", models.CharField(default="ordered", max_length=10)),
            ],
            options={
                "db_table": "forest_certificate",
                "indexes": [
                    models.Index(fields=["person_id", "-id"], name="forest_certificate_person"),
                    models.Index(fields=["organisation_id", "-id"], name="forest_certificate_partner"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(state__in=["ordered", "alive", "dead"]), name="forest_certificate_state"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "Audit",
            [
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("certificate_id", models.UUIDField()),
                ("person_id", models.UUIDField()),
                ("organisation_id", models.UUIDField()),
                ("seen", models.CharField(max_length=10)),
                ("latitude", models.DecimalField(decimal_places=5, max_digits=8)),
                ("longitude", models.DecimalField(decimal_places=5, max_digits=8)),
                ("photo_id", models.UUIDField(null=True)),
                ("photo_digest", models.CharField(blank=True, max_length=64)),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "db_table": "forest_audit",
                "indexes": [models.Index(fields=["certificate_id", "seen_at"], name="forest_audit_by_tree")],
            },
        ),
        guard(
            "forest_campaign",
            f"signed_in_read for select using ({SOMEBODY})",
            f"partner_writes using (organisation_id = {SUBJECT} and {PERSONALLY})",
        ),
        guard("forest_certificate", BOTH),
        guard("forest_audit", BOTH),
    ]
