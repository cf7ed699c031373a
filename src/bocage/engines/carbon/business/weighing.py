"""A record and what it is for -> its parts in kg CO2e by category, with every step said.

Quantities first: litres, kWh and m3 times a physical factor, apart by where it is emitted (burning is Scope 1, the
power station's is Scope 2, fetching the fuel and losing current in the grid is category 3.3). Money of energy and
journeys becomes a quantity by the book's price of the year. All other money, without VAT, is put into the prices and
currency of the factor's year and multiplied with it.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import log

from bocage.engines.carbon.book import Book
from bocage.engines.carbon.reasons import shown
from bocage.engines.carbon.types import MICROGRAMS_A_KILOGRAM

from .kinds import SIGMA, Found
from .tables import Activity, PhysicalFactor, Tables
from .types import Contract, Part, Reason, Record, Weighed

EURO = "EUR"
# Prices of the book are households'; a firm's tariff of energy differs (Eurostat publishes both).
TARIFF_SIGMA = log(1.35)
# The US table used for another country's purchases, an error that all of its factors share.
TABLE_SIGMA = log(1.25)
METER_SIGMA = 0.01
GRID_LOSS = Fraction(7, 100)
UNITS = {"LTR": ("L", 1), "L": ("L", 1), "KWH": ("kWh", 1), "MWH": ("kWh", 1000), "MTQ": ("m3", 1), "KGM": ("kg", 1)}
UNITS |= {"TNE": ("kg", 1000), "kWh": ("kWh", 1), "m3": ("m3", 1), "kg": ("kg", 1)}
# What has no price in the book and comes without a quantity is weighed by money.
BY_MONEY_INSTEAD = {"water": "water", "propane": "chemicals"}
PRICED_AS = {"heating_oil": "heating_oil", "district_heat": "district_heat", "gas": "gas", "electricity": "electricity"}
PRICED_AS |= {"diesel": "diesel", "petrol": "petrol"}
PUMPED = frozenset({"diesel", "petrol"})

SHARE = "{percent} % of it lies in the year or is not counted elsewhere."
NET = "VAT of {percent} % is taken off: {amount} {currency} are left."
PRICED = "At {price} {unit} in {year} ({source}) that buys {quantity} {counted}."
PHYSICAL = "{quantity} {unit} x {factor} kg CO2e/{unit} ({scope}; {source}, {year})."
DEFLATED = "{amount} {currency} of {year} are {dollars} USD of {base}: prices moved, then the euro's rate of that year."
BY_MONEY = "{dollars} USD x {factor} kg CO2e/USD (cradle to buyer; {source}, NAICS {locator})."
CONTRACT = "Market-based: {percent} % by the contract at {contract} kg/kWh, the rest as the country's mix."
NO_RATE = "currency not on record"
NO_CONTRACT = "Market-based: no contract is stated, so the country's mix stands (GHG Protocol Scope 2 Guidance)."


@dataclass(frozen=True, slots=True)
class Weigher:
    """All that a year's records are weighed with."""

    book: Book
    tables: Tables
    country: str
    home: str
    contract: Contract | None

    def weigh(
        self, record: Record, found: Found, share: Fraction, why_not: str = "", *, own_cost: bool = False
    ) -> Weighed:
        """The record's parts for a `share` of it; none where `why_not` says why.

        With `own_cost` what is counted elsewhere has its cost there too (a fuel card); else the whole cost stays with
        the record, as a meter knows none.
        """
        if found.activity.startswith("none:"):
            why_not = why_not or found.activity.removeprefix("none:")
        known = self.tables.activities.get(found.activity)
        title = known.title if known else why_not
        net = self.net_minor(record) * (share if own_cost else 1)
        if why_not or known is None or not share:
            return Weighed(record, found.activity, title, (), why_not, False, round(net), Decimal(0), found.reasons)
        told = list(found.reasons)
        if share != 1:
            told.append(Reason(SHARE, (("percent", shown(share * 100, 3)),)))
        physical = self._physical(known, record, share, told)
        counted = physical is not None and physical[3]
        if record.amount_minor and not counted and not self._exchange(record.currency, self.home, record.on.year):
            return Weighed(record, known.id, title, (), NO_RATE, False, 0, Decimal(0), found.reasons)
        if physical is not None:
            factor, quantity, errors, _counted = physical
            parts = self._parts(
                known, factor, quantity, (*errors, *self._kind_errors(known, found, record, counted=counted)), told
            )
            energy = Decimal(round(quantity * Fraction(factor.kwh) * 1000)) / 1000
        else:
            parts = self._journey(known, found, record, share, told) or self._money(known, found, record, share, told)
            energy = Decimal(0)
        return Weighed(record, known.id, title, parts, "", counted, round(net), energy, tuple(told))

    def net_minor(self, record: Record) -> Fraction:
        """The cost without VAT in hundredths of the home currency, unrounded."""
        amount = Fraction(record.amount_minor, 10**record.exponent)
        if record.with_vat:
            amount = amount * 100 / (100 + self._vat())
        return amount * self._exchange(record.currency, self.home, record.on.year) * 100

    def _vat(self) -> Fraction:
        return Fraction(self.tables.vat_percent.get(self.country, Decimal(0)))

    def _exchange(self, currency: str, target: str, year: int) -> Fraction:
        """What one of `currency` is in `target`; 0 where the book has no rate."""
        if currency == target:
            return Fraction(1)
        rates = []
        for code in (currency, target):
            figure = None if code == EURO else self.book.rate_per_euro(code, year)
            if code != EURO and figure is None:
                return Fraction(0)
            rates.append(figure.value if figure else Fraction(1))
        return rates[1] / rates[0]

    def _physical(
        self, known: Activity, record: Record, share: Fraction, told: list[Reason]
    ) -> tuple[PhysicalFactor, Fraction, tuple[tuple[str, float], ...], bool] | None:
        """(factor, quantity, errors, whether it was counted) where there is or can be a quantity."""
        if known.route != "physical":
            return None
        if record.quantity is not None and record.unit in UNITS:
            unit, times = UNITS[record.unit]
            factor = self._factor(known.factor, unit, record.on.year)
            if factor is not None:
                return factor, Fraction(record.quantity) * times * share, (("meter", METER_SIGMA),), True
        product = PRICED_AS.get(known.factor)
        if product is None:
            return None
        price = self.book.price(product, self.country, record.on.year)
        paid_in, _, unit = price.unit.partition("/")
        factor = self._factor(known.factor, unit, record.on.year)
        if factor is None:
            return None
        gross = self.net_minor(record) / 100 * share * (100 + self._vat()) / 100
        quantity = gross * self._exchange(self.home, paid_in, record.on.year) / price.value
        moved = self.book.index(self.country, record.on.year).value / self.book.index(self.country, price.year).value
        quantity /= moved
        values = (("price", shown(price.value * moved)), ("unit", price.unit), ("year", str(record.on.year)))
        more = (("source", price.source.title), ("quantity", shown(quantity)), ("counted", unit))
        told.append(Reason(PRICED, (*values, *more)))
        errors = [(f"price:{product}", log(float(price.gsd)))]
        if product not in PUMPED:
            errors.append((f"tariff:{product}", TARIFF_SIGMA))
        return factor, quantity, tuple(errors), False

    def _factor(self, name: str, unit: str, year: int) -> PhysicalFactor | None:
        found = self.tables.physical.get((name, unit, self.country)) or self.tables.physical.get((name, unit, "*"))
        if found is None and name == "electricity" and unit == "kWh":
            return _grid(self.book, self.country, year)
        return found

    def _parts(
        self,
        known: Activity,
        factor: PhysicalFactor,
        quantity: Fraction,
        errors: tuple[tuple[str, float], ...],
        told: list[Reason],
    ) -> tuple[Part, ...]:
        all_errors = _named(((f"factor:{factor.id}", log(factor.gsd)), *errors))
        direct = {"1": factor.scope_1, "2-location": factor.scope_2}
        if factor.scope_2:
            direct["2-market"] = self._by_market(factor, told)
        direct["3.3" if known.category in {"1", "2"} else known.category] = factor.upstream
        parts = []
        for category, value in direct.items():
            if value or (category == "2-market" and factor.scope_2):
                parts.append(Part(category, round(quantity * Fraction(value) * MICROGRAMS_A_KILOGRAM), all_errors))
                scope = f"Scope {category}" if category[0] in "12" else f"category {category}"
                values = (("quantity", shown(quantity)), ("unit", factor.unit), ("factor", f"{value:f}"))
                source = self.tables.sources.get(factor.source, factor.source)
                more = (("scope", scope), ("source", source), ("year", str(factor.year)))
                told.append(Reason(PHYSICAL, (*values, *more)))
        return tuple(parts)

    def _by_market(self, factor: PhysicalFactor, told: list[Reason]) -> Decimal:
        if self.contract is None:
            told.append(Reason(NO_CONTRACT))
            return factor.scope_2
        percent = f"{(self.contract.share * 100).normalize():f}"
        told.append(Reason(CONTRACT, (("percent", percent), ("contract", f"{self.contract.kg_a_kwh:f}"))))
        return self.contract.share * self.contract.kg_a_kwh + (1 - self.contract.share) * factor.scope_2

    def _journey(
        self, known: Activity, found: Found, record: Record, share: Fraction, told: list[Reason]
    ) -> tuple[Part, ...]:
        """Trains and flights: money -> passenger-km -> kg, wholly in the journey's own category."""
        if known.route != "journey":
            return ()
        year = record.on.year
        price, factor = (get(known.factor, self.country, year) for get in (self.book.price, self.book.factor))
        moved = self.book.index(self.country, year).value / self.book.index(self.country, price.year).value
        gross = self.net_minor(record) / 100 * share * (100 + self._vat()) / 100
        quantity = gross * self._exchange(self.home, price.unit.partition("/")[0], year) / (price.value * moved)
        values = (("price", shown(price.value * moved)), ("unit", price.unit), ("year", str(year)))
        more = (("source", price.source.title), ("quantity", shown(quantity)), ("counted", "passenger-km"))
        told.append(Reason(PRICED, (*values, *more)))
        values = (("quantity", shown(quantity)), ("unit", "passenger-km"), ("factor", shown(factor.value)))
        scope = f"category {known.category}"
        more = (("scope", scope), ("source", factor.source.title), ("year", str(factor.year)))
        told.append(Reason(PHYSICAL, (*values, *more)))
        errors = ((f"factor:{known.factor}", log(float(factor.gsd))), (f"price:{known.factor}", log(float(price.gsd))))
        named = _named((*errors, *self._kind_errors(known, found, record)))
        return (Part(known.category, round(quantity * factor.value * MICROGRAMS_A_KILOGRAM), named),)

    def _money(
        self, known: Activity, found: Found, record: Record, share: Fraction, told: list[Reason]
    ) -> tuple[Part, ...]:
        name = known.factor if known.route == "money" else BY_MONEY_INSTEAD.get(known.factor, "equipment_repair")
        category = known.category if known.route == "money" else "3.1"
        factor = self.tables.money[name]
        net = self.net_minor(record) / 100 * share
        if record.with_vat:
            values = (("percent", shown(self._vat())), ("amount", shown(net, 6)), ("currency", self.home))
            told.append(Reason(NET, values))
        dollars = net * _dollars_a_unit(self.book, self.country, self.home, record.on.year, factor.year)
        values = (("amount", shown(net, 6)), ("currency", self.home), ("year", str(record.on.year)))
        told.append(Reason(DEFLATED, (*values, ("dollars", shown(dollars, 6)), ("base", str(factor.year)))))
        source = self.tables.sources[factor.source]
        values = (("dollars", shown(dollars, 6)), ("factor", f"{factor.value:f}"), ("source", source))
        told.append(Reason(BY_MONEY, (*values, ("locator", factor.locator))))
        errors = ((f"factor:{name}", log(factor.gsd)), (f"table:{factor.source}", TABLE_SIGMA))
        named = _named((*errors, *self._kind_errors(known, found, record)))
        return (Part(category, round(dollars * Fraction(factor.value) * MICROGRAMS_A_KILOGRAM), named),)

    def _kind_errors(
        self, known: Activity, found: Found, record: Record, *, counted: bool = False
    ) -> tuple[tuple[str, float], ...]:
        """How wrong the kind may be: the same mistake for all lines of one account or supplier.

        What has a quantity of its kind's own unit is hardly another kind.
        """
        key = record.account or record.product or record.supplier or record.text[:40]
        sigma = min(SIGMA[found.by], SIGMA["product"]) if counted else SIGMA[found.by]
        errors = [(f"kind:{found.by}:{key}", sigma)]
        if known.extra_gsd > 1:
            errors.append((f"activity:{known.id}", log(known.extra_gsd)))
        return tuple(errors)


