"""City's tables. What sensors say and what operators do is about no citizen; her reports are, and are guarded."""

from django.db import models
from django.db.models import Q

from bocage.kernel.ids import uuid7
from bocage.services.city import limits

NAME_CHARACTERS = 80
KIND_CHARACTERS = 60
STATES = ("new", "taken", "closed")
VERDICTS = ("true", "false", "duplicate", "planned")
REPORT_STATES = ("new", "taken", "planned", "done", "declined")


class Sender(models.Model):
    """An organisation whose programs may send observations; an operator of the town let it."""

    organisation_id = models.UUIDField(primary_key=True, editable=False)
    added_by = models.UUIDField()
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "city_sender"


class Observation(models.Model):
    """One record of one source, on the partition of its UTC day; migration 0001 makes the table.

    `seq` is the order of arrival, which is also the order of commits. `organisation_id` None: the town itself says it.
    """

    pk = models.CompositePrimaryKey("seq", "day")
    seq = models.BigIntegerField()
    day = models.DateField()
    at = models.DateTimeField()
    stream = models.CharField(max_length=20)
    source = models.CharField(max_length=NAME_CHARACTERS)
    on = models.CharField(max_length=NAME_CHARACTERS, db_column="place")
    x_m = models.FloatField(null=True)
    y_m = models.FloatField(null=True)
    said = models.JSONField()
    organisation_id = models.UUIDField(null=True)

    class Meta:
        db_table = "city_observation"


class Signal(models.Model):
    """A traffic light as its cabinet describes it: what each phase lets go, and its fixed plan as (phase, seconds)."""

    id = models.CharField(primary_key=True, max_length=limits.SIGNAL_CHARACTERS_MAX)
    organisation_id = models.UUIDField()
    on = models.CharField(max_length=NAME_CHARACTERS, db_column="place")
    x_m = models.FloatField()
    y_m = models.FloatField()
    phases = models.JSONField()
    plan = models.JSONField()
    fixed_walk_seconds = models.FloatField(null=True)
    max_red_seconds = models.PositiveSmallIntegerField()
    said_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "city_signal"


class PhaseChange(models.Model):
    """A green that a light began to show, and why, on the partition of its UTC day; migration 0004 makes the table.

    `number` counts the changes of a light without a gap. `lasted_seconds`: of the green before.
    """

    pk = models.CompositePrimaryKey("signal", "at", "day")
    day = models.DateField()
    at = models.DateTimeField()
    signal = models.CharField(max_length=limits.SIGNAL_CHARACTERS_MAX)
    number = models.BigIntegerField()
    phase = models.SmallIntegerField()
    chosen_by = models.CharField(max_length=10)
    reason = models.CharField(max_length=limits.PHASE_REASON_CHARACTERS_MAX)
    lasted_seconds = models.IntegerField()
    organisation_id = models.UUIDField()

    class Meta:
        db_table = "city_phase_change"


class Forecast(models.Model):
    """The mean speed at a detector over the five minutes up to `for_at`, as it was forecast `minutes` before that; the
    engine's interval of 80 %. Never changed afterwards.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=NAME_CHARACTERS)
    minutes = models.PositiveSmallIntegerField()
    for_at = models.DateTimeField()
    speed_kmh = models.FloatField()
    low_kmh = models.FloatField()
    high_kmh = models.FloatField()

    class Meta:
        db_table = "city_forecast"
        indexes = [models.Index(fields=["for_at"], name="city_forecast_by_time")]
        constraints = [models.UniqueConstraint(fields=("source", "minutes", "for_at"), name="city_forecast_once")]


class Judging(models.Model):
    """How far the stream has been judged, and what the engine left out. One row, whose lock is the turn to judge.

    `forgotten` counts what was taken out of the stream: an engine that has seen it may not go on.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    forgotten = models.BigIntegerField(default=0)
    judged_at = models.DateTimeField(null=True)
    left_out = models.JSONField(default=dict)

    class Meta:
        db_table = "city_judging"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="city_judging_is_one")]


