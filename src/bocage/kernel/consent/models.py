"""Tables of consent. Row-level security and the append-only triggers are in the migration."""

from django.db import models

from bocage.kernel.ids import uuid7

PURPOSE_LENGTH = 64
SERVICE_LENGTH = 32
WHAT_LENGTH = 120
STATE_LENGTH = 10


class PurposeTextRow(models.Model):
    """The very words that somebody answered to, kept by their digest (SHA-256 of title, NUL, says)."""

    digest = models.BinaryField(primary_key=True)
    purpose = models.CharField(max_length=PURPOSE_LENGTH)
    version = models.PositiveIntegerField()
    title = models.TextField()
    says = models.TextField()

    class Meta:
        db_table = "consent_text"


class GrantRow(models.Model):
    """What holds now."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_id = models.UUIDField()
    purpose = models.CharField(max_length=PURPOSE_LENGTH)
    service = models.CharField(max_length=SERVICE_LENGTH)
    state = models.CharField(max_length=STATE_LENGTH)
    version = models.PositiveIntegerField()
    granted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "consent_grant"
        constraints = [models.UniqueConstraint(fields=["subject_id", "purpose"], name="consent_grant_one_a_purpose")]
        indexes = [
            models.Index(fields=["subject_id", "service"], name="consent_grant_by_service"),
            models.Index(fields=["expires_at"], name="consent_grant_expiring", condition=models.Q(state="granted")),
        ]


class HistoryRow(models.Model):
    """What was ever answered. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_id = models.UUIDField()
    purpose = models.CharField(max_length=PURPOSE_LENGTH)
    state = models.CharField(max_length=STATE_LENGTH)
    version = models.PositiveIntegerField()
    text_digest = models.BinaryField(null=True)
    actor_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "consent_history"
        indexes = [models.Index(fields=["subject_id", "id"], name="consent_history_by_subject")]


class ReceiptRow(models.Model):
    """Who read what of whose. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_id = models.UUIDField()
    reader = models.CharField(max_length=SERVICE_LENGTH)
    purpose = models.CharField(max_length=PURPOSE_LENGTH)
    what = models.CharField(max_length=WHAT_LENGTH)
    at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "read_receipt"
        indexes = [models.Index(fields=["subject_id", "-id"], name="read_receipt_by_subject")]
