"""The town's map for services that draw on it."""

from bocage.kernel.ports import DrawnStreet, StreetSheet
from bocage.services.city.town_map import town_map


def sheet() -> StreetSheet:
    """What the port `TownStreets` answers."""
    found = town_map()
    return StreetSheet(
        tuple(DrawnStreet(each.name, each.kind, each.points_m) for each in found.streets),
        found.west_m,
        found.south_m,
        found.width_m,
        found.height_m,
        found.origin,
    )