class Alert(models.Model):
    """Something that a rule found. `id` is the engine's; `case` is what a second cause would have to share to join it.

    `raised_at` and `changed_at` are first and last seen, `cleared_at` when the condition ended; `state`, `holder_id`
    and `verdict` are the operators' work on it; `revision` counts that work, so that two hands do not cross.
    """

    id = models.CharField(primary_key=True, max_length=20, editable=False)
    kind = models.CharField(max_length=KIND_CHARACTERS)
    case = models.CharField(max_length=NAME_CHARACTERS + 20)
    severity = models.CharField(max_length=10)
    desk = models.CharField(max_length=24)
    source = models.CharField(max_length=NAME_CHARACTERS)
    on = models.CharField(max_length=NAME_CHARACTERS, db_column="place", blank=True)
    x_m = models.FloatField(null=True)
    y_m = models.FloatField(null=True)
    raised_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    reason = models.JSONField()
    evidence = models.JSONField(default=list)
    evidence_until = models.DateTimeField()
    agreeing = models.PositiveIntegerField(default=1)
    repeats = models.PositiveIntegerField(default=0)
    suppressed_by = models.CharField(max_length=20, blank=True)
    silent = models.BooleanField(default=False)
    rule_number = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, default="new")
    holder_id = models.UUIDField(null=True)
    verdict = models.CharField(max_length=10, blank=True)
    closed_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "city_alert"
        indexes = [
            models.Index(fields=["-raised_at", "-id"], name="city_alert_latest"),
            models.Index(fields=["kind", "verdict"], name="city_alert_by_kind"),
            models.Index(fields=["state", "-raised_at"], name="city_alert_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "case"], condition=Q(cleared_at=None), name="city_alert_one_open"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(verdict="")
                | ~Q(state="closed") & Q(closed_at=None, verdict=""),
                name="city_alert_closed_with_a_verdict",
            ),
            models.CheckConstraint(condition=~Q(state="taken") | ~Q(holder_id=None), name="city_alert_taken_by_one"),
        ]


class AlertStep(models.Model):
    """One thing that happened to an alert: by the engine (`by_id` None) or by an operator. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    what = models.CharField(max_length=12)
    by_id = models.UUIDField(null=True)
    to_id = models.UUIDField(null=True)
    note = models.CharField(max_length=limits.NOTE_CHARACTERS_MAX, blank=True)

    class Meta:
        db_table = "city_alert_step"
        indexes = [models.Index(fields=["alert", "at", "id"], name="city_alert_step_in_order")]


class RuleChange(models.Model):
    """A version of a kind's rule: the declarative fields that differ from the shipped one; the highest is in force."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=KIND_CHARACTERS)
    number = models.PositiveIntegerField()
    changes = models.JSONField()
    made_by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "city_rule_change"
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="city_rule_change_once")]


class Trial(models.Model):
    """A dry run of a changed rule over one day of the stream; `result` says what would have been raised."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=KIND_CHARACTERS)
    changes = models.JSONField()
    day = models.DateField()
    made_by = models.UUIDField()
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)

    class Meta:
        db_table = "city_trial"


class WhatIf(models.Model):
    """A question to the twin; `played` has what each seed cost as it is and changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    change = models.CharField(max_length=12)
    street = models.CharField(max_length=limits.STREET_CHARACTERS_MAX, blank=True)
    hour = models.PositiveSmallIntegerField()
    seeds = models.PositiveSmallIntegerField()
    made_by = models.UUIDField()
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    played = models.JSONField(default=list)
    failed = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "city_what_if"
        indexes = [models.Index(fields=["-at"], name="city_what_if_latest")]


class Report(models.Model):
    """A citizen's report of a problem. The service sees it while she agrees to `city.report`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    street = models.CharField(max_length=limits.STREET_CHARACTERS_MAX)
    x_m = models.FloatField(null=True)
    y_m = models.FloatField(null=True)
    words = models.CharField(max_length=limits.WORDS_CHARACTERS_MAX, blank=True)
    photo_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, default="new")
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "city_report"
        indexes = [
            models.Index(fields=["person_id", "-id"], name="city_report_by_person"),
            models.Index(fields=["state", "-id"], name="city_report_by_state"),
            models.Index(fields=["street", "-id"], name="city_report_by_street"),
        ]


class ReportStep(models.Model):
    """What happened to a report, as its citizen reads it. `person_id` is hers, whoever took the step."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    report = models.ForeignKey(Report, models.CASCADE, related_name="steps")
    person_id = models.UUIDField()
    at = models.DateTimeField()
    state = models.CharField(max_length=10)
    answer = models.CharField(max_length=limits.WORDS_CHARACTERS_MAX, blank=True)
    by_id = models.UUIDField(null=True)

    class Meta:
        db_table = "city_report_step"
        indexes = [models.Index(fields=["report", "at", "id"], name="city_report_step_in_order")]


class Works(models.Model):
    """Works that the town has planned; everybody reads them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=limits.TITLE_CHARACTERS_MAX)
    street = models.CharField(max_length=limits.STREET_CHARACTERS_MAX)
    closes = models.CharField(max_length=10)
    words = models.CharField(max_length=limits.WORDS_CHARACTERS_MAX, blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "city_works"
        indexes = [
            models.Index(fields=["street", "until_at"], name="city_works_by_street"),
            models.Index(fields=["until_at"], name="city_works_by_end"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gt=models.F("from_at")), name="city_works_end_after_begin")
        ]
