"""Health's tables. Nobody but this service's own database role reads them: see `kernel.acting.own_tables`.

Registers (scheme, register, venue, laboratory) are about no person. All others hold 14 days and no more.
"""

from django.db import models
from django.db.models import Q

from bocage.kernel.ids import uuid7
from bocage.services.health import limits

KINDS_OF_PLACE = ("cafe", "shop", "transport", "school", "work", "culture", "sport", "care")
# Kinds of place where somebody was near: those of posters, and the household.
HOME = "home"
LAYERS = (*KINDS_OF_PLACE, HOME)
COLOURS = ("green", "yellow", "red")
SYMPTOMS = ("fever", "cough", "breath", "taste", "throat", "tired", "none")


class Scheme(models.Model):
    """The scheme in force, or one that was. At most one has no `ended_at`; none lives past its `sunset_at`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=limits.TITLE_CHARACTERS_MAX)
    legal_basis = models.CharField(max_length=limits.LEGAL_BASIS_CHARACTERS_MAX)
    rules = models.CharField(max_length=16)
    budget_days = models.DecimalField(max_digits=4, decimal_places=1)
    demo = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    sunset_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "health_scheme"
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(ended_at=None), name="health_scheme_one"),
            models.CheckConstraint(
                condition=Q(sunset_at__gt=models.F("starts_at"))
                & Q(sunset_at__lte=models.F("starts_at") + limits.SCHEME_LIFE_MAX),
                name="health_scheme_has_a_sunset",
            ),
            models.CheckConstraint(condition=~Q(legal_basis=""), name="health_scheme_has_a_legal_basis"),
        ]


class DayRule(models.Model):
    """The thresholds that a scheme's budget gave on a day, and what the day costs in days; about nobody, and public.

    `spent_days` are those of all people before that day, `cost_days` those of the day itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scheme_id = models.UUIDField()
    day = models.DateField()
    yellow = models.FloatField()
    release = models.FloatField()
    red = models.FloatField()
    people = models.PositiveIntegerField()
    places = models.PositiveIntegerField()
    spent_days = models.FloatField()
    cost_days = models.FloatField()

    class Meta:
        db_table = "health_day_rule"
        constraints = [models.UniqueConstraint(fields=["scheme_id", "day"], name="health_day_rule_one")]


