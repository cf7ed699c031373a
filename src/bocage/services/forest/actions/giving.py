"""Grams that leave the account which earned them: to a friend's tree or a group's.

Only grams that are worth their salt may go: those of payments through the wallet to a checked shop, or, from somebody
whose document was seen at the counter, all. A forged statement can grow trees of its own, and feeds nobody else.
"""

from datetime import date
from uuid import UUID, uuid5

from django.db.models import OuterRef, Subquery, Sum
from django.utils import translation
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Tier
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import queries as balances
from bocage.kernel.ledger.types import Transfer
from bocage.kernel.notifications.actions import notify
from bocage.services.forest import accounts, limits
from bocage.services.forest.actions.friends import PURPOSE, are_friends
from bocage.services.forest.actions.planting import grow_up
from bocage.services.forest.actions.turns import take_turns
from bocage.services.forest.models import Award, Campaign, Certificate, Gift, GroupTree, Membership, Taking, Tree
from bocage.services.forest.species import SPECIES_BY_SLUG

_GROUP_GROWN_SPACE = UUID("5f2f6bb2-6f5f-5f0a-9d0b-6a2c1f0b7e31")


def giveable_grams(person_id: UUID) -> int:
    """How many grams the person may still give away or burn for a real tree: of the proven ones, those not yet gone.

    What was given, burned or taken from her has left, so that a forged statement never fills up what went.
    """
    own = balances.balances([accounts.grams_id(person_id)])
    in_hand = max((each.available_minor for each in own.values()), default=0)
    if identity.person(person_id).tier == Tier.DOCUMENT:
        return in_hand
    proven = Award.objects.filter(person_id=person_id, state="collected", proven=True).aggregate(all=Sum("grams"))
    gone = _given_away(person_id) + _burned(person_id) + _taken_from(person_id)
    return max(0, min(in_hand, (proven["all"] or 0) - gone))


def water_friends_tree(person_id: UUID, gift_id: UUID, tree_id: UUID, friend_id: UUID, grams: int) -> bool:
    """Give grams to a friend's tree under the caller's id; whether it is full-grown now.

    The same gift again gives the same answer. Raises `Refusal` where they are no friends, the tree needs less, the
    grams may not be given, or the day's most for one friend is reached.
    """
    take_turns(person_id, friend_id)
    known = _given_before(person_id, gift_id, tree_id, grams)
    if not known:
        _check_givable(person_id, grams)
        given = Gift.objects.filter(giver_id=person_id, receiver_id=friend_id, day=_today()).aggregate(all=Sum("grams"))
        if (given["all"] or 0) + grams > limits.GIVEN_TO_ONE_FRIEND_A_DAY_GRAMS_MAX:
            raise Refusal(
                "enough_for_today",
                _("A friend's trees take %(most)s g a day from you. Come back tomorrow.")
                % {"most": limits.GIVEN_TO_ONE_FRIEND_A_DAY_GRAMS_MAX},
                field="grams",
            )
    with acting_as(Actor.for_service("forest")):
        tree = Tree.objects.select_for_update().filter(pk=tree_id, person_id=friend_id).first()
        if tree is None or not are_friends(person_id, friend_id) or not is_granted(friend_id, PURPOSE):
            raise not_found(_("There is no such tree among your friends'."), field="tree_id")
        if known:
            return tree.grown_at is not None
        _check_thirst(tree, grams)
        own = accounts.grams_id(person_id)
        ledger.post_or_refuse(Transfer(gift_id, own, tree_id, grams, accounts.GRAMS, "forest.given", str(tree_id)))
        grown = balances.balance(tree_id).posted_minor >= tree.price_grams
        if grown:
            grow_up(tree)
    _note(Gift(id=gift_id, giver_id=person_id, receiver_id=friend_id, tree_id=tree_id, grams=grams))
    _tell(person_id, friend_id, grams)
    return grown


def water_groups_tree(person_id: UUID, gift_id: UUID, tree_id: UUID, grams: int) -> bool:
    """Give grams to a tree of a group that one has joined; whether it is full-grown now."""
    take_turns(person_id, tree_id)
    known = _given_before(person_id, gift_id, tree_id, grams)
    if not known:
        _check_givable(person_id, grams)
    with acting_as(Actor.for_service("forest")):
        tree = GroupTree.objects.select_for_update().filter(pk=tree_id).first()
        inside = tree and Membership.objects.filter(group_id=tree.group_id, person_id=person_id).exists()
        if tree is None or not inside:
            raise not_found(_("There is no such tree in your groups."), field="tree_id")
        if known:
            return tree.grown_at is not None
        _check_thirst(tree, grams)
        own = accounts.grams_id(person_id)
        ledger.post_or_refuse(Transfer(gift_id, own, tree_id, grams, accounts.GRAMS, "forest.given", str(tree_id)))
        grown = balances.balance(tree_id).posted_minor >= tree.price_grams
        if grown:
            _grow_groups_tree_up(tree)
    _note(Gift(id=gift_id, giver_id=person_id, group_id=tree.group_id, tree_id=tree_id, grams=grams))
    return grown


