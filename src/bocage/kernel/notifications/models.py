"""The notifications table."""

from django.db import models

from bocage.kernel.ids import uuid7

TITLE_LENGTH = 120
BODY_LENGTH = 500
URL_LENGTH = 300


class NotificationRow(models.Model):
    """A short line for a person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    title = models.CharField(max_length=TITLE_LENGTH)
    body = models.CharField(max_length=BODY_LENGTH, default="")
    url = models.CharField(max_length=URL_LENGTH, default="")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notification"
        indexes = [
            models.Index(fields=["person_id", "-id"], name="notification_by_person"),
            models.Index(fields=["person_id"], name="notification_unread", condition=models.Q(read_at=None)),
        ]
