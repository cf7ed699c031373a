"""Forest's tables; private to it. Grams themselves are in the ledger."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

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
    shared_id = models.UUIDField(null=True)
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
    # Of a payment by the wallet: whom, and when to the second.
    payee_id = models.UUIDField(null=True)
    paid_at = models.DateTimeField(null=True)
    mcc = models.CharField(max_length=4, blank=True)
    country = models.CharField(max_length=2, blank=True)
    home = models.CharField(max_length=2, blank=True, default="", db_default="")
    merchant = models.CharField(max_length=limits.MERCHANT_CHARACTERS_MAX, blank=True, default="", db_default="")
    corrected = models.BooleanField(default=False, db_default=False)
    # Of a shared account: which part of what the line weighs is this person's.
    share_from_percent = models.PositiveSmallIntegerField(default=0, db_default=0)
    share_to_percent = models.PositiveSmallIntegerField(default=100, db_default=100)
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
            models.CheckConstraint(
                condition=Q(origin__in=["statement", "payment", "noted"]), name="forest_line_origin"
            ),
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
    # Paid through the wallet to a checked shop: such grams may leave the account that earned them.
    proven = models.BooleanField(default=False, db_default=False)
    ripe_at = models.DateTimeField()
    fades_at = models.DateTimeField()
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "forest_award"
        constraints = [
            models.UniqueConstraint(fields=["line_id", "act"], name="forest_award_once"),
            # The daily cap: each act of a day has a numbered place, and there are only so many places.
            # What went back frees its place: whoever buys the right ticket after the wrong one loses nothing.
            models.UniqueConstraint(
                fields=["person_id", "act", "day", "place"],
                condition=~Q(state="returned"),
                name="forest_award_place",
            ),
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


class Preference(models.Model):
    """How somebody plays: whether friends may take from her and she from them, and the letter of the month."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField(unique=True)
    takes = models.BooleanField(default=False)
    letter = models.BooleanField(default=False)
    letter_of = models.DateField(null=True)  # The month whose letter went out last.
    goal_percent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "forest_preference"


class Friendship(models.Model):
    """Two people who see each other's trees: one asked, the other accepted, or has not yet."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asker_id = models.UUIDField()
    asked_id = models.UUIDField()
    asked_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "forest_friendship"
        constraints = [
            models.UniqueConstraint(
                Least("asker_id", "asked_id"), Greatest("asker_id", "asked_id"), name="forest_friendship_once"
            ),
            models.CheckConstraint(condition=~Q(asker_id=F("asked_id")), name="forest_friendship_of_two"),
        ]
        indexes = [models.Index(fields=["asked_id"], name="forest_friendship_asked")]


class SharedAccount(models.Model):
    """An account of two: what one asked for and the other agreed to. `asker_percent` of a line is the asker's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asker_id = models.UUIDField()
    asked_id = models.UUIDField()
    name = models.CharField(max_length=limits.SHARED_NAME_CHARACTERS_MAX)
    asker_percent = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "forest_sharedaccount"
        constraints = [
            models.CheckConstraint(condition=~Q(asker_id=F("asked_id")), name="forest_shared_by_two"),
            models.CheckConstraint(
                condition=Q(asker_percent__gte=1, asker_percent__lte=99), name="forest_shared_percent"
            ),
        ]
        indexes = [
            models.Index(fields=["asker_id"], name="forest_shared_by_asker"),
            models.Index(fields=["asked_id"], name="forest_shared_by_asked"),
        ]


class Gift(models.Model):
    """Grams that somebody gave to a friend's tree or to a group's; its id is the ledger transfer's."""

    id = models.UUIDField(primary_key=True, editable=False)
    giver_id = models.UUIDField()
    receiver_id = models.UUIDField(null=True)
    group_id = models.UUIDField(null=True)
    tree_id = models.UUIDField()
    grams = models.PositiveIntegerField()
    day = models.DateField()
    at = models.DateTimeField()

    class Meta:
        db_table = "forest_gift"
        constraints = [
            models.CheckConstraint(
                condition=Q(receiver_id=None, group_id__isnull=False) | Q(receiver_id__isnull=False, group_id=None),
                name="forest_gift_to_one",
            )
        ]
        indexes = [
            models.Index(fields=["giver_id", "day"], name="forest_gift_by_giver"),
            models.Index(fields=["receiver_id", "-at"], name="forest_gift_by_receiver"),
            models.Index(fields=["group_id", "day"], name="forest_gift_by_group"),
        ]


