import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import bocage.kernel.clock
import bocage.kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="HandleClaim",
            fields=[
                ("handle", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("party_id", models.UUIDField(db_index=True)),
                ("claimed_at", models.DateTimeField(default=bocage.kernel.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, null=True, unique=True)),
                ("handle", models.CharField(max_length=30, unique=True)),
                ("display_name", models.CharField(max_length=80)),
                ("language", models.CharField(default="en", max_length=2)),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("tier", models.CharField(default="none", max_length=10)),
                ("is_active", models.BooleanField(default=True)),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                ("frozen_reason", models.CharField(blank=True, default="", max_length=500)),
                ("frozen_by_id", models.UUIDField(blank=True, null=True)),
                ("deceased_on", models.DateField(blank=True, null=True)),
                ("passkey_declined_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now, editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="identity_person_email_lower",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("handle__regex", "^[a-z0-9][a-z0-9._-]{1,28}[a-z0-9]$")),
                        name="identity_person_handle_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "fr"])), name="identity_person_language"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tier__in", ["none", "contact", "document"])), name="identity_person_tier"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject_id", models.UUIDField()),
                ("name", models.CharField(max_length=80)),
                ("hint", models.CharField(max_length=12)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=20),
                ),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CounterCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.BinaryField(max_length=32)),
                ("issued_by_id", models.UUIDField()),
                ("issued_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counter_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OidcKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=10)),
                ("sealed", models.BinaryField()),
                ("issued_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["sign", "pairwise"])), name="identity_oidc_key_purpose"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("handle", models.CharField(max_length=30, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("kind", models.CharField(default="merchant", max_length=10)),
                ("mcc", models.CharField(blank=True, default="", max_length=4)),
                ("country", models.CharField(max_length=2)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                ("frozen_reason", models.CharField(blank=True, default="", max_length=500)),
                ("frozen_by_id", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now, editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("handle__regex", "^[a-z0-9][a-z0-9._-]{1,28}[a-z0-9]$")),
                        name="identity_organisation_handle_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mcc__regex", "^([0-9]{4})?$")), name="identity_organisation_mcc_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")), name="identity_organisation_country"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["merchant", "operator", "public", "charity"])),
                        name="identity_organisation_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCase",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.BinaryField(max_length=32)),
                ("speak_code", models.CharField(max_length=6)),
                ("state", models.CharField(default="open", max_length=10)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("opened_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("ripe_at", models.DateTimeField(blank=True, null=True)),
                ("closes_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recovery_cases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryFactor",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("by_id", models.UUIDField(blank=True, null=True)),
                ("given_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="factors", to="identity.recoverycase"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("role", models.CharField(max_length=10)),
                ("granted_by_id", models.UUIDField(null=True)),
                ("granted_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrustedPerson",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now, editable=False)),
                ("agreed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trusted_people",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "trusted",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trusted_by",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Mandate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("principal_id", models.UUIDField(db_index=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=20),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_by_id", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now, editable=False)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mandates_held",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="identity_mandate_ends"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("principal_id", models.F("agent_id")), _negated=True),
                        name="identity_mandate_for_other",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("role", models.CharField(max_length=10)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now, editable=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="identity.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "person"), name="identity_membership_once"),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["owner", "manager", "cashier", "auditor"])),
                        name="identity_membership_role",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="recoverycase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["open", "waiting"])),
                fields=("person",),
                name="identity_recovery_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverycase",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "waiting", "done", "cancelled", "expired"])),
                name="identity_recovery_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoveryfactor",
            constraint=models.UniqueConstraint(
                fields=("case", "kind", "by_id"), name="identity_recovery_factor_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="recoveryfactor",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["passkey", "trusted", "counter"])),
                name="identity_recovery_factor_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)), fields=("person", "role"), name="identity_role_granted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["operator", "approver", "auditor", "support"])),
                name="identity_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedperson",
            constraint=models.UniqueConstraint(fields=("person", "trusted"), name="identity_trusted_once"),
        ),
        migrations.AddConstraint(
            model_name="trustedperson",
            constraint=models.CheckConstraint(
                condition=models.Q(("person", models.F("trusted")), _negated=True), name="identity_trusted_is_other"
            ),
        ),
    ]
