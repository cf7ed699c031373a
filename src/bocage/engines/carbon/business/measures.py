"""What a company could change: kg and money a year and the payback, each with its sums, on its own year's figures.

A measure touches some activities, takes a share of what they weigh and cost, perhaps puts something else in their
place, and may need money first. `says` holds every number that is an assumption, with its source where there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bocage.engines.carbon.book import load

from .types import ActivityYear, Inventory


@dataclass(frozen=True, slots=True)
class Measure:
    """`share` of the activities' weight and `money_share` of their cost are saved. Per kWh of final energy touched:
    `added_kwh` of electricity come instead at `added_price`, `invest` is paid once and lasts `life_years`.
    `invest_share` is paid once for each unit of money touched.
    """

    slug: str
    title: str
    activities: frozenset[str]
    share: Decimal
    money_share: Decimal
    says: str
    added_kwh: Decimal = Decimal(0)
    added_price: Decimal = Decimal("0.20")
    invest: Decimal = Decimal(0)
    invest_share: Decimal = Decimal(0)
    life_years: int = 1
    market_only: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A measure on a company's year. Money in cents of its currency: `cost_minor` a year is the investment spread over
    its life less what is saved a year, so negative where the company gains; both are None where a meter counted the
    energy and no bill says what it cost. `payback_years` is None where nothing is saved or nothing invested.
    """

    measure: Measure
    base_micrograms: int
    base_minor: int
    base_kwh: Decimal
    micrograms: int
    low_micrograms: int
    high_micrograms: int
    invest_minor: int
    saved_minor: int | None
    cost_minor: int | None
    payback_years: Decimal | None

    @property
    def minor_a_tonne(self) -> int | None:
        """Cents for each tonne less."""
        if self.micrograms <= 0 or self.cost_minor is None:
            return None
        return round(Decimal(self.cost_minor) * 10**12 / self.micrograms)


_FUEL = frozenset({"diesel", "petrol", "vehicle_fuel"})
_HEAT = frozenset({"gas", "heating_oil", "propane"})
D = Decimal

MEASURES = (
    Measure(
        "heat_pump",
        "A heat pump instead of the boiler",
        _HEAT,
        D(1),
        D(1),
        "All of the boiler's fuel (90 % of it becomes heat) by a heat pump with a seasonal factor of 3: 0.30 kWh of"
        " electricity at 0.20 a kWh for each kWh of fuel. 1.00 is invested for each kWh a year, for 17 years"
        " (assumptions).",
        added_kwh=D("0.30"),
        invest=D("1.00"),
        life_years=17,
    ),
    Measure(
        "heat_down",
        "Heating one degree lower",
        _HEAT | {"district_heat"},
        D("0.07"),
        D("0.07"),
        "One degree less takes about 7 % off (ADEME).",
    ),
    Measure(
        "electric_fleet",
        "Electric vehicles when the old ones go",
        _FUEL,
        D(1),
        D(1),
        "7 L of diesel (69 kWh) or 20 kWh of electricity take a vehicle 100 km: 0.29 kWh at 0.20 for each kWh of fuel."
        " 0.70 is invested more for each kWh a year, for 8 years (10,000 more for a van of 1,500 L a year;"
        " assumptions).",
        added_kwh=D("0.29"),
        invest=D("0.70"),
        life_years=8,
    ),
    Measure(
        "eco_driving",
        "A course of economical driving",
        _FUEL,
        D("0.07"),
        D("0.07"),
        "7 % less fuel after a course; 0.013 for each kWh a year is paid for it every 3 years (200 for a driver of"
        " 1,500 L; assumptions).",
        invest=D("0.013"),
        life_years=3,
    ),
    Measure(
        "led",
        "LED light and machines off at night",
        frozenset({"electricity", "energy"}),
        D("0.15"),
        D("0.15"),
        "15 % less electricity; 0.09 is invested for each kWh used a year, for 10 years (assumptions).",
        invest=D("0.09"),
        life_years=10,
    ),
    Measure(
        "green_contract",
        "Electricity with guarantees of origin",
        frozenset({"electricity", "energy", "ev_charging"}),
        D(1),
        D(0),
        "Takes the market-based Scope 2 alone to nothing, not the location-based one: 0.01 more a kWh (assumption).",
        added_kwh=D(1),
        added_price=D("0.01"),
        market_only=True,
    ),
    Measure(
        "train",
        "Trains instead of half of the flights",
        frozenset({"flight"}),
        D("0.47"),
        D(0),
        "Half of the kilometres by train, which weighs some 6 % of a flight; the price is taken as equal (assumption).",
    ),
    Measure(
        "devices",
        "Computers and telephones kept five years instead of three",
        frozenset({"computers"}),
        D("0.40"),
        D("0.40"),
        "What is kept five years instead of three is bought two fifths less often.",
    ),
    Measure(
        "freight",
        "Deliveries put together",
        frozenset({"freight", "post"}),
        D("0.10"),
        D("0.10"),
        "One delivery in ten less (assumption).",
    ),
    Measure(
        "meals",
        "Vegetarian meals at receptions",
        frozenset({"restaurant", "catering"}),
        D("0.30"),
        D(0),
        "A vegetarian diet weighs about half of one with meat (Scarborough and others, Nature Food 2023); three meals"
        " in five.",
    ),
    Measure(
        "upkeep",
        "Furniture, machines and tools mended and bought used",
        frozenset({"furniture", "machinery", "small_equipment"}),
        D("0.20"),
        D("0.10"),
        "A fifth is mended or bought used, at half the price (assumption).",
    ),
)