class RegisterLine(models.Model):
    """A line of the public register: append-only, without any person. `words` are those of a scheme's change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    words = models.CharField(max_length=limits.LEGAL_BASIS_CHARACTERS_MAX, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "health_register"


class Venue(models.Model):
    """A place with a poster: an organisation's, of some kind."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    kind = models.CharField(max_length=12)
    token = models.CharField(max_length=16, unique=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "health_venue"
        indexes = [models.Index(fields=["organisation_id", "-id"], name="health_venue_by_organisation")]


class Laboratory(models.Model):
    """An organisation whose signed results are believed, and the Ed25519 key that it signs them with."""

    organisation_id = models.UUIDField(primary_key=True, editable=False)
    public_key = models.BinaryField()
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "health_laboratory"


class CheckIn(models.Model):
    """That a person was at a venue. Without a `left_at`, an hour is assumed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    venue_id = models.UUIDField()
    arrived_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "health_checkin"
        indexes = [
            models.Index(fields=["venue_id", "arrived_at"], name="health_checkin_by_venue"),
            models.Index(fields=["person_id", "-arrived_at"], name="health_checkin_by_person"),
            models.Index(fields=["arrived_at"], name="health_checkin_by_time"),
        ]


class Report(models.Model):
    """What somebody says of herself on a day; `symptoms` of ["none"] says that she is well."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    symptoms = models.JSONField()
    since = models.DateField()
    at = models.DateTimeField()

    class Meta:
        db_table = "health_report"
        indexes = [models.Index(fields=["person_id", "-at"], name="health_report_by_person")]


class WaitingResult(models.Model):
    """A result that nobody has claimed: sealed with its claim code, so that who reads this table learns nothing."""

    claim_digest = models.BinaryField(primary_key=True, editable=False)
    laboratory_id = models.UUIDField()
    sample_digest = models.BinaryField()
    revision = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        db_table = "health_waiting_result"
        constraints = [
            models.UniqueConstraint(fields=["laboratory_id", "sample_digest"], name="health_waiting_result_once")
        ]


class Test(models.Model):
    """A laboratory's result that reached its person. `digest` is of the signed bytes, `revision` counts corrections."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    laboratory_id = models.UUIDField()
    sample_digest = models.BinaryField()
    revision = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    outcome = models.CharField(max_length=12)
    taken_at = models.DateTimeField()
    received_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    claim_digest = models.BinaryField()

    class Meta:
        db_table = "health_test"
        constraints = [models.UniqueConstraint(fields=["laboratory_id", "sample_digest"], name="health_test_once")]
        indexes = [
            models.Index(fields=["person_id", "-taken_at"], name="health_test_by_person"),
            models.Index(fields=["claim_digest"], name="health_test_by_claim"),
        ]


class Standing(models.Model):
    """What the last matching found about a person: the engine's evidence, with days and kinds of place and no names."""

    person_id = models.UUIDField(primary_key=True, editable=False)
    evidence = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "health_standing"


class Certificate(models.Model):
    """A verified certificate that its holder handed in, encrypted with the holder's key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        db_table = "health_certificate"
        constraints = [models.UniqueConstraint(fields=["person_id", "digest"], name="health_certificate_once")]


class Holder(models.Model):
    """A person's name and date of birth as on her identity card, encrypted with her key."""

    person_id = models.UUIDField(primary_key=True, editable=False)
    sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        db_table = "health_holder"


class IssuedName(models.Model):
    """The one name that a person's certificates and passes on paper carry while one of them lives, until `until`.

    Encrypted with her key. It stays when an agreement ends, because what carries the name lives on.
    """

    person_id = models.UUIDField(primary_key=True, editable=False)
    sealed = models.BinaryField()
    until = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        db_table = "health_issued_name"


class Housemate(models.Model):
    """That a person says she lives with another. Only where both say so does it count."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    other_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "health_housemate"
        constraints = [
            models.UniqueConstraint(fields=["person_id", "other_id"], name="health_housemate_once"),
            models.CheckConstraint(condition=~Q(person_id=models.F("other_id")), name="health_housemate_other"),
        ]
        indexes = [models.Index(fields=["other_id"], name="health_housemate_by_other")]


class HouseholdNotice(models.Model):
    """That another was told that a person names her: once in 14 days, however often it is said and taken back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    other_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "health_household_notice"
        constraints = [models.UniqueConstraint(fields=["person_id", "other_id"], name="health_household_notice_once")]


class Decision(models.Model):
    """A colour and its signed record; one of a person's is `current`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    colour = models.CharField(max_length=6)
    record = models.TextField()
    facts = models.JSONField()
    key_id = models.UUIDField()
    signature = models.BinaryField()
    signed_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    current = models.BooleanField(default=True)

    class Meta:
        db_table = "health_decision"
        indexes = [models.Index(fields=["person_id", "-signed_at"], name="health_decision_by_person")]
        constraints = [
            models.CheckConstraint(condition=Q(colour__in=COLOURS), name="health_decision_colour"),
            models.UniqueConstraint(fields=["person_id"], condition=Q(current=True), name="health_decision_current"),
        ]


class Due(models.Model):
    """Somebody whose colour is to be worked out again."""

    person_id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()

    class Meta:
        db_table = "health_due"


class Appeal(models.Model):
    """That a person contests a colour: suspended at once, or at the deadline where a positive test stands behind it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    decision_id = models.UUIDField()
    facts = models.JSONField()
    words = models.CharField(max_length=limits.WORDS_CHARACTERS_MAX, blank=True)
    suspends_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="open")
    answer = models.CharField(max_length=limits.WORDS_CHARACTERS_MAX, blank=True)
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "health_appeal"
        constraints = [
            models.UniqueConstraint(fields=["decision_id"], name="health_appeal_once"),
            models.CheckConstraint(condition=Q(state__in=["open", "upheld", "kept"]), name="health_appeal_state"),
        ]
        indexes = [models.Index(fields=["state", "id"], name="health_appeal_open")]


class ManualColour(models.Model):
    """A colour set by two officials: proposed, then in force until `until` or until it is lifted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    colour = models.CharField(max_length=6)
    reason = models.CharField(max_length=limits.WORDS_CHARACTERS_MAX)
    until = models.DateTimeField()
    state = models.CharField(max_length=10, default="proposed")
    at = models.DateTimeField()

    class Meta:
        db_table = "health_manual"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "in_force", "lifted"]), name="health_manual_state"
            ),
            models.CheckConstraint(condition=Q(colour__in=COLOURS), name="health_manual_colour"),
        ]
        indexes = [models.Index(fields=["person_id"], name="health_manual_by_person")]


class SpentToken(models.Model):
    """A colour token that a gate has let through, until the token's end. A token names nobody, nor does this.

    `attempt` is a digest of who asked and of its key for this showing: asking again with it gets the same answer.
    """

    nonce = models.BinaryField(primary_key=True, editable=False)
    attempt = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "health_spent_token"
        indexes = [models.Index(fields=["expires_at"], name="health_spent_token_by_end")]


class GateHour(models.Model):
    """How many of a colour an organisation's gates saw in an hour. Counts, and nothing else, leave a gate."""

    organisation_id = models.UUIDField()
    hour = models.DateTimeField()
    colour = models.CharField(max_length=8)
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "health_gate_hour"
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "hour", "colour"], name="health_gate_hour_one")
        ]