def _named(errors: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    return tuple((name, sigma) for name, sigma in errors if sigma)


@lru_cache(maxsize=2_000)
def _grid(book: Book, country: str, year: int) -> PhysicalFactor:
    """The book's electricity, apart: generation in Scope 2, the 7 % that the grid loses in category 3.3.

    The book's figure is of the life cycle of generation, so building power stations and fetching their fuel are in
    Scope 2 here, though the GHG Protocol wants them in 3.3: the whole is right and nothing counts twice.
    """
    figure = book.factor("electricity", country, year)
    generation = Decimal(round(figure.value / (1 + GRID_LOSS) * 10**6)).scaleb(-6)
    whole = Decimal(round(figure.value * 10**6)).scaleb(-6)
    return PhysicalFactor(
        id="electricity",
        unit="kWh",
        year=figure.year,
        scope_1=Decimal(0),
        scope_2=generation,
        upstream=whole - generation,
        kwh=Decimal(1),
        gsd=float(figure.gsd),
        source=figure.source.title,
        locator=figure.locator,
    )


@lru_cache(maxsize=2_000)
def _dollars_a_unit(book: Book, country: str, home: str, year: int, base: int) -> Fraction:
    """US dollars of `base` for one unit of the home currency spent in `year`."""
    ratio = book.index(country, base).value / book.index(country, year).value
    dollar = book.rate_per_euro("USD", base)
    own = None if home == EURO else book.rate_per_euro(home, base)
    if dollar is None:
        raise LookupError(f"The book has no rate of the dollar for {base}.")
    return ratio * dollar.value / (own.value if own else Fraction(1))
