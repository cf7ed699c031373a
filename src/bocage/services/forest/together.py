"""What Forest shows of others: friends' trees, groups and their boards. Trees and first names, never spending."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import queries as consents
from bocage.kernel.errors import not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.ledger import queries as ledger
from bocage.services.forest import limits
from bocage.services.forest.challenges import GIVING, Counts, season_number
from bocage.services.forest.models import Award, Friendship, Gift, Group, GroupTree, Membership, Preference, Tree
from bocage.services.forest.species import SPECIES_BY_SLUG
from bocage.services.forest.types import TreeView

PURPOSE = "forest.friends"
TREES_SHOWN_MAX = 200
GROUP_KINDS = {
    "street": (gettext_lazy("Street"), "signpost"),
    "school": (gettext_lazy("School"), "school"),
    "company": (gettext_lazy("Company"), "building-2"),
    "club": (gettext_lazy("Club"), "users"),
    "friends": (gettext_lazy("Friends"), "heart-handshake"),
}


@dataclass(frozen=True)
class FriendView:
    """A friend, or somebody who asked (`incoming`) or was asked (`outgoing`)."""

    friendship_id: UUID
    person_id: UUID
    name: str
    handle: str
    state: str
    grown: int = 0
    growing: int = 0


@dataclass(frozen=True)
class FriendsForest:
    """A friend's trees. `takable`: both play at taking and something has been ripe for a day."""

    person_id: UUID
    name: str
    trees: tuple[TreeView, ...]
    takable: bool


@dataclass(frozen=True)
class BoardRow:
    """What a member who chose to be seen gave to the group's trees this season."""

    name: str
    grams: int
    mine: bool


@dataclass(frozen=True)
class GroupView:
    """A group that one has joined; `board` and `trees` only where it is shown by itself."""

    id: UUID
    kind: str
    kind_title: str
    icon: str
    name: str
    code: str
    members: int
    shown: bool
    trees: tuple[TreeView, ...] = ()
    board: tuple[BoardRow, ...] = ()
    others_grams: int = 0


@dataclass(frozen=True)
class Received:
    """A watering by a friend."""

    name: str
    grams: int
    at: datetime


def friends(person_id: UUID) -> list[FriendView]:
    """Friends and open questions, by name."""
    mine = Friendship.objects.filter(Q(asker_id=person_id) | Q(asked_id=person_id))
    # Friends come before questions, however many strangers ask.
    rows = list(mine.order_by(F("accepted_at").asc(nulls_last=True), "-asked_at")[: limits.FRIENDS_MAX * 2])
    others = {row.id: row.asked_id if row.asker_id == person_id else row.asker_id for row in rows}
    people = identity.persons(list(others.values()))
    open_to_me = consents.hold_granted([others[row.id] for row in rows if row.accepted_at], PURPOSE)
    with acting_as(Actor.for_service("forest")):
        counts = Tree.objects.filter(person_id__in=open_to_me).values_list("person_id")
        trees = {owner: (grown, all_of) for owner, grown, all_of in counts.annotate(Count("grown_at"), Count("id"))}
    found = []
    for row in rows:
        person = people.get(others[row.id])
        if person is None:
            continue
        asked = "outgoing" if row.asker_id == person_id else "incoming"
        state = "friend" if row.accepted_at else asked
        grown, all_of = trees.get(person.id, (0, 0))
        found.append(FriendView(row.id, person.id, person.display_name, person.handle, state, grown, all_of - grown))
    return sorted(found, key=lambda each: each.name.casefold())


def friends_forest(person_id: UUID, friend_id: UUID) -> FriendsForest:
    """A friend's trees, while both agree to it. Raises `Refusal` (not_found) for anybody else's."""
    now = clock.now()
    with acting_as(Actor.for_service("forest")):
        pair = Q(asker_id=person_id, asked_id=friend_id) | Q(asker_id=friend_id, asked_id=person_id)
        known = Friendship.objects.filter(pair, accepted_at__isnull=False).exists()
        if not known or not consents.is_granted(friend_id, PURPOSE):
            raise not_found(_("This forest is not open to you."), field="id")
        trees = tree_views(list(Tree.objects.filter(person_id=friend_id).order_by("id")[:TREES_SHOWN_MAX]))
        both = Preference.objects.filter(person_id__in=[person_id, friend_id], takes=True).count() == 2
        ripe = Award.objects.filter(
            person_id=friend_id, state="held", ripe_at__lte=now - limits.TAKING_WAITS, fades_at__gt=now
        )
        takable = both and ripe.exists()
    return FriendsForest(friend_id, identity.party_name(friend_id), trees, takable)


