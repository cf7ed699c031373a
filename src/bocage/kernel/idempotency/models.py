"""The answers that were given, kept for a while."""

from django.db import models

from bocage.kernel.ids import uuid7

KEY_LENGTH = 64


class AnswerRow(models.Model):
    """An answer to a request. `status` None: the request is claimed and has no answer yet."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    actor_id = models.UUIDField()
    key = models.CharField(max_length=KEY_LENGTH)
    digest = models.BinaryField()
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(default="", db_default="")

    class Meta:
        db_table = "idempotency_answer"
        constraints = [models.UniqueConstraint(fields=["actor_id", "key"], name="idempotency_answer_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_answer_age")]
