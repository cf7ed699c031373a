"""Grams grow trees."""

from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import queries as balances
from bocage.kernel.ledger.types import Transfer
from bocage.services.forest import accounts, limits
from bocage.services.forest.actions.turns import one_at_a_time
from bocage.services.forest.models import Tree
from bocage.services.forest.species import SPECIES_BY_SLUG

_GROWN_SPACE = UUID("7c4e1f0a-53f5-5d7b-8a39-2d8f3f6e4b24")


def sow(person_id: UUID, tree_id: UUID, species: str) -> UUID:
    """Begin a tree of `species` under the caller's id; the same id and species again changes nothing.

    Raises `Refusal` for an unknown species, too many growing trees, or an id used for another tree.
    """
    kind = SPECIES_BY_SLUG.get(species)
    if kind is None:
        raise not_found(_("There is no such tree. Choose one from the list."), field="species")
    one_at_a_time(person_id)
    found = Tree.objects.filter(pk=tree_id).first()
    if found is not None and (found.person_id, found.species) == (person_id, species):
        return tree_id
    taken = conflict("id_conflict", _("This id is another tree's."), field="tree_id")
    if found is not None:
        raise taken
    if Tree.objects.filter(person_id=person_id, grown_at=None).count() >= limits.TREES_GROWING_MAX:
        raise Refusal(
            "too_many_growing",
            _("Let one of your %(most)s growing trees grow up first.") % {"most": limits.TREES_GROWING_MAX},
        )
    tree = Tree(id=tree_id, person_id=person_id, species=species, price_grams=kind.price_grams, created_at=clock.now())
    # Row-level security hides another person's tree of this id: only the insert finds out.
    Tree.objects.bulk_create([tree], ignore_conflicts=True)
    if not Tree.objects.filter(pk=tree_id).exists():
        raise taken
    accounts.tree(person_id, tree_id)
    return tree_id


def water(person_id: UUID, watering_id: UUID, tree_id: UUID, grams: int) -> bool:
    """Give `grams` to the person's own tree, at most what it still needs; whether it is full-grown now.

    The same `watering_id` with the same grams again gives the same answer. A tree that is full burns its grams and
    counts as one tree.
    """
    tree = Tree.objects.select_for_update().filter(pk=tree_id, person_id=person_id).first()
    if tree is None:
        raise not_found(_("There is no such tree in your forest."), field="tree_id")
    drunk = balances.balance(tree_id).posted_minor
    given = next((each for each in balances.history(tree_id) if each.transfer_id == watering_id), None)
    if given is not None:
        if given.amount_minor != grams:
            raise conflict("id_conflict", _("This id is another watering's."), field="watering_id")
        return tree.grown_at is not None
    if tree.grown_at is not None:
        raise Refusal("full_grown", _("This tree is full-grown. Plant another."), field="tree_id", status=409)
    if grams > tree.price_grams - drunk:
        raise Refusal(
            "too_much_water",
            _("This tree needs only %(missing)s g more.") % {"missing": tree.price_grams - drunk},
            field="grams",
        )
    own = accounts.grams_of(person_id)
    ledger.post_or_refuse(Transfer(watering_id, own, tree_id, grams, accounts.GRAMS, "forest.watered", str(tree_id)))
    if balances.balance(tree_id).posted_minor < tree.price_grams:
        return False
    grow_up(tree)
    return True


def grow_up(tree: Tree) -> None:
    """Burn the grams of a full tree, and count it."""
    key = f"{tree.id}"
    ledger.post_linked_or_refuse(
        [
            Transfer(
                uuid5(_GROWN_SPACE, key + "grams"),
                tree.id,
                accounts.grown(),
                tree.price_grams,
                accounts.GRAMS,
                "forest.grown",
                key,
            ),
            Transfer(
                uuid5(_GROWN_SPACE, key + "tree"),
                accounts.tree_source(),
                accounts.trees_of(tree.person_id),
                1,
                accounts.TREES,
                "forest.grown",
                key,
            ),
        ]
    )
    tree.grown_at = clock.now()
    tree.save(update_fields=["grown_at"])
    emit(
        "forest.tree_grown",
        subject_id=tree.person_id,
        data={"tree_id": str(tree.id), "species": tree.species, "grams": tree.price_grams},
        key=key,
    )
