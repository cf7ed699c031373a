"""The outbox: every message that leaves, or would leave, the town."""

from django.db import models

from bocage.kernel.ids import uuid7

CHANNEL_LENGTH = 10
ADDRESS_LENGTH = 320
SUBJECT_LENGTH = 200
TEMPLATE_LENGTH = 64
STATE_LENGTH = 10
ERROR_LENGTH = 500


class OutboxRow(models.Model):
    """A message. `state`: kept (no server is set: it stays here), waiting, sent, failed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=CHANNEL_LENGTH)
    address = models.CharField(max_length=ADDRESS_LENGTH)
    template = models.CharField(max_length=TEMPLATE_LENGTH, default="")
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    body = models.TextField()
    html = models.TextField(default="")
    state = models.CharField(max_length=STATE_LENGTH)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=ERROR_LENGTH, default="")

    class Meta:
        db_table = "outbox_message"
        indexes = [
            models.Index(fields=["person_id", "-id"], name="outbox_by_person"),
            models.Index(fields=["next_attempt_at"], name="outbox_due", condition=models.Q(state="waiting")),
        ]
