"""The checkpoints; private to the package."""

from django.db import models

TEXT_CHARACTERS_MAX = 2_000


class Checkpoint(models.Model):
    """A signed text over all batches since the checkpoint before; append-only."""

    number = models.BigIntegerField(primary_key=True)
    text = models.CharField(max_length=TEXT_CHARACTERS_MAX)
    key_id = models.UUIDField()
    signature = models.BinaryField()
    signed_at = models.DateTimeField()
