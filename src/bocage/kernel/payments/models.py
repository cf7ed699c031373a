"""The tables of payments; private to the package."""

from django.db import models
from django.db.models import F, Q

from bocage.kernel.clock import now
from bocage.kernel.payments import limits
from bocage.kernel.payments.types import ChargeState, DisputeState, IntentKind, IntentState, Period


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
    # Of money that is kept: from when on either side may ask for it, who did and why, and when it lapses to the asker.
    ask_from = models.DateTimeField(null=True)
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField(null=True)
    asked_reason = models.CharField(max_length=limits.REASON_CHARACTERS_MAX, default="")
    lapses_at = models.DateTimeField(null=True)

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
            models.CheckConstraint(
                condition=Q(asked_by=None, asked_at=None, lapses_at=None)
                | Q(asked_at__gte=F("ask_from"), asked_by__in=[F("payer_id"), F("payee_id")]),
                name="payments_asked",
            ),
        ]
        indexes = [
            models.Index(fields=["payer_id", "-created_at", "-id"], name="payments_of_payer"),
            models.Index(fields=["payee_id", "-created_at", "-id"], name="payments_of_payee"),
            models.Index(fields=["expires_at"], condition=Q(state="authorised"), name="payments_expiring"),
            models.Index(
                fields=["lapses_at"],
                condition=Q(state="authorised", lapses_at__isnull=False),
                name="payments_lapsing",
            ),
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
    """A payer's complaint, and what was set aside for it; or (`kept`) an objection to paying out what is kept."""

    id = models.UUIDField(primary_key=True)
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, related_name="disputes")
    payer_id = models.UUIDField()
    payee_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    secured_minor = models.BigIntegerField()
    kept = models.BooleanField(default=False)
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


class Counted(models.Model):
    """A transfer of a batch that is counted in its payer's day, so that it counts once however often it is sent."""

    transfer_id = models.UUIDField(primary_key=True)
    payer_id = models.UUIDField()
    currency = models.CharField(max_length=limits.CURRENCY_CHARACTERS)
    day = models.DateField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_counted_amount")]
        indexes = [models.Index(fields=["day"], name="payments_counted_day")]


class Rate(models.Model):
    """`denominator` minor units of `sell_unit` buy `numerator` of `buy_unit`, until the next row for the pair."""

    id = models.BigAutoField(primary_key=True)
    sell_unit = models.CharField(max_length=limits.UNIT_CHARACTERS_MAX)
    buy_unit = models.CharField(max_length=limits.UNIT_CHARACTERS_MAX)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    since = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(numerator__range=(1, limits.RATE_TERM_MAX), denominator__range=(1, limits.RATE_TERM_MAX)),
                name="payments_rate",
            )
        ]
        indexes = [models.Index(fields=["sell_unit", "buy_unit", "-id"], name="payments_rate_of_pair")]


class Quote(models.Model):
    """A firm offer to exchange, and whether it was taken."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    source_id = models.UUIDField()
    target_id = models.UUIDField()
    sell_unit = models.CharField(max_length=limits.UNIT_CHARACTERS_MAX)
    sell_minor = models.BigIntegerField()
    buy_unit = models.CharField(max_length=limits.UNIT_CHARACTERS_MAX)
    buy_minor = models.BigIntegerField()
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    remainder = models.BigIntegerField()
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    exchanged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(remainder__gte=0, remainder__lt=F("denominator"), sell_minor__gt=0, buy_minor__gt=0),
                name="payments_quote_rounds_down",
            )
        ]
        indexes = [models.Index(fields=["owner_id", "-created_at"], name="payments_quote_of_owner")]


class Share(models.Model):
    """One party's share of a payment among many; the totals of an intent's shares are its amount."""

    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, related_name="shares")
    position = models.SmallIntegerField()
    party_id = models.UUIDField()
    payer_id = models.UUIDField()
    payee_id = models.UUIDField()
    total_minor = models.BigIntegerField()
    released_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    refunded_minor__gte=0,
                    released_minor__gte=F("refunded_minor"),
                    total_minor__gte=F("released_minor"),
                    fee_minor__gte=0,
                    fee_minor__lte=F("released_minor"),
                ),
                name="payments_share_in_order",
            ),
            models.UniqueConstraint(fields=["intent", "position"], name="payments_share_place"),
            models.UniqueConstraint(fields=["intent", "party_id"], name="payments_one_share_a_party"),
        ]


class Release(models.Model):
    """One step in which a payment among many was released."""

    id = models.UUIDField(primary_key=True)
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, related_name="releases")
    payer_id = models.UUIDField()
    payee_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_release_amount")]


class Mandate(models.Model):
    """A payer's leave to take money within limits; its row's lock makes the limits exact."""

    id = models.UUIDField(primary_key=True)
    payer_id = models.UUIDField()
    payee_id = models.UUIDField()
    currency = models.CharField(max_length=limits.CURRENCY_CHARACTERS)
    memo = models.CharField(max_length=limits.MEMO_CHARACTERS_MAX)
    period = models.CharField(max_length=5)
    payment_minor = models.BigIntegerField()
    period_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField(null=True)
    scheduled_minor = models.BigIntegerField(null=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    next_due_on = models.DateField(null=True)
    taken_minor = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(period__in=[each.value for each in Period]), name="payments_period"),
            models.CheckConstraint(
                condition=Q(
                    payment_minor__gt=0,
                    period_minor__gte=F("payment_minor"),
                    taken_minor__gte=0,
                    ends_on__gte=F("starts_on"),
                )
                & (Q(total_minor=None) | Q(total_minor__gte=F("taken_minor")))
                & (Q(scheduled_minor=None) | Q(scheduled_minor__gt=0, scheduled_minor__lte=F("payment_minor"))),
                name="payments_mandate_limits",
            ),
        ]
        indexes = [
            models.Index(fields=["payer_id", "-created_at"], name="payments_mandate_payer"),
            models.Index(fields=["payee_id", "-created_at"], name="payments_mandate_payee"),
            models.Index(
                fields=["next_due_on"],
                condition=Q(next_due_on__isnull=False, revoked_at=None),
                name="payments_mandate_due",
            ),
        ]


class Charge(models.Model):
    """One payment under a mandate, or the attempt at one; one a mandate and due date for what is scheduled."""

    id = models.UUIDField(primary_key=True)
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="charges")
    payer_id = models.UUIDField()
    payee_id = models.UUIDField()
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=8)
    refusal = models.CharField(max_length=40, default="")
    payment_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[each.value for each in ChargeState], amount_minor__gt=0), name="payments_charge"
            )
        ]
        indexes = [models.Index(fields=["mandate", "due_on"], name="payments_charge_due")]
