"""Tables of the log, its order and its delivery. Grants, policies and triggers are in the migration."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func

from bocage.kernel.ids import uuid7
from bocage.kernel.transaction_ids import TransactionIdField

TYPE_LENGTH = 64
SOURCE_LENGTH = 32
SERVICE_LENGTH = 32
ERROR_LENGTH = 2000
STATE_LENGTH = 10
URL_LENGTH = 500
DESCRIPTION_LENGTH = 120


class EventRow(models.Model):
    """A fact. Append-only. `payload` is ciphertext when there is a subject, JSON text when there is none."""

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, editable=False)
    xid = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)
    type = models.CharField(max_length=TYPE_LENGTH)
    version = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=SOURCE_LENGTH)
    subject_id = models.UUIDField(null=True)
    time = models.DateTimeField()
    payload = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        db_table = "event"
        indexes = [
            models.Index(fields=["xid", "seq"], name="event_in_order"),
            models.Index(fields=["subject_id", "seq"], name="event_by_subject"),
        ]


class PositionRow(models.Model):
    """The place of an event in the log, and the link of the chain there. Append-only; written by the sequencer."""

    position = models.BigIntegerField(primary_key=True)
    event_seq = models.BigIntegerField(unique=True)
    type = models.CharField(max_length=TYPE_LENGTH)
    time = models.DateTimeField()
    link = models.BinaryField()

    class Meta:
        db_table = "event_position"


class SequencerRow(models.Model):
    """How far the sequencer has come, in the transaction ids of one database cluster."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    cluster = models.BigIntegerField()
    xid = TransactionIdField()
    seq = models.BigIntegerField()

    class Meta:
        db_table = "event_sequencer"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="event_sequencer_is_one")]


class SubscriptionRow(models.Model):
    """A service's cursor: every position up to it has taken effect, was skipped, or is parked."""

    service = models.CharField(max_length=SERVICE_LENGTH, primary_key=True)
    position = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)

    class Meta:
        db_table = "event_subscription"


class ParkedRow(models.Model):
    """An event that waits for another attempt, stands behind one that does, or was given up (dead)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.CharField(max_length=SERVICE_LENGTH)
    position = models.BigIntegerField()
    type = models.CharField(max_length=TYPE_LENGTH)
    subject_id = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    dead = models.BooleanField(default=False)
    error = models.CharField(max_length=ERROR_LENGTH, default="")
    first_failed_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "event_parked"
        constraints = [models.UniqueConstraint(fields=["service", "position"], name="event_parked_once")]
        indexes = [
            models.Index(
                fields=["service", "subject_id", "position"],
                name="event_parked_waiting",
                condition=models.Q(dead=False),
            )
        ]


class WebhookRow(models.Model):
    """An address that an organisation wants its own events sent to. `sealed_secret` signs what is sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    url = models.CharField(max_length=URL_LENGTH)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, default="")
    types = ArrayField(models.CharField(max_length=TYPE_LENGTH))
    sealed_secret = models.BinaryField()
    sealed_former_secret = models.BinaryField(null=True)
    former_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=DESCRIPTION_LENGTH, default="")
    failing_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook"
        indexes = [models.Index(fields=["organisation_id", "id"], name="webhook_by_organisation")]


class WebhookDeliveryRow(models.Model):
    """One event on its way to one address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(WebhookRow, on_delete=models.CASCADE, related_name="deliveries")
    organisation_id = models.UUIDField()
    event_id = models.UUIDField()
    position = models.BigIntegerField()
    type = models.CharField(max_length=TYPE_LENGTH)
    state = models.CharField(max_length=STATE_LENGTH, default="waiting")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=ERROR_LENGTH, default="")
    duration_ms = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        constraints = [models.UniqueConstraint(fields=["webhook", "event_id"], name="webhook_delivery_once")]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="webhook_delivery_due", condition=models.Q(state="waiting")),
            models.Index(fields=["webhook", "-id"], name="webhook_delivery_log"),
        ]
