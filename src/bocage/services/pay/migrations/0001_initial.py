"""Pay's tables."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import bocage.kernel.clock
import bocage.kernel.ids
import bocage.services.pay.types


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="BankFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("direction", models.CharField(max_length=3)),
                ("name", models.CharField(max_length=120)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("content", models.BinaryField()),
                ("message_type", models.CharField(blank=True, default="", max_length=40)),
                ("entries_count", models.IntegerField(default=0)),
                ("refusal", models.CharField(blank=True, default="", max_length=500)),
                ("at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("delivered_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["direction", "-id"], name="pay_bank_file_direction_id")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("direction__in", ["out", "in"])), name="pay_bank_file_direction"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("token", models.CharField(max_length=26, unique=True)),
                ("payee_id", models.UUIDField()),
                ("kind", models.CharField(max_length=8)),
                ("label", models.CharField(blank=True, default="", max_length=40)),
                ("amount_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("reference", models.CharField(blank=True, default="", max_length=25)),
                ("state", models.CharField(default=bocage.services.pay.types.CodeState["OPEN"], max_length=10)),
                ("payment_id", models.UUIDField(null=True)),
                ("created_by_id", models.UUIDField()),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("expires_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["payee_id", "kind", "-id"], name="pay_code_payee")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("kind__in", ["poster", "order"])), name="pay_code_kind"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "paid", "cancelled"])), name="pay_code_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor", None),
                            models.Q(("amount_minor__gt", 0), ("amount_minor__lte", 10000000)),
                            _connector="OR",
                        ),
                        name="pay_code_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", bocage.services.pay.types.CodeKind["ORDER"]), _negated=True),
                            models.Q(("amount_minor__isnull", False), ("expires_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="pay_code_order_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Line",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", models.UUIDField()),
                ("kind", models.CharField(max_length=12)),
                ("amount_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("counterpart_id", models.UUIDField(null=True)),
                ("counterpart_name", models.CharField(max_length=80)),
                ("mcc", models.CharField(blank=True, default="", max_length=4)),
                ("memo", models.CharField(blank=True, default="", max_length=140)),
                ("reference", models.CharField(blank=True, default="", max_length=25)),
                ("payment_id", models.UUIDField(null=True)),
                ("refund_id", models.UUIDField(null=True)),
                ("transfer_id", models.UUIDField()),
                ("at", models.DateTimeField(default=bocage.kernel.clock.now)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner_id", "-id"], name="pay_line_owner"),
                    models.Index(fields=["owner_id", "at"], name="pay_line_owner_at"),
                    models.Index(fields=["payment_id"], name="pay_line_payment"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("owner_id", "transfer_id"), name="pay_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["paid", "taken", "refund", "sent", "received", "top_up", "pay_out"])
                        ),
                        name="pay_line_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True), name="pay_line_moves_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("person_id", models.UUIDField(primary_key=True, serialize=False)),
                ("confirm_above_minor", models.BigIntegerField(default=5000)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("confirm_above_minor__gte", 0), ("confirm_above_minor__lte", 5000)),
                        name="pay_preference_lower_only",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PresentedCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.UUIDField()),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("issued_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("replaced_at", models.DateTimeField(null=True)),
                ("payment_id", models.UUIDField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["person_id", "issued_at"], name="pay_presented_person")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at", None), ("used_at", None)),
                        fields=("person_id",),
                        name="pay_presented_one_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RefundRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("payment_id", models.UUIDField()),
                ("payer_id", models.UUIDField()),
                ("payer_name", models.CharField(max_length=80)),
                ("payee_id", models.UUIDField(db_index=True)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(max_length=200)),
                ("answer", models.CharField(blank=True, default="", max_length=200)),
                (
                    "state",
                    models.CharField(default=bocage.services.pay.types.RefundRequestState["OPEN"], max_length=10),
                ),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0), ("amount_minor__lte", 10000000)),
                        name="pay_refund_request_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "refunded", "declined"])),
                        name="pay_refund_request_state",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", bocage.services.pay.types.RefundRequestState["OPEN"])),
                        fields=("payment_id",),
                        name="pay_refund_request_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Split",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", models.UUIDField(db_index=True)),
                ("title", models.CharField(max_length=140)),
                ("total_minor", models.BigIntegerField()),
                ("own_part_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("total_minor__gt", 0), ("total_minor__lte", 10000000)),
                        name="pay_split_total",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("own_part_minor__gte", 0), ("own_part_minor__lte", models.F("total_minor"))
                        ),
                        name="pay_split_own_part",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("payee_id", models.UUIDField(db_index=True)),
                ("payer_id", models.UUIDField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("memo", models.CharField(blank=True, default="", max_length=140)),
                ("state", models.CharField(default=bocage.services.pay.types.RequestState["OPEN"], max_length=10)),
                ("payment_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "split",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="requests", to="pay.split"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TopUp",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", models.UUIDField(db_index=True)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reference", models.CharField(max_length=25, unique=True)),
                ("state", models.CharField(default=bocage.services.pay.types.TopUpState["WAITING"], max_length=10)),
                ("received_minor", models.BigIntegerField(null=True)),
                ("transfer_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0), ("amount_minor__lte", 10000000)),
                        name="pay_top_up_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "received", "cancelled", "expired"])),
                        name="pay_top_up_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reference", django.db.models.functions.text.Upper("reference"))),
                        name="pay_top_up_reference_form",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BankEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("bank_reference", models.CharField(max_length=70, unique=True)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("party_name", models.CharField(blank=True, default="", max_length=140)),
                ("text", models.CharField(blank=True, default="", max_length=280)),
                ("state", models.CharField(max_length=10)),
                ("owner_id", models.UUIDField(null=True)),
                ("transfer_id", models.UUIDField(null=True)),
                ("at", models.DateTimeField(default=bocage.kernel.clock.now)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="pay.bankfile"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "-id"], name="pay_bank_entry_state_id")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["matched", "unmatched", "assigned"])),
                        name="pay_bank_entry_state",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PayOut",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", models.UUIDField(db_index=True)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("iban", models.CharField(max_length=34)),
                ("holder_name", models.CharField(max_length=70)),
                ("memo", models.CharField(blank=True, default="", max_length=140)),
                ("end_to_end_id", models.CharField(max_length=35, unique=True)),
                ("hold_id", models.UUIDField(unique=True)),
                ("state", models.CharField(default=bocage.services.pay.types.PayOutState["HELD"], max_length=10)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pay_outs",
                        to="pay.bankfile",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "id"], name="pay_pay_out_state_id")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0), ("amount_minor__lte", 10000000)),
                        name="pay_pay_out_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["held", "sent", "paid", "rejected", "cancelled"])),
                        name="pay_pay_out_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sheet",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("payer_id", models.UUIDField(db_index=True)),
                ("payee_id", models.UUIDField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("memo", models.CharField(blank=True, default="", max_length=140)),
                ("reference", models.CharField(blank=True, default="", max_length=25)),
                ("capture_later", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=bocage.kernel.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "code",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="pay.code"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="pay.request"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0), ("amount_minor__lte", 10000000)),
                        name="pay_sheet_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("payee_id", models.F("payer_id")), _negated=True),
                        name="pay_sheet_to_another",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(fields=["payer_id", "state", "-id"], name="pay_request_payer"),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("amount_minor__lte", 10000000)), name="pay_request_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "paid", "declined", "cancelled", "expired"])),
                name="pay_request_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.CheckConstraint(
                condition=models.Q(("payee_id", models.F("payer_id")), _negated=True), name="pay_request_of_another"
            ),
        ),
    ]
