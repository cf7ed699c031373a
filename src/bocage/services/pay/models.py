"""Pay's tables; private to it. The money itself is in the ledger: these rows say what it was for."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from bocage.kernel.clock import now
from bocage.kernel.ids import uuid7
from bocage.services.pay import limits
from bocage.services.pay.types import (
    CodeKind,
    CodeState,
    EntryState,
    LineFinding,
    LineKind,
    PayOutState,
    RefundRequestState,
    RequestState,
    TopUpState,
)

NAME_CHARACTERS_MAX = 80
CURRENCY_CHARACTERS = 3


def _one_of(field: str, values: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


def _positive(field: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gt": 0, f"{field}__lte": limits.AMOUNT_MINOR_MAX}), name=name
    )


class Line(models.Model):
    """One line of one wallet: what moved in or out (`amount_minor` is signed), with whom, and what for.

    Both sides of a payment have their own line, written in the transaction that moves the money. The names are those
    of that moment, as on a paper receipt; erasing a person empties them and keeps the figures.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    counterpart_id = models.UUIDField(null=True)
    counterpart_name = models.CharField(max_length=NAME_CHARACTERS_MAX)
    mcc = models.CharField(max_length=4, blank=True, default="")
    memo = models.CharField(max_length=limits.MEMO_CHARACTERS_MAX, blank=True, default="")
    reference = models.CharField(max_length=limits.REFERENCE_CHARACTERS_MAX, blank=True, default="")
    payment_id = models.UUIDField(null=True)
    refund_id = models.UUIDField(null=True)
    transfer_id = models.UUIDField()
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "transfer_id"], name="pay_line_once"),
            _one_of("kind", [each.value for each in LineKind], "pay_line_kind"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="pay_line_moves_something"),
        ]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="pay_line_owner"),
            models.Index(fields=["owner_id", "at"], name="pay_line_owner_at"),
            models.Index(fields=["payment_id"], name="pay_line_payment"),
        ]


class Code(models.Model):
    """Something to scan that pays `payee_id`: a poster (any amount, again and again) or an order (once, then gone)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.CharField(max_length=26, unique=True)
    payee_id = models.UUIDField()
    kind = models.CharField(max_length=8)
    label = models.CharField(max_length=limits.LABEL_CHARACTERS_MAX, blank=True, default="")
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    reference = models.CharField(max_length=limits.REFERENCE_CHARACTERS_MAX, blank=True, default="")
    state = models.CharField(max_length=10, default=CodeState.OPEN)
    payment_id = models.UUIDField(null=True)
    created_by_id = models.UUIDField()
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _one_of("kind", [each.value for each in CodeKind], "pay_code_kind"),
            _one_of("state", [each.value for each in CodeState], "pay_code_state"),
            models.CheckConstraint(
                condition=Q(amount_minor=None) | Q(amount_minor__gt=0, amount_minor__lte=limits.AMOUNT_MINOR_MAX),
                name="pay_code_amount",
            ),
            models.CheckConstraint(
                condition=~Q(kind=CodeKind.ORDER) | Q(amount_minor__isnull=False, expires_at__isnull=False),
                name="pay_code_order_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["payee_id", "kind", "-id"], name="pay_code_payee")]


class Sheet(models.Model):
    """A payment laid before its payer, who has yet to confirm it. Its id is the payment's, so it takes effect once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payer_id = models.UUIDField(db_index=True)
    payee_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    memo = models.CharField(max_length=limits.MEMO_CHARACTERS_MAX, blank=True, default="")
    reference = models.CharField(max_length=limits.REFERENCE_CHARACTERS_MAX, blank=True, default="")
    code = models.ForeignKey(Code, on_delete=models.PROTECT, null=True, related_name="+")
    request = models.ForeignKey("Request", on_delete=models.PROTECT, null=True, related_name="+")
    capture_later = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _positive("amount_minor", "pay_sheet_amount"),
            models.CheckConstraint(condition=~Q(payee_id=F("payer_id")), name="pay_sheet_to_another"),
        ]


class PresentedCode(models.Model):
    """A code that a person shows at a till. Only the digest is kept; it works once, for a minute, until the next."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    digest = models.BinaryField(max_length=32, unique=True)
    issued_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    payment_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id"], condition=Q(used_at=None, replaced_at=None), name="pay_presented_one_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["person_id", "issued_at"], name="pay_presented_person")]


class Split(models.Model):
    """A bill that one person paid and others owe a part of."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_id = models.UUIDField(db_index=True)
    title = models.CharField(max_length=limits.MEMO_CHARACTERS_MAX)
    total_minor = models.BigIntegerField()
    own_part_minor = models.BigIntegerField()
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            _positive("total_minor", "pay_split_total"),
            models.CheckConstraint(
                condition=Q(own_part_minor__gte=0, own_part_minor__lte=F("total_minor")), name="pay_split_own_part"
            ),
        ]


