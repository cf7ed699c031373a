"""Friends, gifts, groups and what is taken. Both sides see what is between two; groups are read by Forest itself."""

from django.db import migrations, models
from django.db.models.functions import Greatest, Least

import bocage.kernel.ids
from bocage.kernel.acting.rls import protect
from bocage.services.forest.guarding import guard

UUID_KEY = {"default": bocage.kernel.ids.uuid7, "editable": False, "primary_key": True, "serialize": False}
SUBJECT = "(select bocage_subject())"
PERSONALLY = "(select bocage_service()) = ''"
FOREST = "(select bocage_service()) = 'forest'"


def between(first: str, second: str) -> tuple[str, str]:
    """Policies for rows of two people: each sees them, and Forest while both agree to a purpose of its."""
    return (
        f"both_sides using ({SUBJECT} in ({first}, {second}) and {PERSONALLY})",
        f"own_books using ({FOREST} and bocage_granted({first}, 'forest')"
        f" and ({second} is null or bocage_granted({second}, 'forest')))",
    )


class Migration(migrations.Migration):
    dependencies = [("forest", "0002_columns_and_corrections")]
    operations = [
        migrations.AddField("Award", "proven", models.BooleanField(db_default=False, default=False)),
        migrations.RemoveConstraint("Award", "forest_award_place"),
        migrations.AddConstraint(
            "Award",
            models.UniqueConstraint(
                condition=~models.Q(state="returned"),
                fields=("person_id", "act", "day", "place"),
                name="forest_award_place",
            ),
        ),
        migrations.AddField("Line", "payee_id", models.UUIDField(null=True)),
        migrations.AddField("Line", "paid_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            "Preference",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("person_id", models.UUIDField(unique=True)),
                ("takes", models.BooleanField(default=False)),
                ("letter", models.BooleanField(default=False)),
                ("goal_percent", models.PositiveSmallIntegerField(default=0)),
            ],
            options={"db_table": "forest_preference"},
        ),
        migrations.CreateModel(
            "Friendship",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("asker_id", models.UUIDField()),
                ("asked_id", models.UUIDField()),
                ("asked_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "forest_friendship",
                "indexes": [models.Index(fields=["asked_id"], name="forest_friendship_asked")],
                "constraints": [
                    models.UniqueConstraint(
                        Least("asker_id", "asked_id"), Greatest("asker_id", "asked_id"), name="forest_friendship_once"
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(asker_id=models.F("asked_id")), name="forest_friendship_of_two"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "Gift",
            [
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("giver_id", models.UUIDField()),
                ("receiver_id", models.UUIDField(null=True)),
                ("group_id", models.UUIDField(null=True)),
                ("tree_id", models.UUIDField()),
                ("grams", models.PositiveIntegerField()),
                ("day", models.DateField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "forest_gift",
                "indexes": [
                    models.Index(fields=["giver_id", "day"], name="forest_gift_by_giver"),
                    models.Index(fields=["receiver_id", "-at"], name="forest_gift_by_receiver"),
                    models.Index(fields=["group_id", "day"], name="forest_gift_by_group"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(receiver_id=None, group_id__isnull=False)
                        | models.Q(receiver_id__isnull=False, group_id=None),
                        name="forest_gift_to_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "Taking",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("award_id", models.UUIDField(unique=True)),
                ("taker_id", models.UUIDField()),
                ("owner_id", models.UUIDField()),
                ("grams", models.PositiveIntegerField()),
                ("day", models.DateField()),
            ],
            options={
                "db_table": "forest_taking",
                "indexes": [
                    models.Index(fields=["taker_id", "day"], name="forest_taking_by_taker"),
                    models.Index(fields=["owner_id", "day"], name="forest_taking_by_owner"),
                ],
            },
        ),
        migrations.CreateModel(
            "Group",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=60)),
                ("code", models.CharField(max_length=12, unique=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={"db_table": "forest_group"},
        ),
        migrations.CreateModel(
            "Membership",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("group_id", models.UUIDField()),
                ("person_id", models.UUIDField()),
                ("shown", models.BooleanField(default=False)),
                ("joined_at", models.DateTimeField()),
            ],
            options={
                "db_table": "forest_membership",
                "indexes": [models.Index(fields=["person_id"], name="forest_membership_person")],
                "constraints": [
                    models.UniqueConstraint(fields=("group_id", "person_id"), name="forest_membership_once")
                ],
            },
        ),
        migrations.CreateModel(
            "GroupTree",
            [
                ("id", models.UUIDField(**UUID_KEY)),
                ("group_id", models.UUIDField()),
                ("species", models.CharField(max_length=20)),
                ("price_grams", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                ("grown_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "forest_grouptree",
                "indexes": [models.Index(fields=["group_id", "-id"], name="forest_grouptree_by_group")],
            },
        ),
        protect("forest_preference", "person_id", service="forest"),
        protect("forest_membership", "person_id", service="forest"),
        guard("forest_friendship", *between("asker_id", "asked_id")),
        guard("forest_gift", *between("giver_id", "receiver_id")),
        guard("forest_taking", *between("taker_id", "owner_id")),
        guard("forest_group", f"own_books using ({FOREST})"),
        guard("forest_grouptree", f"own_books using ({FOREST})"),
    ]
