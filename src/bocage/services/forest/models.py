"""Forest's tables; private to it. Grams themselves are in the ledger."""

from django.db import models
from django.db.models import Q

from bocage.kernel.ids import uuid7
from bocage.services.forest import limits


class Upload(models.Model):
    """A statement somebody handed in: kept, encrypted with her key, until she confirms or discards the preview.

    `columns` are those she chose for a CSV; in the state `columns` they are still to be chosen.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    digest = models.CharField(max_length=64)
    country = models.CharField(max_length=2, blank=True)
    content = models.BinaryField(null=True)
    columns = models.JSONField(null=True)
    state = models.CharField(max_length=10, default="preview")
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    lines_added = models.PositiveIntegerField(default=0)
    lines_known = models.PositiveIntegerField(default=0)
    lines_bad = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "forest_upload"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["columns", "preview", "confirmed", "discarded"]), name="forest_upload_state"
            ),
        ]
        indexes = [models.Index(fields=["person_id", "-id"], name="forest_upload_by_person")]


class Line(models.Model):
    """One movement of money and its footprint. Masses are whole micrograms, so that sums are exact.

    `reasons` is the engine's chain as it was worked out under `book`; working it out again gives the same bytes.
    `country` is where it was spent and `home` that of the account; `merchant` is the name that corrections go by.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    origin = models.CharField(max_length=10)
    origin_id = models.UUIDField()
    fingerprint = models.CharField(max_length=128)
    booked_on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    exponent = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=limits.TEXT_CHARACTERS_MAX)
    mcc = models.CharField(max_length=4, blank=True)
    country = models.CharField(max_length=2, blank=True)
    home = models.CharField(max_length=2, blank=True, default="", db_default="")
    merchant = models.CharField(max_length=limits.MERCHANT_CHARACTERS_MAX, blank=True, default="", db_default="")
    corrected = models.BooleanField(default=False, db_default=False)
    category = models.CharField(max_length=32)
    item = models.CharField(max_length=32, blank=True)
    factor = models.CharField(max_length=64, blank=True)
    counted = models.BooleanField()
    assessed = models.BooleanField()
    probability = models.FloatField()
    micrograms = models.BigIntegerField()
    low_micrograms = models.BigIntegerField()
    high_micrograms = models.BigIntegerField()
    reasons = models.JSONField()
    book = models.CharField(max_length=16)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "forest_line"
        constraints = [
            models.UniqueConstraint(fields=["person_id", "fingerprint"], name="forest_line_once"),
            models.CheckConstraint(condition=Q(origin__in=["statement", "payment"]), name="forest_line_origin"),
        ]
        indexes = [
            models.Index(fields=["person_id", "-booked_on", "-id"], name="forest_line_by_day"),
            models.Index(fields=["person_id", "merchant"], name="forest_line_by_merchant"),
        ]


class Correction(models.Model):
    """What a person said of a merchant: all of her lines of it follow."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    merchant = models.CharField(max_length=limits.MERCHANT_CHARACTERS_MAX)
    category = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "forest_correction"
        constraints = [models.UniqueConstraint(fields=["person_id", "merchant"], name="forest_correction_once")]


class Award(models.Model):
    """Grams earned by one act. `hold_id` is the ledger's: reserved until collected, voided when clawed back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    line_id = models.UUIDField()
    act = models.CharField(max_length=20)
    grams = models.PositiveIntegerField()
    day = models.DateField()
    place = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, default="held")
    hold_id = models.UUIDField(unique=True)
    ripe_at = models.DateTimeField()
    fades_at = models.DateTimeField()
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "forest_award"
        constraints = [
            models.UniqueConstraint(fields=["line_id", "act"], name="forest_award_once"),
            # The daily cap: each act of a day has a numbered place, and there are only so many places.
            models.UniqueConstraint(fields=["person_id", "act", "day", "place"], name="forest_award_place"),
            models.CheckConstraint(condition=Q(state__in=["held", "collected", "returned"]), name="forest_award_state"),
        ]
        indexes = [models.Index(fields=["person_id", "state", "ripe_at"], name="forest_award_ripe")]


class Tree(models.Model):
    """A tree somebody grows; the grams it has drunk are on its own account in the ledger."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    species = models.CharField(max_length=20)
    price_grams = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    grown_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "forest_tree"
        indexes = [models.Index(fields=["person_id", "-id"], name="forest_tree_by_person")]
