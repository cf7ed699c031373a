"""Forest's accounts in the ledger, in grams: where they come from, where a person keeps them, what a tree has drunk."""

from uuid import UUID

from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import account_id_of

GRAMS = "gCO2"
TREES = "trees"
SERVICE = "forest"


def source() -> UUID:
    """The issuer that all grams come out of."""
    id = account_id_of(None, GRAMS, "issuer", SERVICE)
    ledger.open_account(id, None, GRAMS, "issuer", minimum_minor=None, service=SERVICE)
    return id


def grown() -> UUID:
    """Where the grams of full-grown trees rest for good."""
    id = account_id_of(None, GRAMS, "grown", SERVICE)
    ledger.open_account(id, None, GRAMS, "grown", service=SERVICE)
    return id


def tree_source() -> UUID:
    """The issuer of trees, the unit."""
    id = account_id_of(None, TREES, "issuer", SERVICE)
    ledger.open_account(id, None, TREES, "issuer", minimum_minor=None, service=SERVICE)
    return id


def grams_id(person_id: UUID) -> UUID:
    """The id of the account of grams in hand, whether it was opened yet or not."""
    return account_id_of(person_id, GRAMS, "grams", SERVICE)


def grams_of(person_id: UUID) -> UUID:
    """The grams a person has collected and not yet planted."""
    id = account_id_of(person_id, GRAMS, "grams", SERVICE)
    ledger.open_account(id, person_id, GRAMS, "grams", service=SERVICE)
    return id


def trees_of(person_id: UUID) -> UUID:
    """A person's full-grown trees, counted."""
    id = account_id_of(person_id, TREES, "trees", SERVICE)
    ledger.open_account(id, person_id, TREES, "trees", service=SERVICE)
    return id


def tree(person_id: UUID, tree_id: UUID) -> UUID:
    """What one tree has drunk: its account has the tree's own id."""
    ledger.open_account(tree_id, person_id, GRAMS, "tree", service=SERVICE)
    return tree_id


def group_tree(tree_id: UUID) -> UUID:
    """What a group's tree has drunk: nobody's own, and under the tree's own id."""
    ledger.open_account(tree_id, None, GRAMS, "grouptree", service=SERVICE)
    return tree_id


def trees_of_group(group_id: UUID) -> UUID:
    """A group's full-grown trees, counted."""
    id = account_id_of(group_id, TREES, "grouptrees", SERVICE)
    ledger.open_account(id, None, TREES, "grouptrees", service=SERVICE)
    return id


def campaign_id(organisation_id: UUID, campaign: UUID) -> UUID:
    """The id of the account of trees that a campaign has left."""
    return account_id_of(organisation_id, TREES, f"campaign.{campaign.hex}", SERVICE)


def campaign(organisation_id: UUID, campaign: UUID) -> UUID:
    """The trees that a campaign has left."""
    id = campaign_id(organisation_id, campaign)
    ledger.open_account(id, organisation_id, TREES, "campaign", service=SERVICE)
    return id


def planted() -> UUID:
    """Trees that partners were charged with planting."""
    id = account_id_of(None, TREES, "planted", SERVICE)
    ledger.open_account(id, None, TREES, "planted", service=SERVICE)
    return id
