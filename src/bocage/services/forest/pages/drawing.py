"""The drawn forest of a page."""

from collections.abc import Sequence

from django.conf import settings

from bocage.kernel import clock
from bocage.services.forest.landscape import Drawing, Standing, place, season_of
from bocage.services.forest.types import TreeView


def drawing(trees: Sequence[TreeView], animals: Sequence[str] = ()) -> Drawing:
    """The trees, oldest first, in this season's landscape, with the animals that have moved in."""
    standing = place([Standing(tree.species, tree.growth) for tree in trees], animals)
    return Drawing(season_of(clock.today(settings.TOWN["time_zone"])), standing, not trees)