class Taking(models.Model):
    """A share of a friend's ripe award, taken; once an award."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    award_id = models.UUIDField(unique=True)
    taker_id = models.UUIDField()
    owner_id = models.UUIDField()
    grams = models.PositiveIntegerField()
    day = models.DateField()

    class Meta:
        db_table = "forest_taking"
        indexes = [
            models.Index(fields=["taker_id", "day"], name="forest_taking_by_taker"),
            models.Index(fields=["owner_id", "day"], name="forest_taking_by_owner"),
        ]


class Group(models.Model):
    """A street, a school, a company or friends who grow trees together; whoever has its code may join."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=limits.GROUP_NAME_CHARACTERS_MAX)
    code = models.CharField(max_length=12, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "forest_group"


class Membership(models.Model):
    """Somebody of a group; `shown` says that she stands on its board."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group_id = models.UUIDField()
    person_id = models.UUIDField()
    shown = models.BooleanField(default=False)
    joined_at = models.DateTimeField()

    class Meta:
        db_table = "forest_membership"
        constraints = [models.UniqueConstraint(fields=["group_id", "person_id"], name="forest_membership_once")]
        indexes = [models.Index(fields=["person_id"], name="forest_membership_person")]


class GroupTree(models.Model):
    """A tree that a group grows; what it has drunk is on its own account in the ledger."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group_id = models.UUIDField()
    species = models.CharField(max_length=20)
    price_grams = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    grown_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "forest_grouptree"
        indexes = [models.Index(fields=["group_id", "-id"], name="forest_grouptree_by_group")]


class Campaign(models.Model):
    """So many real trees of one kind that a partner undertakes to plant at a place; those left are in the ledger."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    name = models.CharField(max_length=60)
    species = models.CharField(max_length=60)
    latitude = models.DecimalField(max_digits=8, decimal_places=5)
    longitude = models.DecimalField(max_digits=8, decimal_places=5)
    price_grams = models.PositiveIntegerField()
    survival_percent = models.PositiveSmallIntegerField()
    trees = models.PositiveIntegerField()
    cost_minor = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "forest_campaign"


class Certificate(models.Model):
    """One real tree, paid for with grams that are burned: signed `claims`, and how the tree was last seen."""

    id = models.UUIDField(primary_key=True, editable=False)
    person_id = models.UUIDField()
    organisation_id = models.UUIDField()
    campaign_id = models.UUIDField()
    claims = models.TextField()
    key_id = models.UUIDField()
    signature = models.BinaryField()
    signed_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="ordered")

    class Meta:
        db_table = "forest_certificate"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["ordered", "alive", "dead"]), name="forest_certificate_state")
        ]
        indexes = [
            models.Index(fields=["person_id", "-id"], name="forest_certificate_person"),
            models.Index(fields=["organisation_id", "-id"], name="forest_certificate_partner"),
        ]


class Audit(models.Model):
    """What the partner saw of a tree, where and when; the photo is in the blob store under the partner's key."""

    id = models.UUIDField(primary_key=True, editable=False)
    certificate_id = models.UUIDField()
    person_id = models.UUIDField()
    organisation_id = models.UUIDField()
    seen = models.CharField(max_length=10)
    latitude = models.DecimalField(max_digits=8, decimal_places=5)
    longitude = models.DecimalField(max_digits=8, decimal_places=5)
    photo_id = models.UUIDField(null=True)
    photo_digest = models.CharField(max_length=64, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "forest_audit"
        indexes = [models.Index(fields=["certificate_id", "seen_at"], name="forest_audit_by_tree")]


class CompanyFile(models.Model):
    """A file of a company's accounts, encrypted with the company's key; kept ones are what its years are made of.

    A CSV in the state `columns` waits for somebody to say what its `columns` hold, and has no days until then.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    organisation_id = models.UUIDField()
    name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    digest = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    content = models.BinaryField()
    format = models.CharField(max_length=12)
    state = models.CharField(max_length=10, default="preview")
    records = models.PositiveIntegerField()
    columns = models.JSONField(null=True)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "forest_companyfile"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="columns")
                | Q(state__in=["preview", "kept"], first_on__isnull=False, last_on__isnull=False),
                name="forest_companyfile_state",
            ),
            models.UniqueConstraint(
                fields=["organisation_id", "digest"], condition=Q(state="kept"), name="forest_companyfile_once"
            ),
        ]
        indexes = [models.Index(fields=["organisation_id", "-id"], name="forest_companyfile_of")]


class CompanyYear(models.Model):
    """A company's year of twelve months, named by the calendar year that it begins in, from the 1st of `first_month`.

    What the company says of itself, and its footprint as it was last worked out (`result`). All years of a company
    begin in the same month.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    year = models.PositiveSmallIntegerField()
    revenue_minor = models.BigIntegerField(null=True)
    contract_kg_a_kwh = models.DecimalField(max_digits=6, decimal_places=4, null=True)
    contract_percent = models.PositiveSmallIntegerField(default=100)
    first_month = models.PositiveSmallIntegerField(default=1)
    result = models.JSONField(null=True)
    worked_out_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "forest_companyyear"
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "year"], name="forest_companyyear_once"),
            models.CheckConstraint(condition=Q(first_month__range=(1, 12)), name="forest_companyyear_month"),
        ]