def _given_away(person_id: UUID) -> int:
    return Gift.objects.filter(giver_id=person_id).aggregate(all=Sum("grams"))["all"] or 0


def _burned(person_id: UUID) -> int:
    """Grams that became real trees; the price of a campaign never changes."""
    price = Campaign.objects.filter(pk=OuterRef("campaign_id")).values("price_grams")
    mine = Certificate.objects.filter(person_id=person_id).annotate(price_grams=Subquery(price))
    return mine.aggregate(all=Sum("price_grams"))["all"] or 0


def _taken_from(person_id: UUID) -> int:
    return Taking.objects.filter(owner_id=person_id).aggregate(all=Sum("grams"))["all"] or 0


def _check_givable(person_id: UUID, grams: int) -> None:
    may = giveable_grams(person_id)
    if grams > may:
        raise Refusal(
            "not_givable",
            _("You can give %(most)s g: what you collected for payments with your wallet and still have in hand.")
            % {"most": may},
            field="grams",
        )


def _check_thirst(tree: Tree | GroupTree, grams: int) -> None:
    if tree.grown_at is not None:
        raise Refusal("full_grown", _("This tree is full-grown."), field="tree_id", status=409)
    missing = tree.price_grams - balances.balance(tree.id).posted_minor
    if grams > missing:
        raise Refusal(
            "too_much_water", _("This tree needs only %(missing)s g more.") % {"missing": missing}, field="grams"
        )


def _given_before(person_id: UUID, gift_id: UUID, tree_id: UUID, grams: int) -> bool:
    found = Gift.objects.filter(pk=gift_id).first()
    if found is None:
        return False
    if (found.giver_id, found.tree_id, found.grams) != (person_id, tree_id, grams):
        raise conflict("id_conflict", _("This id is another watering's."), field="gift_id")
    return True


def _note(gift: Gift) -> None:
    gift.day, gift.at = _today(), clock.now()
    gift.save(force_insert=True)
    emit("forest.given", subject_id=gift.giver_id, data={"grams": gift.grams}, key=str(gift.id))


def _tell(person_id: UUID, friend_id: UUID, grams: int) -> None:
    friend, name = identity.person(friend_id), identity.party_name(person_id)
    with translation.override(friend.language):
        notify(friend_id, _("%(name)s watered your tree") % {"name": name}, f"{grams} g", "/forest/")


def _grow_groups_tree_up(tree: GroupTree) -> None:
    key, trees = str(tree.id), accounts.trees_of_group(tree.group_id)
    ledger.post_linked_or_refuse(
        [
            Transfer(
                uuid5(_GROUP_GROWN_SPACE, key + "grams"),
                tree.id,
                accounts.grown(),
                tree.price_grams,
                accounts.GRAMS,
                "forest.grown",
                key,
            ),
            Transfer(
                uuid5(_GROUP_GROWN_SPACE, key + "tree"),
                accounts.tree_source(),
                trees,
                1,
                accounts.TREES,
                "forest.grown",
                key,
            ),
        ]
    )
    tree.grown_at = clock.now()
    tree.save(update_fields=["grown_at"])


def sow_for_group(person_id: UUID, tree_id: UUID, group_id: UUID, species: str) -> UUID:
    """Begin a tree of a group that one has joined, under the caller's id; again changes nothing."""
    kind = SPECIES_BY_SLUG.get(species)
    if kind is None:
        raise not_found(_("There is no such tree. Choose one from the list."), field="species")
    take_turns(group_id)
    with acting_as(Actor.for_service("forest")):
        if not Membership.objects.filter(group_id=group_id, person_id=person_id).exists():
            raise not_found(_("There is no such group among yours."), field="group_id")
        found = GroupTree.objects.filter(pk=tree_id).first()
        if found is not None:
            if (found.group_id, found.species) != (group_id, species):
                raise conflict("id_conflict", _("This id is another tree's."), field="tree_id")
            return tree_id
        if GroupTree.objects.filter(group_id=group_id, grown_at=None).count() >= limits.GROUP_TREES_GROWING_MAX:
            raise Refusal("too_many_growing", _("Let one of the growing trees grow up first."))
        GroupTree.objects.create(
            id=tree_id, group_id=group_id, species=species, price_grams=kind.price_grams, created_at=clock.now()
        )
        accounts.group_tree(tree_id)
    return tree_id


def _today() -> date:
    return clock.now().date()
