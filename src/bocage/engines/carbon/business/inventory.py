"""A company's papers -> its year by the GHG Protocol's categories, with intervals, suppliers and what was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from bocage.engines.carbon.book import Book, load
from bocage.engines.carbon.types import CarbonError

from .kinds import Found, find
from .matching import covered
from .metering import Days, counted_elsewhere, free_share, metered_shares
from .spread import Adding
from .tables import VERSION, tables, words_of
from .types import (
    CATEGORIES,
    RECORDS_LIMIT,
    ActivityYear,
    Contract,
    Inventory,
    Left,
    Record,
    Sum,
    Supplier,
    Weighed,
)
from .weighing import Weigher

METERED = {
    "electricity": "electricity",
    "energy": "electricity",
    "gas": "gas",
    "heating_oil": "heating_oil",
    "district_heat": "district_heat",
    "water": "water",
    "propane": "propane",
}
# What a fuel card covers in books and bank: fuel never charging, nor the other way about.
POOLS = {"diesel": "fuel", "petrol": "fuel", "vehicle_fuel": "fuel", "ev_charging": "charging"}
# What the fuel card's sum and the books' differ by through rounding and the days between filling and booking.
FUEL_TOLERANCE = Fraction(3, 100)
SUPPLIERS_MAX = 1_000
ANOTHER_YEAR = "it is of another year"
MONEY_IN = "money that came in"
BY_METER = "a meter counts it"
BY_CARD = "the fuel card counts it"
BY_OTHER_FILE = "another file counts these days of the meter"
_LEGAL = frozenset(
    {"SA", "SAS", "SASU", "SARL", "EURL", "SCI", "SNC", "GMBH", "AG", "LTD", "LIMITED", "INC", "BV", "SRL"}
)


def assess(
    records: Iterable[Record],
    *,
    begins: date,
    ends: date | None = None,
    country: str,
    contract: Contract | None = None,
    book: Book | None = None,
) -> Inventory:
    """The inventory of the year from `begins` to `ends` (both included; without it, twelve months).

    The same records in any order give the same answer. Raises `CarbonError` for what cannot be taken.
    """
    used, known = book or load(), tables()
    if country not in used.countries:
        raise CarbonError("country", f"{country!r} has no figures; take one of {', '.join(sorted(used.countries))}.")
    ends = ends or _twelve_months(begins)
    if not timedelta(0) < ends - begins < timedelta(days=750):
        raise CarbonError("year", f"From {begins} to {ends} is no financial year.")
    listed = sorted(records, key=_order)
    if len(listed) > RECORDS_LIMIT:
        raise CarbonError("records", f"{len(listed)} at once, at most {RECORDS_LIMIT} are taken.")
    home = used.home_currency(country)
    weigher = Weigher(used, known, country, home, contract)
    why = covered(listed)
    weighed = _weigh_all(listed, why, weigher, begins, ends)
    return _summed(weighed, weigher, begins, ends)


def _twelve_months(begins: date) -> date:
    """The last day of the twelve months from `begins`; those from 29 February end on the 28th."""
    if begins.year == date.max.year:
        raise CarbonError("year", f"From {begins} no year ends before {date.max}.")
    if (begins.month, begins.day) == (2, 29):
        return date(begins.year + 1, 2, 28)
    return begins.replace(year=begins.year + 1) - timedelta(days=1)


def _order(record: Record) -> tuple[str, str, str, int, str, int]:
    return record.on.isoformat(), record.origin, record.file, record.line, record.text, record.amount_minor


def _weigh_all(
    listed: Sequence[Record], why: dict[int, str], weigher: Weigher, begins: date, ends: date
) -> list[Weighed]:
    kinds = [None if r.settles else find(r, weigher.tables, weigher.book, weigher.country) for r in listed]
    metered, elsewhere, nowhere = metered_shares(listed, begins, ends), counted_elsewhere(listed, why), Days(())
    pools = _card_pools(listed, kinds, why, weigher, begins, ends)
    tolerated = {name: pool * FUEL_TOLERANCE for name, pool in pools.items()}
    done = []
    for place, (record, found) in enumerate(zip(listed, kinds, strict=True)):
        if found is None:
            continue
        reason, share = why.get(place, ""), Fraction(1)
        if record.origin == "meter":
            share = free_share(record, elsewhere.get(place, nowhere), begins, ends)
            if not share:
                reason = reason or (BY_OTHER_FILE if free_share(record, nowhere, begins, ends) else ANOTHER_YEAR)
        elif not begins <= record.on <= ends:
            reason = reason or ANOTHER_YEAR
        elif record.origin == "bank" and record.amount_minor <= 0:
            reason = reason or MONEY_IN
        elif record.origin not in {"meter", "fuel-card"} and not reason:
            if found.activity in METERED:
                share = 1 - metered.get(METERED[found.activity], Fraction(0))
                reason = "" if share else BY_METER
            elif (name := POOLS.get(found.activity)) and pools[name] > 0:
                net = weigher.net_minor(record)
                taken = min(pools[name], net) if net > 0 else Fraction(0)
                left = net - taken
                share = Fraction(0) if net > 0 and left <= tolerated[name] else left / net if net else Fraction(1)
                pools[name] -= taken
                reason = "" if share else BY_CARD
        done.append(weigher.weigh(record, found, share, reason, own_cost=found.activity in POOLS))
    return done


def _card_pools(
    listed: Sequence[Record],
    kinds: Sequence[Found | None],
    why: dict[int, str],
    weigher: Weigher,
    begins: date,
    ends: date,
) -> dict[str, Fraction]:
    """What the fuel card's fuel and charging of the year cost without VAT: so much in books and bank is known.

    A card's propane and heating oil are taken for fuel: a station's bill does not tell them apart.
    """
    pools = {"fuel": Fraction(0), "charging": Fraction(0)}
    for place, (record, found) in enumerate(zip(listed, kinds, strict=True)):
        if record.origin != "fuel-card" or found is None or place in why or not begins <= record.on <= ends:
            continue
        name, net = POOLS.get(found.activity, "fuel"), weigher.net_minor(record)
        if net:
            pools[name] += net
        elif record.quantity is not None and found.activity in POOLS:
            product = {"petrol": "petrol", "ev_charging": "electricity"}.get(found.activity, "diesel")
            price = weigher.book.price(product, weigher.country, record.on.year)
            vat = Fraction(weigher.tables.vat_percent.get(weigher.country, Decimal(0)))
            pools[name] += Fraction(record.quantity) * price.value * 100 * 100 / (100 + vat)
    return pools


@dataclass(slots=True)
class _Of:
    """One supplier or activity in the making."""

    name: str
    category: str = ""
    adding: Adding = field(default_factory=Adding)
    net_minor: int = 0
    energy: Decimal = Decimal(0)
    counted_micrograms: int = 0
    activities: dict[str, int] = field(default_factory=dict)

    def add(self, one: Weighed) -> None:
        self.adding.add(part for part in one.parts if part.category != "2-market")
        self.net_minor += one.net_minor
        self.energy += one.energy_kwh
        self.counted_micrograms += one.micrograms if one.by_quantity else 0
        self.activities[one.title] = self.activities.get(one.title, 0) + one.micrograms


def _summed(weighed: list[Weighed], weigher: Weigher, begins: date, ends: date) -> Inventory:
    by_category = {name: Adding() for name in CATEGORIES}
    scope_3, location, market = Adding(), Adding(), Adding()
    suppliers: dict[str, _Of] = {}
    activities: dict[str, _Of] = {}
    left: dict[str, list[int]] = {}
    months: dict[str, int] = {}
    billing = _billing(weighed)
    for one in weighed:
        if one.why_not == BY_METER:
            # The meter knows how much, the bill what it cost.
            id_ = METERED[one.activity]
            known = weigher.tables.activities[id_]
            activities.setdefault(id_, _Of(known.title, known.category)).net_minor += one.net_minor
            name = supplier_name(one.record)
            if name:
                suppliers.setdefault(_supplier_key(name), _Of(name)).net_minor += one.net_minor
        if one.why_not:
            kept = left.setdefault(one.why_not, [0, 0])
            kept[0] += 1
            kept[1] += one.net_minor
            continue
        for name in {part.category for part in one.parts}:
            by_category[name].add(part for part in one.parts if part.category == name)
        scope_3.add(part for part in one.parts if part.category.startswith("3."))
        location.add(part for part in one.parts if part.category != "2-market")
        market.add(part for part in one.parts if part.category != "2-location")
        known = weigher.tables.activities[one.activity]
        activities.setdefault(one.activity, _Of(one.title, known.category)).add(one)
        name = supplier_name(one.record) or billing.get(one.record.kind, "")
        if name:
            suppliers.setdefault(_supplier_key(name), _Of(name)).add(one)
        _spread_over_months(one, begins, ends, months)
    whole = location.done()
    return Inventory(
        book=f"{weigher.book.version} + {VERSION}",
        begins=begins,
        ends=ends,
        country=weigher.country,
        currency=weigher.home,
        by_category=tuple((name, adding.done()) for name, adding in by_category.items()),
        scope_3=scope_3.done(),
        location=whole,
        market=market.done(),
        months=tuple(sorted(months.items())),
        activities=tuple(
            ActivityYear(id_, of.name, of.category, of.adding.done(), of.net_minor, of.energy, of.counted_micrograms)
            for id_, of in sorted(activities.items(), key=lambda pair: (-pair[1].adding.micrograms, pair[0]))
        ),
        suppliers=_heaviest(suppliers),
        left_out=tuple(
            Left(reason, count, net) for reason, (count, net) in sorted(left.items(), key=lambda p: (-p[1][0], p[0]))
        ),
        quality_percent=_quality(weighed, whole),
        energy_kwh=_energy(activities),
        contract_kg_a_kwh=weigher.contract.kg_a_kwh if weigher.contract else None,
        weighed=tuple(weighed),
    )


def _billing(weighed: Sequence[Weighed]) -> dict[str, str]:
    """Of each metered kind, the supplier who bills it, where there is exactly one."""
    names: dict[str, dict[str, str]] = {}
    for one in weighed:
        name = supplier_name(one.record)
        if one.why_not == BY_METER and name:
            names.setdefault(METERED[one.activity], {}).setdefault(_supplier_key(name), name)
    return {kind: next(iter(found.values())) for kind, found in names.items() if len(found) == 1}


def supplier_name(record: Record) -> str:
    """Who was paid: the supplier, else the fuel card's station, else the first words of the bank's text."""
    if record.supplier:
        return record.supplier
    if record.origin == "bank":
        return " ".join([w for w in words_of(record.text) if not w.isdigit() and len(w) > 2][:3]).title()
    return ""


def _supplier_key(name: str) -> str:
    return " ".join(w for w in words_of(name) if w not in _LEGAL) or name


def _heaviest(suppliers: dict[str, _Of]) -> tuple[Supplier, ...]:
    ranked = sorted(suppliers.items(), key=lambda pair: (-pair[1].adding.micrograms, pair[0]))
    return tuple(
        Supplier(of.name, of.adding.done(), of.net_minor, max(of.activities.items(), key=lambda p: (p[1], p[0]))[0])
        for _key, of in ranked[:SUPPLIERS_MAX]
        if of.activities
    )


def _quality(weighed: Sequence[Weighed], whole: Sum) -> tuple[int, int, int]:
    """Percent of the whole by counted quantities, by money of a known kind, and by money of unknown kind."""
    counted = sum(one.micrograms for one in weighed if one.by_quantity and one.micrograms > 0)
    unknown = sum(one.micrograms for one in weighed if one.activity == "other" and one.micrograms > 0)
    everything = sum(one.micrograms for one in weighed if one.micrograms > 0)
    if not everything or not whole.micrograms:
        return 0, 0, 0
    first, last = round(counted * 100 / everything), round(unknown * 100 / everything)
    return first, max(0, 100 - first - last), last


def _energy(activities: dict[str, _Of]) -> tuple[tuple[str, Decimal], ...]:
    """kWh of final energy: fuels (net calorific value), electricity, heat."""
    sums = {"fuels": Decimal(0), "electricity": Decimal(0), "heat": Decimal(0)}
    for name, of in activities.items():
        if of.category == "1":
            sums["fuels"] += of.energy
        elif of.category == "2":
            sums["heat" if name == "district_heat" else "electricity"] += of.energy
    return tuple(sums.items())


def _spread_over_months(one: Weighed, begins: date, ends: date, months: dict[str, int]) -> None:
    """A meter's period by its days, anything else on its day; the months sum to the whole exactly."""
    since = max(one.record.since or one.record.on, begins)
    until = min(one.record.on, ends)
    if one.record.origin != "meter" or since >= until:
        month = f"{one.record.on:%Y-%m}"
        months[month] = months.get(month, 0) + one.micrograms
        return
    days, given, day = (until - since).days + 1, 0, since
    while day <= until:
        after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        share = one.micrograms * ((min(after, until + timedelta(days=1)) - since).days) // days - given
        months[f"{day:%Y-%m}"] = months.get(f"{day:%Y-%m}", 0) + share
        given += share
        day = after
