"""What a person could change, and the sum behind each figure: a share of what her own lines of a year weigh and cost.

Shares are published findings where there are any, and said to be assumptions where there are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bocage.services.forest.acts import BUS_GRAMS_PER_KM, CAR_GRAMS_PER_KM

# Scarborough and others, Climatic Change 125 (2014) 179, doi 10.1007/s10584-014-1169-1, abstract: 5.63 and 4.67 kg CO2e
# a day for people who eat a medium amount of meat (50 to 99 g a day) and little of it (under 50 g).
MEDIUM_MEAT_KG_A_DAY, LOW_MEAT_KG_A_DAY = 5.63, 4.67


@dataclass(frozen=True)
class Lever:
    """A change: of all that `items` weigh, `mass_share` goes at 100 %, and `money_share` of what they cost.

    `percent` is how far it is proposed to be pulled. `says` is the sum, with what it rests on.
    """

    slug: str
    title: Promise
    items: frozenset[str]
    percent: int
    mass_share: float
    money_share: float
    icon: str
    says: Promise


@dataclass(frozen=True)
class ItemYear:
    """A year of one item: what it weighs and its 90 % interval in micrograms, and what it cost in minor units."""

    micrograms: int
    low_micrograms: int
    high_micrograms: int
    spent_minor: int


@dataclass(frozen=True)
class Change:
    """A lever as pulled by somebody: micrograms and minor units a year, of what `base` weighs and costs."""

    lever: Lever
    percent: int
    micrograms: int
    low_micrograms: int
    high_micrograms: int
    saved_minor: int
    base_micrograms: int
    base_minor: int


LEVERS = (
    Lever(
        "car",
        _("Bus or tram instead of the car"),
        frozenset({"petrol", "diesel", "fuel"}),
        25,
        1 - BUS_GRAMS_PER_KM / CAR_GRAMS_PER_KM,
        1.0,
        "bus-front",
        _("The bus emits 130 g/km, the petrol car 209 g/km (DEFRA 2025). The money is fuel; tickets are yours to add."),
    ),
    Lever(
        "flights",
        _("Fewer flights"),
        frozenset({"flight", "flight_short", "flight_medium", "flight_long"}),
        50,
        1.0,
        1.0,
        "plane",
        _("What is not flown is not emitted; the way by train instead is small beside it."),
    ),
    Lever(
        "heating",
        _("Heating 1 °C less"),
        frozenset({"gas", "heating_oil", "district_heat", "energy"}),
        100,
        0.07,
        0.07,
        "thermometer",
        _("About 7 % a degree: ADEME's rule of thumb, not a measurement; homes differ, and hot water is counted in."),
    ),
    Lever(
        "power",
        _("Nothing left on standby"),
        frozenset({"electricity"}),
        100,
        0.10,
        0.10,
        "plug",
        _("Standby and old lamps are about a tenth of a household's electricity: an assumption, as homes differ."),
    ),
    Lever(
        "meat",
        _("Little meat instead of a medium amount"),
        frozenset({"supermarket", "butcher", "restaurant", "greengrocer", "dairy"}),
        100,
        1 - LOW_MEAT_KG_A_DAY / MEDIUM_MEAT_KG_A_DAY,
        0.0,
        "salad",
        _("4.7 kg a day instead of 5.6 kg (Scarborough and others, Climatic Change 2014). No money is counted."),
    ),
    Lever(
        "clothes",
        _("Clothes used instead of new"),
        frozenset({"clothing", "shoes"}),
        33,
        1.0,
        0.5,
        "shirt",
        _("A used piece is made no second time. That it costs half is an assumption."),
    ),
    Lever(
        "devices",
        _("Devices kept longer"),
        frozenset({"electronics", "appliances", "furniture"}),
        33,
        1.0,
        1.0,
        "smartphone",
        _("What is kept three years instead of two is bought a third less often."),
    ),
)
LEVER_BY_SLUG = {lever.slug: lever for lever in LEVERS}
ADVICE_COUNT = 5


def pull(lever: Lever, year: Mapping[str, ItemYear], percent: int) -> Change:
    """The lever pulled by `percent`, on a year's items."""
    parts = [each for item, each in year.items() if item in lever.items]
    base, low, high, spent = (
        sum(values)
        for values in (
            [each.micrograms for each in parts],
            [each.low_micrograms for each in parts],
            [each.high_micrograms for each in parts],
            [each.spent_minor for each in parts],
        )
    )
    share = lever.mass_share * percent / 100
    saved = round(spent * lever.money_share * percent / 100)
    return Change(lever, percent, round(base * share), round(low * share), round(high * share), saved, base, spent)


def advice(year: Mapping[str, ItemYear]) -> list[Change]:
    """The five changes that take most off this year's footprint, heaviest first; none that takes nothing off."""
    changes = [pull(lever, year, lever.percent) for lever in LEVERS]
    heavy = [each for each in changes if each.micrograms > 0]
    return sorted(heavy, key=lambda each: (-each.micrograms, each.lever.slug))[:ADVICE_COUNT]


def pulled(year: Mapping[str, ItemYear], percents: Mapping[str, int]) -> Sequence[Change]:
    """Every lever that touches something of the year, as far as somebody pulls it (0 where she does not say)."""
    changes = [pull(lever, year, percents.get(lever.slug, 0)) for lever in LEVERS]
    return [each for each in changes if each.base_micrograms > 0]
