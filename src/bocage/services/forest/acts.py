"""The named acts that earn grams: what was done, instead of what, and the sum behind the grams.

Grams are given for the act, a fixed number with a daily cap, never for the amount paid: whoever spends more gains
nothing. They measure participation. They are not a claim that this much CO2 was avoided.

Rates are grams CO2e a passenger-kilometre, fuel supply included: UK Government GHG conversion factors 2025
(DESNZ and DEFRA, flat file): average petrol car, local bus, underground, national rail, coach, international rail,
short-haul economy flight.
"""

from dataclasses import dataclass

from babel.numbers import format_decimal
from django.utils.functional import Promise
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

CAR_GRAMS_PER_KM = 208.71
BUS_GRAMS_PER_KM = 130.34
METRO_GRAMS_PER_KM = 35.08
RAIL_GRAMS_PER_KM = 44.43
COACH_GRAMS_PER_KM = 34.32
INTERNATIONAL_RAIL_GRAMS_PER_KM = 5.63
SHORT_HAUL_GRAMS_PER_KM = 148.25
JOURNEY_GRAMS_MAX = 5_000


@dataclass(frozen=True)
class Act:
    """A low-carbon act. `items` are the carbon engine's items that show it; `grams` what each earns.

    `words` in a merchant's name show it as well; `by_wallet` are those that any payment by the wallet to a checked shop
    shows.
    `sums` says where the number comes from, with `%(grams)s` in it.
    """

    slug: str
    title: Promise
    items: frozenset[str]
    grams: int
    per_day_max: int
    icon: str
    sums: Promise
    words: tuple[str, ...] = ()
    by_wallet: bool = False

    @property
    def says(self) -> str:
        """The sum behind the grams, filled in."""
        return self.sum_of(self.grams)

    def sum_of(self, grams: int) -> str:
        """The same for the grams of an award of its time."""
        figure = format_decimal(grams, locale=to_locale(get_language() or "en"))
        return (str(self.sums) % {"grams": figure}).replace(f"{figure} g", f"{figure}\N{NO-BREAK SPACE}g")


def _instead_of_car(distance_km: int, grams_per_km: float) -> int:
    return int(distance_km * (CAR_GRAMS_PER_KM - grams_per_km)) // 10 * 10


_MOVING_AND_KEEPING = (
    Act(
        "bus",
        _("Bus or city network"),
        frozenset({"bus", "transit"}),
        _instead_of_car(6, BUS_GRAMS_PER_KM),
        2,
        "bus-front",
        _("6 km by bus at 130 g/km instead of a petrol car at 209 g/km: %(grams)s g (DEFRA 2025)."),
    ),
    Act(
        "metro",
        _("Metro or tram"),
        frozenset({"metro"}),
        _instead_of_car(6, METRO_GRAMS_PER_KM),
        2,
        "tram-front",
        _("6 km by metro at 35 g/km instead of a petrol car at 209 g/km: %(grams)s g (DEFRA 2025)."),
    ),
    Act(
        "rail",
        _("Train"),
        frozenset({"rail"}),
        _instead_of_car(25, RAIL_GRAMS_PER_KM),
        2,
        "train-front",
        _("25 km by train at 44 g/km instead of a petrol car at 209 g/km: %(grams)s g (DEFRA 2025)."),
    ),
    Act(
        "coach",
        _("Coach"),
        frozenset({"coach"}),
        _instead_of_car(25, COACH_GRAMS_PER_KM),
        2,
        "bus",
        _("25 km by coach at 34 g/km instead of a petrol car at 209 g/km: %(grams)s g (DEFRA 2025)."),
    ),
    Act(
        "bicycle",
        _("Bicycle"),
        frozenset({"bicycle"}),
        _instead_of_car(4, 0),
        1,
        "bike",
        _("4 km by bicycle instead of a petrol car at 209 g/km: %(grams)s g (DEFRA 2025)."),
    ),
    Act(
        "second_hand",
        _("Second-hand"),
        frozenset({"second_hand"}),
        1_000,
        1,
        "shirt",
        _("A set %(grams)s g for a thing bought used. What a new one would have cost depends on the thing."),
    ),
    Act(
        "repair",
        _("Repair"),
        frozenset({"repair"}),
        1_000,
        1,
        "wrench",
        _("A set %(grams)s g for a thing kept in use. What a new one would have cost depends on the thing."),
    ),
)
_MORE = (
    Act(
        "train_not_plane",
        _("Train instead of plane"),
        frozenset({"rail_international"}),
        min(JOURNEY_GRAMS_MAX, int(500 * (SHORT_HAUL_GRAMS_PER_KM - INTERNATIONAL_RAIL_GRAMS_PER_KM))),
        1,
        "train-front-tunnel",
        _("500 km by fast train at 6 g/km instead of a short flight at 148 g/km, capped at %(grams)s g (DEFRA 2025)."),
    ),
    Act(
        "refill",
        _("Refill"),
        frozenset(),
        150,
        1,
        "milk",
        _("A set %(grams)s g for buying loose or refilling. What the packaging would have cost depends on the goods."),
        words=("refill", "zero waste", "zero dechet", "vrac", "day by day", "unverpackt", "sfuso", "granel"),
    ),
    Act(
        "vegetarian",
        _("Vegetarian meal"),
        frozenset(),
        600,
        2,
        "salad",
        _("A set %(grams)s g for a meal at a vegetarian table. What another would have cost depends on the dish."),
        words=("vegetarien", "vegetarian", "vegetarisch", "vegan", "veggie", "végétarien"),
    ),
    Act(
        "e_receipt",
        _("Receipt without paper"),
        frozenset(),
        4,
        2,
        "receipt-text",
        _("A set %(grams)s g: a payment by the wallet leaves its receipt here, so that no paper need be printed."),
        by_wallet=True,
    ),
)
ACTS = (*_MOVING_AND_KEEPING, *_MORE)
ACT_BY_SLUG = {act.slug: act for act in ACTS}
_ACT_BY_ITEM = {item: act for act in ACTS for item in act.items}


def act_of(item: str | None, text: str = "") -> Act | None:
    """The act that buying `item` from a merchant called `text` shows, if any; words tell more than the kind of shop."""
    said = f" {' '.join(text.casefold().replace('-', ' ').split())} "
    by_words = next((act for act in ACTS if any(f" {word} " in said for word in act.words)), None)
    return by_words or _ACT_BY_ITEM.get(item or "")


def acts_of_the_wallet() -> list[Act]:
    """What each payment by the wallet to a checked shop shows, whatever was bought."""
    return [act for act in ACTS if act.by_wallet]
