"""City's tables; the stream of observations stands on one partition a day."""

import django.db.models.deletion
from django.db import migrations, models

import bocage.kernel.ids

_STREAM = """
create sequence city_observation_seq;
create table city_observation (
    seq bigint not null default nextval('city_observation_seq'),
    day date not null,
    at timestamptz not null,
    stream varchar(20) not null,
    source varchar(80) not null,
    place varchar(80) not null,
    x_m double precision,
    y_m double precision,
    said jsonb not null,
    organisation_id uuid,
    primary key (seq, day),
    check (day = (at at time zone 'UTC')::date)
) partition by range (day);
-- One source says one thing at one instant: sent again, it is the same record.
create unique index city_observation_once on city_observation (source, stream, at, day);
"""
_NO_STREAM = """
drop table city_observation;
drop sequence city_observation_seq;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_STREAM, _NO_STREAM)],
            state_operations=[
                migrations.CreateModel(
                    name="Observation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "seq", "day", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("seq", models.BigIntegerField()),
                        ("day", models.DateField()),
                        ("at", models.DateTimeField()),
                        ("stream", models.CharField(max_length=20)),
                        ("source", models.CharField(max_length=80)),
                        ("on", models.CharField(db_column="place", max_length=80)),
                        ("x_m", models.FloatField(null=True)),
                        ("y_m", models.FloatField(null=True)),
                        ("said", models.JSONField()),
                        ("organisation_id", models.UUIDField(null=True)),
                    ],
                    options={
                        "db_table": "city_observation",
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="Sender",
            fields=[
                ("organisation_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("added_by", models.UUIDField()),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                ("heard_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "city_sender",
            },
        ),
        migrations.CreateModel(
            name="Trial",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("changes", models.JSONField()),
                ("day", models.DateField()),
                ("made_by", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("result", models.JSONField(null=True)),
            ],
            options={
                "db_table": "city_trial",
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.CharField(editable=False, max_length=20, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=60)),
                ("case", models.CharField(max_length=100)),
                ("severity", models.CharField(max_length=10)),
                ("desk", models.CharField(max_length=24)),
                ("source", models.CharField(max_length=80)),
                ("on", models.CharField(blank=True, db_column="place", max_length=80)),
                ("x_m", models.FloatField(null=True)),
                ("y_m", models.FloatField(null=True)),
                ("raised_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("cleared_at", models.DateTimeField(null=True)),
                ("reason", models.JSONField()),
                ("evidence", models.JSONField(default=list)),
                ("evidence_until", models.DateTimeField()),
                ("agreeing", models.PositiveIntegerField(default=1)),
                ("repeats", models.PositiveIntegerField(default=0)),
                ("suppressed_by", models.CharField(blank=True, max_length=20)),
                ("silent", models.BooleanField(default=False)),
                ("rule_number", models.PositiveIntegerField(default=0)),
                ("state", models.CharField(default="new", max_length=8)),
                ("holder_id", models.UUIDField(null=True)),
                ("verdict", models.CharField(blank=True, max_length=10)),
                ("closed_at", models.DateTimeField(null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
            options={
                "db_table": "city_alert",
                "indexes": [
                    models.Index(fields=["-raised_at", "-id"], name="city_alert_latest"),
                    models.Index(fields=["kind", "verdict"], name="city_alert_by_kind"),
                    models.Index(fields=["state", "-raised_at"], name="city_alert_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at", None)), fields=("kind", "case"), name="city_alert_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at__isnull", False),
                                ("state", "closed"),
                                models.Q(("verdict", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "closed"), _negated=True), ("closed_at", None), ("verdict", "")
                            ),
                            _connector="OR",
                        ),
                        name="city_alert_closed_with_a_verdict",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "taken"), _negated=True),
                            models.Q(("holder_id", None), _negated=True),
                            _connector="OR",
                        ),
                        name="city_alert_taken_by_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Judging",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(default=0)),
                ("judged_at", models.DateTimeField(null=True)),
                ("left_out", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "city_judging",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="city_judging_is_one")],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.UUIDField()),
                ("kind", models.CharField(max_length=12)),
                ("street", models.CharField(max_length=80)),
                ("x_m", models.FloatField(null=True)),
                ("y_m", models.FloatField(null=True)),
                ("words", models.CharField(blank=True, max_length=1000)),
                ("photo_id", models.UUIDField(null=True)),
                ("state", models.CharField(default="new", max_length=10)),
                ("at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
            options={
                "db_table": "city_report",
                "indexes": [
                    models.Index(fields=["person_id", "-id"], name="city_report_by_person"),
                    models.Index(fields=["state", "-id"], name="city_report_by_state"),
                    models.Index(fields=["street", "-id"], name="city_report_by_street"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("number", models.PositiveIntegerField()),
                ("changes", models.JSONField()),
                ("made_by", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "city_rule_change",
                "constraints": [models.UniqueConstraint(fields=("kind", "number"), name="city_rule_change_once")],
            },
        ),
        migrations.CreateModel(
            name="Works",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("street", models.CharField(max_length=80)),
                ("closes", models.CharField(max_length=10)),
                ("words", models.CharField(blank=True, max_length=1000)),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "city_works",
                "indexes": [
                    models.Index(fields=["street", "until_at"], name="city_works_by_street"),
                    models.Index(fields=["until_at"], name="city_works_by_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until_at__gt", models.F("from_at"))), name="city_works_end_after_begin"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertStep",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("what", models.CharField(max_length=12)),
                ("by_id", models.UUIDField(null=True)),
                ("to_id", models.UUIDField(null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="city.alert"
                    ),
                ),
            ],
            options={
                "db_table": "city_alert_step",
                "indexes": [models.Index(fields=["alert", "at", "id"], name="city_alert_step_in_order")],
            },
        ),
        migrations.CreateModel(
            name="ReportStep",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=bocage.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("state", models.CharField(max_length=10)),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("by_id", models.UUIDField(null=True)),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="city.report"
                    ),
                ),
            ],
            options={
                "db_table": "city_report_step",
                "indexes": [models.Index(fields=["report", "at", "id"], name="city_report_step_in_order")],
            },
        ),
    ]
