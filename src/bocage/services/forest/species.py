"""The trees one can grow. Prices are the game's: a few weeks to a few months of daily acts."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bocage.shell.types import TreeKind


@dataclass(frozen=True)
class Species:
    """A kind of tree and what it takes, in grams. `kind` is the drawing."""

    slug: str
    title: Promise
    price_grams: int
    kind: TreeKind
    says: Promise


SPECIES = (
    Species("birch", _("Silver birch"), 12_000, "birch", _("First on bare ground, light and quick.")),
    Species("apple", _("Hedgerow apple"), 18_000, "apple", _("Blossom for bees, fruit for birds.")),
    Species("cherry", _("Wild cherry"), 22_000, "apple", _("White and pink before the first leaf.")),
    Species("poplar", _("Black poplar"), 26_000, "poplar", _("The tree of the river banks.")),
    Species("willow", _("White willow"), 34_000, "birch", _("Drinks at the pond, shelters frogs and bees.")),
    Species("pine", _("Scots pine"), 40_000, "pine", _("Green all winter on poor sand.")),
    Species("maple", _("Field maple"), 48_000, "oak", _("The fire of October.")),
    Species("oak", _("English oak"), 60_000, "oak", _("Slow, and home to more life than any other.")),
)
SPECIES_BY_SLUG = {species.slug: species for species in SPECIES}
