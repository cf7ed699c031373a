"""Tables of the keys: all private material is sealed with the master key (see `master`)."""

from django.db import models
from django.db.models import Q

from bocage.kernel.ids import uuid7
from bocage.kernel.keys.types import Algorithm

PURPOSE_LENGTH = 64
REASON_LENGTH = 500


class SigningKeyRow(models.Model):
    """A key pair. Two keys of one purpose may overlap in time only while one of them has an end."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=PURPOSE_LENGTH)
    algorithm = models.CharField(max_length=8, default=Algorithm.EDDSA, db_default=Algorithm.EDDSA)
    public_key = models.BinaryField()
    sealed_private_key = models.BinaryField()
    signs_from = models.DateTimeField()
    signs_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=REASON_LENGTH, default="")

    class Meta:
        db_table = "signing_key"
        constraints = [
            models.UniqueConstraint(fields=["purpose"], condition=Q(signs_until=None), name="signing_key_one_open"),
            models.CheckConstraint(
                condition=Q(signs_until=None) | Q(signs_until__gte=models.F("signs_from")),
                name="signing_key_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=Q(algorithm__in=list(Algorithm)), name="signing_key_algorithm"),
        ]
        indexes = [models.Index(fields=["purpose", "signs_from"], name="signing_key_by_purpose")]


class SubjectKeyRow(models.Model):
    """The encryption key of one subject. Once destroyed, the row stays without the key, so that none is made again."""

    subject_id = models.UUIDField(primary_key=True, editable=False)
    sealed_key = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "subject_key"
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed_key=None, destroyed_at__isnull=False)
                | Q(sealed_key__isnull=False, destroyed_at=None),
                name="subject_key_is_there_or_destroyed",
            )
        ]
