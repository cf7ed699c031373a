"""The ledger's tables; private to the package.

Rows are written by the functions in `sql/functions.sql` alone; `sql/security.sql` holds the checks on them, in as few
words as they can be said: PostgreSQL reads each check anew for every row it writes.
"""

from django.db import models
from django.db.models import Q
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
            models.UniqueConstraint(
                fields=["hold_id"],
                condition=Q(hold_id__isnull=False, refusal=None),
                name="ledger_hold_resolves_once",
            ),
        ]
        indexes = [
            models.Index(fields=["debit_account_id", "seq"], name="ledger_transfer_debit"),
            models.Index(fields=["credit_account_id", "seq"], name="ledger_transfer_credit"),
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
