"""What is known of each blob; its bytes lie encrypted in a folder."""

from django.db import models

from bocage.kernel.ids import uuid7

PURPOSE_LENGTH = 32
TYPE_LENGTH = 64


class BlobRow(models.Model):
    """A file of `owner_id`, stored for `purpose` until `delete_after` (None: until it is deleted)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_id = models.UUIDField()
    purpose = models.CharField(max_length=PURPOSE_LENGTH)
    media_type = models.CharField(max_length=TYPE_LENGTH)
    size_bytes = models.PositiveBigIntegerField()
    digest = models.BinaryField()
    created_at = models.DateTimeField()
    delete_after = models.DateTimeField(null=True)

    class Meta:
        db_table = "blob"
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="blob_by_owner"),
            models.Index(fields=["delete_after"], name="blob_due"),
        ]
