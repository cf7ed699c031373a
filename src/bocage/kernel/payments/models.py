"""The tables of payments; private to the package."""

from django.db import models
from django.db.models import F, Q

from bocage.kernel.clock import now
from bocage.kernel.payments import limits
from bocage.kernel.payments.types import DisputeState, IntentKind, IntentState


class Intent(models.Model):
    """One payment from being asked for to its end; the ledger holds the money, this row what it is for."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=10)
    payer_id = models.UUIDField()
    payee_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=limits.CURRENCY_CHARACTERS)
    state = models.CharField(max_length=10)
    captured_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    memo_ref = models.CharField(max_length=limits.MEMO_REF_CHARACTERS_MAX)
    service = models.CharField(max_length=limits.SERVICE_CHARACTERS_MAX)
    transfer_id = models.UUIDField(null=True)
    spent_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)
    captured_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[each.value for each in IntentKind]), name="payments_kind"),
            models.CheckConstraint(condition=Q(state__in=[each.value for each in IntentState]), name="payments_state"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_amount"),
            models.CheckConstraint(condition=~Q(payer_id=F("payee_id")), name="payments_two_parties"),
            models.CheckConstraint(
                condition=Q(captured_minor__gte=0, captured_minor__lte=F("amount_minor")), name="payments_captured"
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("captured_minor")), name="payments_refunded"
            ),
            models.CheckConstraint(
                condition=Q(fee_minor__gte=0, fee_minor__lte=F("captured_minor")), name="payments_fee"
            ),
        ]
        indexes = [
            models.Index(fields=["payer_id", "-created_at", "-id"], name="payments_of_payer"),
            models.Index(fields=["payee_id", "-created_at", "-id"], name="payments_of_payee"),
            models.Index(fields=["expires_at"], condition=Q(state="authorised"), name="payments_expiring"),
        ]


class Refund(models.Model):
    """Money given back of a captured intent."""

    id = models.UUIDField(primary_key=True)
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, related_name="refunds")
    payer_id = models.UUIDField()
    payee_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=limits.CURRENCY_CHARACTERS)
    transfer_id = models.UUIDField()
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_refund_amount")]


class Dispute(models.Model):
    """A payer's complaint, and what was set aside for it."""

    id = models.UUIDField(primary_key=True)
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, related_name="disputes")
    payer_id = models.UUIDField()
    payee_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    secured_minor = models.BigIntegerField()
    currency = models.CharField(max_length=limits.CURRENCY_CHARACTERS)
    reason = models.CharField(max_length=limits.REASON_CHARACTERS_MAX)
    state = models.CharField(max_length=10, default=DisputeState.OPEN)
    opened_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[each.value for each in DisputeState]), name="payments_dispute_state"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, secured_minor__gte=0, secured_minor__lte=F("amount_minor")),
                name="payments_dispute_amount",
            ),
            models.UniqueConstraint(fields=["intent"], condition=Q(state="open"), name="payments_one_open_dispute"),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="payments_disputes_open")]


class Fee(models.Model):
    """A payee's own terms; who has none pays the usual fee."""

    payee_id = models.UUIDField(primary_key=True)
    basis_points = models.IntegerField()
    fixed_minor = models.IntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    basis_points__range=(0, limits.FEE_BASIS_POINTS_MAX),
                    fixed_minor__range=(0, limits.FEE_FIXED_MINOR_MAX),
                ),
                name="payments_fee_terms",
            )
        ]


class Spending(models.Model):
    """What left a payer's wallet by payments in one day of the town; its row's lock makes the day's limit exact."""

    pk = models.CompositePrimaryKey("payer_id", "currency", "day")
    payer_id = models.UUIDField()
    currency = models.CharField(max_length=limits.CURRENCY_CHARACTERS)
    day = models.DateField()
    spent_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(spent_minor__gte=0), name="payments_spent")]