class Request(models.Model):
    """`payee_id` asks `payer_id` for money. `split_id` where it is a part of a bill."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payee_id = models.UUIDField(db_index=True)
    payer_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    memo = models.CharField(max_length=limits.MEMO_CHARACTERS_MAX, blank=True, default="")
    state = models.CharField(max_length=10, default=RequestState.OPEN)
    split = models.ForeignKey(Split, on_delete=models.PROTECT, null=True, related_name="requests")
    payment_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _positive("amount_minor", "pay_request_amount"),
            _one_of("state", [each.value for each in RequestState], "pay_request_state"),
            models.CheckConstraint(condition=~Q(payee_id=F("payer_id")), name="pay_request_of_another"),
        ]
        indexes = [models.Index(fields=["payer_id", "state", "-id"], name="pay_request_payer")]


class RefundRequest(models.Model):
    """A payer asks the payee for money back; the payee refunds or declines with a reason."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment_id = models.UUIDField()
    payer_id = models.UUIDField()
    payer_name = models.CharField(max_length=NAME_CHARACTERS_MAX)
    payee_id = models.UUIDField(db_index=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    reason = models.CharField(max_length=limits.REASON_CHARACTERS_MAX)
    answer = models.CharField(max_length=limits.REASON_CHARACTERS_MAX, blank=True, default="")
    state = models.CharField(max_length=10, default=RefundRequestState.OPEN)
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _positive("amount_minor", "pay_refund_request_amount"),
            _one_of("state", [each.value for each in RefundRequestState], "pay_refund_request_state"),
            models.UniqueConstraint(
                fields=["payment_id"],
                condition=Q(state=RefundRequestState.OPEN),
                name="pay_refund_request_one_open",
            ),
        ]


class Preference(models.Model):
    """What a person chose: above which amount a payment asks her to show again that it is her."""

    person_id = models.UUIDField(primary_key=True)
    confirm_above_minor = models.BigIntegerField(default=limits.CONFIRM_ABOVE_MINOR_DEFAULT)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirm_above_minor__gte=0, confirm_above_minor__lte=limits.CONFIRM_ABOVE_MINOR_DEFAULT),
                name="pay_preference_lower_only",
            )
        ]


class TopUp(models.Model):
    """Money announced to arrive from a bank under `reference` (ISO 11649); the bank's statement says when it has."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_id = models.UUIDField(db_index=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    reference = models.CharField(max_length=25, unique=True)
    state = models.CharField(max_length=10, default=TopUpState.WAITING)
    received_minor = models.BigIntegerField(null=True)
    transfer_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _positive("amount_minor", "pay_top_up_amount"),
            _one_of("state", [each.value for each in TopUpState], "pay_top_up_state"),
            models.CheckConstraint(condition=Q(reference=Upper("reference")), name="pay_top_up_reference_form"),
        ]


class BankFile(models.Model):
    """A file to or from the bank, whole. The same bytes are taken once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    direction = models.CharField(max_length=3)
    name = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=32, unique=True)
    content = models.BinaryField()
    message_type = models.CharField(max_length=40, blank=True, default="")
    entries_count = models.IntegerField(default=0)
    refusal = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField(default=now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [_one_of("direction", ["out", "in"], "pay_bank_file_direction")]
        indexes = [models.Index(fields=["direction", "-id"], name="pay_bank_file_direction_id")]


class PayOut(models.Model):
    """Money on its way to a bank account: held in the ledger until the bank says paid (posted) or rejected (void)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_id = models.UUIDField(db_index=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    iban = models.CharField(max_length=34)
    holder_name = models.CharField(max_length=70)
    memo = models.CharField(max_length=limits.MEMO_CHARACTERS_MAX, blank=True, default="")
    end_to_end_id = models.CharField(max_length=35, unique=True)
    hold_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=10, default=PayOutState.HELD)
    reason = models.CharField(max_length=limits.REASON_CHARACTERS_MAX, blank=True, default="")
    file = models.ForeignKey(BankFile, on_delete=models.PROTECT, null=True, related_name="pay_outs")
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _positive("amount_minor", "pay_pay_out_amount"),
            _one_of("state", [each.value for each in PayOutState], "pay_pay_out_state"),
        ]
        indexes = [models.Index(fields=["state", "id"], name="pay_pay_out_state_id")]


class BankEntry(models.Model):
    """A booked line of the bank's statement and what became of it; each bank reference takes effect once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="entries")
    bank_reference = models.CharField(max_length=70, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    party_name = models.CharField(max_length=140, blank=True, default="")
    text = models.CharField(max_length=280, blank=True, default="")
    state = models.CharField(max_length=10)
    owner_id = models.UUIDField(null=True)
    transfer_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [_one_of("state", [each.value for each in EntryState], "pay_bank_entry_state")]
        indexes = [models.Index(fields=["state", "-id"], name="pay_bank_entry_state_id")]


class StatementLine(models.Model):
    """A booked line of the bank's account as it is reconciled with the ledger; moves nothing.

    The same line in another file is the same row: by `fingerprint` and `reference`, see `bank.statements.Seen`.
    `candidates` are the movements that came into question when it was last compared.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=64)
    reference = models.CharField(max_length=140, blank=True)
    names = ArrayField(models.CharField(max_length=140))
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=CURRENCY_CHARACTERS)
    booked_on = models.DateField()
    party_name = models.CharField(max_length=140, blank=True)
    text = models.CharField(max_length=280, blank=True)
    file_name = models.CharField(max_length=120)
    source_line = models.IntegerField()
    finding = models.CharField(max_length=14, default=LineFinding.UNMATCHED)
    movement_id = models.UUIDField(null=True)
    candidates = ArrayField(models.UUIDField(), default=list)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=limits.REASON_CHARACTERS_MAX, blank=True, default="")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            _one_of("finding", [each.value for each in LineFinding], "pay_statement_line_finding"),
            models.UniqueConstraint(fields=["account", "fingerprint", "reference"], name="pay_statement_line_once"),
            models.UniqueConstraint(
                fields=["movement_id"], condition=Q(movement_id__isnull=False), name="pay_statement_line_movement"
            ),
        ]
        indexes = [
            models.Index(fields=["finding", "-booked_on", "-id"], name="pay_statement_line_finding_day"),
            models.Index(fields=["booked_on"], name="pay_statement_line_day"),
        ]