def groups(person_id: UUID) -> list[GroupView]:
    """The groups that one has joined, by name."""
    mine = dict(Membership.objects.filter(person_id=person_id).values_list("group_id", "shown"))
    with acting_as(Actor.for_service("forest")):
        rows = list(Group.objects.filter(pk__in=list(mine)))
        inside = Membership.objects.filter(group_id__in=list(mine)).values_list("group_id")
        members = dict(inside.annotate(Count("id")))
    views = [_group(row, members.get(row.id, 0), shown=mine[row.id]) for row in rows]
    return sorted(views, key=lambda each: each.name.casefold())


def group(person_id: UUID, group_id: UUID) -> GroupView:
    """One group with its trees and its board. Raises `Refusal` (not_found) for one that was not joined."""
    member = Membership.objects.filter(person_id=person_id, group_id=group_id).first()
    if member is None:
        raise not_found(_("There is no such group among yours."), field="id")
    with acting_as(Actor.for_service("forest")):
        row = Group.objects.get(pk=group_id)
        shown = dict(Membership.objects.filter(group_id=group_id).values_list("person_id", "shown"))
        trees = tree_views(list(GroupTree.objects.filter(group_id=group_id).order_by("id")[:TREES_SHOWN_MAX]))
        given = (
            Gift.objects.filter(group_id=group_id, day__gte=season_began(clock.now().date()))
            .values_list("giver_id")
            .annotate(grams=Sum("grams"))
        )
        sums = dict(given)
    # Who took the consent back stands on no board, whatever she chose before.
    seen = consents.hold_granted([each for each in shown if shown[each]], PURPOSE)
    names = identity.party_names(seen)
    board = sorted(
        (BoardRow(names[each], sums.get(each, 0), each == person_id) for each in seen),
        key=lambda each: (-each.grams, each.name.casefold()),
    )
    others = sum(grams for giver, grams in sums.items() if giver not in seen)
    view = _group(row, len(shown), shown=member.shown)
    return GroupView(
        **{**view.__dict__, "trees": trees, "board": tuple(board[: limits.BOARD_ROWS_MAX]), "others_grams": others}
    )


def received(person_id: UUID, limit: int) -> list[Received]:
    """The latest waterings by friends."""
    rows = list(Gift.objects.filter(receiver_id=person_id).order_by("-at")[:limit])
    names = identity.party_names({row.giver_id for row in rows})
    return [Received(names[row.giver_id], row.grams, row.at) for row in rows]


def takes(person_id: UUID) -> bool:
    """Whether somebody plays at taking."""
    return Preference.objects.filter(person_id=person_id, takes=True).exists()


def act_counts(person_id: UUID) -> Counts:
    """How often each act was done in each season, and others' trees watered; only what can no longer be sent back."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select (extract(year from day)::int * 12 + extract(month from day)::int) / 3, act, count(*)
            from forest_award where person_id = %(person)s
                and (state = 'collected' or state = 'held' and ripe_at <= %(now)s)
            group by 1, 2
            union all
            select (extract(year from day)::int * 12 + extract(month from day)::int) / 3, %(giving)s, count(*)
            from (select distinct day, tree_id from forest_gift where giver_id = %(person)s) once group by 1
            """,
            {"person": person_id, "now": clock.now(), "giving": GIVING},
        )
        return {(number, act): count for number, act, count in cursor.fetchall()}


def season_began(today: date) -> date:
    """The first day of the season that `today` is in."""
    first_month = season_number(today) * 3
    return date((first_month - 1) // 12, (first_month - 1) % 12 + 1, 1)


def tree_views(rows: list[Tree] | list[GroupTree]) -> tuple[TreeView, ...]:
    """Trees with what they have drunk, as far as the actor may see their accounts."""
    balances = ledger.balances([row.id for row in rows])
    return tuple(
        TreeView(
            row.id,
            row.species,
            str(SPECIES_BY_SLUG[row.species].title),
            SPECIES_BY_SLUG[row.species].kind,
            row.price_grams if row.grown_at else balances[row.id].posted_minor if row.id in balances else 0,
            row.price_grams,
            row.grown_at,
        )
        for row in rows
    )


def _group(row: Group, members: int, *, shown: bool) -> GroupView:
    title, icon = GROUP_KINDS[row.kind]
    return GroupView(row.id, row.kind, str(title), icon, row.name, row.code, members, shown)
