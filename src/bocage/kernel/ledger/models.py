"""The ledger's tables; private to the package. Rows are written by the SQL functions in `sql/` alone."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from bocage.kernel.ledger import limits

TRANSFER_KINDS = ("post", "hold", "post_hold", "void_hold", "expire_hold")


class Unit(models.Model):
    """What is counted: a currency of ISO 4217, grams of CO2, points, trees, kWh. `exponent`: decimals of one unit."""

    code = models.CharField(primary_key=True, max_length=limits.UNIT_CHARACTERS_MAX)
    exponent = models.SmallIntegerField()
    is_money = models.BooleanField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(exponent__gte=0, exponent__lte=6), name="ledger_unit_exponent"),
        ]


class Account(models.Model):
    """Balance = credits - debits; available also takes off pending debits. No column that an index holds changes."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField(null=True)
    unit = models.CharField(max_length=limits.UNIT_CHARACTERS_MAX)
    kind = models.CharField(max_length=limits.KIND_CHARACTERS_MAX)
    service = models.CharField(max_length=limits.SERVICE_CHARACTERS_MAX, default="")
    lane = models.CharField(max_length=1, db_default="A")
    minimum_minor = models.BigIntegerField(null=True)
    maximum_minor = models.BigIntegerField(null=True)
    debits_posted_minor = models.BigIntegerField(db_default=0)
    credits_posted_minor = models.BigIntegerField(db_default=0)
    debits_pending_minor = models.BigIntegerField(db_default=0)
    credits_pending_minor = models.BigIntegerField(db_default=0)
    frozen_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(lane__in=["A", "B"]), name="ledger_account_lane"),
            models.CheckConstraint(
                condition=Q(kind__in=limits.KINDS_THAT_MAY_GO_NEGATIVE)
                | Q(minimum_minor__isnull=False, minimum_minor=0),
                name="ledger_only_sources_go_negative",
            ),
            models.CheckConstraint(
                condition=(Q(minimum_minor__lte=0) & Q(minimum_minor__gte=-limits.COUNTER_MINOR_MAX))
                | Q(minimum_minor=None),
                name="ledger_account_minimum",
            ),
            models.CheckConstraint(
                condition=(Q(maximum_minor__gte=0) & Q(maximum_minor__lte=limits.COUNTER_MINOR_MAX))
                | Q(maximum_minor=None),
                name="ledger_account_maximum",
            ),
            models.CheckConstraint(
                condition=Q(
                    debits_posted_minor__range=(0, limits.COUNTER_MINOR_MAX),
                    credits_posted_minor__range=(0, limits.COUNTER_MINOR_MAX),
                    debits_pending_minor__range=(0, limits.COUNTER_MINOR_MAX),
                    credits_pending_minor__range=(0, limits.COUNTER_MINOR_MAX),
                ),
                name="ledger_account_bounds",
            ),
            models.CheckConstraint(
                condition=Q(minimum_minor=None)
                | Q(
                    minimum_minor__lte=F("credits_posted_minor") - F("debits_posted_minor") - F("debits_pending_minor")
                ),
                name="ledger_account_covers_debits",
            ),
            models.CheckConstraint(
                condition=Q(maximum_minor=None)
                | Q(
                    maximum_minor__gte=F("credits_posted_minor") + F("credits_pending_minor") - F("debits_posted_minor")
                ),
                name="ledger_account_under_maximum",
            ),
        ]
        indexes = [
            models.Index(fields=["owner_id", "unit"], name="ledger_account_owner", condition=Q(owner_id__isnull=False)),
            models.Index(fields=["kind", "unit"], name="ledger_account_kind_unit", condition=Q(owner_id=None)),
        ]


class Transfer(models.Model):
    """One request and its answer, kept for ever: accepted when `refusal` is null. `seq` grows in the order in which
    the transfers of any one account took effect."""

    seq = models.BigAutoField(primary_key=True)
    transfer_id = models.UUIDField(unique=True, db_column="id")
    kind = models.CharField(max_length=12)
    debit_account_id = models.UUIDField(null=True)
    credit_account_id = models.UUIDField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=limits.UNIT_CHARACTERS_MAX)
    code = models.CharField(max_length=limits.CODE_CHARACTERS_MAX)
    memo_ref = models.CharField(max_length=limits.MEMO_REF_CHARACTERS_MAX)
    hold_id = models.UUIDField(null=True)
    expires_at = models.DateTimeField(null=True)
    group_id = models.UUIDField(null=True)
    group_position = models.SmallIntegerField(null=True)
    group_size = models.SmallIntegerField(null=True)
    refusal = models.CharField(max_length=40, null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=TRANSFER_KINDS), name="ledger_transfer_kind"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=1, amount_minor__lte=limits.AMOUNT_MINOR_MAX)
                | Q(amount_minor=None, refusal__isnull=False),
                name="ledger_transfer_amount",
            ),
            models.CheckConstraint(
                condition=Q(debit_account_id__isnull=False, credit_account_id__isnull=False) | Q(refusal__isnull=False),
                name="ledger_transfer_accounts",
            ),
            models.CheckConstraint(
                condition=~Q(debit_account_id=F("credit_account_id")), name="ledger_transfer_two_accounts"
            ),
            models.UniqueConstraint(
                fields=["hold_id"],
                condition=Q(hold_id__isnull=False, refusal=None),
                name="ledger_hold_resolves_once",
            ),
        ]
        indexes = [
            models.Index(fields=["debit_account_id", "seq"], name="ledger_transfer_debit", condition=Q(refusal=None)),
            models.Index(fields=["credit_account_id", "seq"], name="ledger_transfer_credit", condition=Q(refusal=None)),
        ]


class Pending(models.Model):
    """The holds that are neither posted nor void nor expired; a working set, emptied as they resolve."""

    hold_id = models.UUIDField(primary_key=True)
    debit_account_id = models.UUIDField()
    credit_account_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["debit_account_id", "expires_at"], name="ledger_pending_debit"),
            models.Index(fields=["credit_account_id"], name="ledger_pending_credit"),
            models.Index(fields=["expires_at"], name="ledger_pending_expiry"),
        ]