def plan(inventory: Inventory) -> tuple[Change, ...]:
    """Every measure that takes something off this year, the heaviest first."""
    year = {each.activity: each for each in inventory.activities}
    market = _market_scope_2(inventory)
    kg_a_kwh = _electricity_kg(inventory)
    changes = [_applied(measure, year, market, kg_a_kwh) for measure in MEASURES]
    return tuple(sorted((c for c in changes if c.micrograms > 0), key=lambda c: (-c.micrograms, c.measure.slug)))


def _applied(measure: Measure, year: Mapping[str, ActivityYear], market: int, kg_a_kwh: Decimal) -> Change:
    parts = [year[name] for name in sorted(measure.activities & year.keys())]
    base = market if measure.market_only else sum(p.total.micrograms for p in parts)
    money, kwh = sum(p.net_minor for p in parts), sum((p.energy_kwh for p in parts), Decimal(0))
    low, high = sum(p.total.low_micrograms for p in parts), sum(p.total.high_micrograms for p in parts)
    added_minor = round(kwh * measure.added_kwh * measure.added_price * 100)
    added = 0 if measure.market_only else round(kwh * measure.added_kwh * kg_a_kwh * 10**9)
    saved = round(base * measure.share) - added
    invest = round(kwh * measure.invest * 100 + money * measure.invest_share)
    is_known = bool(money) or not measure.money_share
    saved_minor = round(money * measure.money_share) - added_minor if is_known else None
    scale = Decimal(saved) / base if base > 0 else Decimal(0)
    if measure.market_only:
        low, high = saved, saved
    return Change(
        measure=measure,
        base_micrograms=base,
        base_minor=money,
        base_kwh=kwh,
        micrograms=saved,
        low_micrograms=min(saved, round(low * scale)),
        high_micrograms=max(saved, round(high * scale)),
        invest_minor=invest,
        saved_minor=saved_minor,
        cost_minor=None if saved_minor is None else round(Decimal(invest) / measure.life_years) - saved_minor,
        payback_years=_payback(invest, saved_minor),
    )


def _payback(invest_minor: int, saved_minor: int | None) -> Decimal | None:
    if not invest_minor or saved_minor is None or saved_minor <= 0:
        return None
    return (Decimal(invest_minor) / saved_minor).quantize(Decimal("0.1"))


def _market_scope_2(inventory: Inventory) -> int:
    return inventory.category("2-market").micrograms


def _electricity_kg(inventory: Inventory) -> Decimal:
    """kg of a kWh as this inventory weighs it (location-based and upstream), the country's where it has none."""
    for each in inventory.activities:
        if each.activity == "electricity" and each.energy_kwh:
            return Decimal(each.total.micrograms) / 10**9 / each.energy_kwh
    figure = load().factor("electricity", inventory.country, inventory.begins.year)
    return Decimal(figure.value.numerator) / Decimal(figure.value.denominator)
