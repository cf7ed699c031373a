"""Money -> kg CO2e: what one minor unit of a currency, spent on an item in a country and year, stands for.

Physical route: amount / price of that year and country = quantity; quantity x physical factor = kg. Money route:
amount, without VAT and trade margin where the factor is at basic prices, deflated to the factor's year by the country's
consumer prices, converted to its currency at that year's rate, x factor. What a euro emits is taken to have stayed as
in the factor's year but for prices, and brought by the factor's `level` to what independent tables say of 2019.

Everything is an exact fraction until the end, then rounded once to whole micrograms for one minor unit. A line is
that integer times its amount: lines add up exactly, a part refund takes back exactly its part.

Interval: errors are taken as independent and log-normal. The variance of the log is the sum of ln(gsd)^2 of factor,
price and item, of (3 % a year)^2 for each year a figure is out of date, and of (1 - probability) x ln(3)^2, as a line
put in a wrong class is off by about a factor 3. 90 % lies within exp(+-1.645 sigma). Decimal arithmetic, so that
every machine rounds alike.
"""

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from bocage.engines.carbon import reasons as said
from bocage.engines.carbon.book import Book, Figure, Item
from bocage.engines.carbon.reasons import reason, shown
from bocage.engines.carbon.types import MICROGRAMS_A_KILOGRAM, Rate, Reason

QUANTILE_90 = Decimal("1.645")
MISPLACED_GSD = Decimal(3)
STALE_LOG_A_YEAR = Decimal("0.03")
CACHED_RATES = 100_000
EURO = "EUR"
_CONTEXT = Context(prec=28)


@lru_cache(maxsize=CACHED_RATES)
def rate(
    book: Book,
    item_id: str,
    country: str,
    currency: str,
    exponent: int,
    year: int,
    probability: Decimal,
    *,
    at_basic_price: bool = False,
) -> Rate | None:
    """The rate of a counted item, None where the currency has no exchange rate. `country` is one of the book's.

    `at_basic_price` takes what was paid for a basic price, without value added tax and trade margin, as tables of
    sectors do.
    """
    item = book.items[item_id]
    if book.rate_per_euro(currency, year) is None and currency != EURO:
        return None
    builder = _Builder(book, item, country, currency, year)
    kg_a_unit = builder.physical() if item.route == "physical" else builder.by_money(at_basic_price=at_basic_price)
    scale = MICROGRAMS_A_KILOGRAM * Fraction(1, 10**exponent)
    if item.extra_gsd > 1:
        builder.says("interval", said.EXTRA, gsd=str(item.extra_gsd))
    width = _width(builder.log_errors(), probability if item_id != "unknown" else Decimal(1))
    central = max(1, round(kg_a_unit * scale))
    bare = builder.without_altitude_kg
    quantity = builder.quantity_a_unit
    return Rate(
        item=item_id,
        factor=builder.factor_id,
        micrograms_per_minor=central,
        low_per_minor=int(central / width),
        high_per_minor=-int(-central * width // 1),
        quantity_per_minor=quantity / 10**exponent if quantity is not None else None,
        unit=builder.unit,
        without_altitude_per_minor=round(bare * scale) if bare is not None else None,
        reasons=tuple(builder.chain),
    )


class _Builder:
    """Walks one route and keeps what it says and how wrong each step may be."""

    def __init__(self, book: Book, item: Item, country: str, currency: str, year: int) -> None:
        self.book = book
        self.item = item
        self.country = country
        self.currency = currency
        self.year = year
        self.chain: list[Reason] = []
        self.gsds: list[Decimal] = [item.extra_gsd]
        self.stale_years = 0
        self.factor_id = ""
        self.quantity_a_unit: Fraction | None = None
        self.unit = ""
        self.without_altitude_kg: Fraction | None = None

    def says(self, step: str, template: str, **values: str) -> None:
        self.chain.append(reason(step, template, **values))

    def log_errors(self) -> list[Decimal]:
        with localcontext(_CONTEXT):
            return [gsd.ln() for gsd in self.gsds] + [STALE_LOG_A_YEAR * self.stale_years]

    def physical(self) -> Fraction:
        price = self.book.price(self.item.price, self.country, self.year)
        paid_in, _, self.unit = price.unit.partition("/")
        a_unit = self._price_now(price)
        self.quantity_a_unit = self._exchange(paid_in, self.year) / a_unit
        self.gsds.append(price.gsd)
        factor = self.book.factor(self.item.factor, self.country, self.year)
        self._cite(factor)
        if self.item.without_altitude:
            bare = self.book.factor(self.item.without_altitude, self.country, self.year)
            self.without_altitude_kg = self.quantity_a_unit * bare.value
        return self.quantity_a_unit * factor.value

    def by_money(self, *, at_basic_price: bool) -> Fraction:
        factor = self.book.money_factor(self.item.factor, self.country)
        home = self.book.home_currency(self.country)
        amount = self._exchange(home, self.year)
        if factor.vat_percent and not at_basic_price:
            amount = amount * 100 / (100 + factor.vat_percent)
            self.says("price", said.VAT, percent=shown(factor.vat_percent))
        amount *= self._deflator(factor.year)
        if factor.unit != home:
            amount *= self._cross(home, factor.unit, factor.year)
        self._cite(factor)
        if factor.level != 1:
            self.says("factor", said.LEVELLED, level=shown(factor.level))
        return amount * self._kg_a_unit(factor, at_basic_price=at_basic_price)

    def _kg_a_unit(self, factor: Figure, *, at_basic_price: bool) -> Fraction:
        """Of the goods at their basic price, and of the trade that brought them, by their shares of the price."""
        goods = factor.value * factor.level
        traded = self.book.trade_of(self.item.factor, self.country)
        if traded is None or at_basic_price:
            return goods
        share, by = traded
        trade = by.value * by.level
        self.says(
            "factor",
            said.TRADE,
            percent=shown(share.value),
            value=shown(trade),
            unit=f"kg CO2e/{by.unit}",
            source=share.source.title,
            locator=share.locator,
        )
        return goods * (1 - share.value / 100) + trade * share.value / 100

    def _price_now(self, price: Figure) -> Fraction:
        self.says(
            "price",
            said.PRICE,
            value=shown(price.value),
            unit=price.unit,
            product=self.item.title,
            country=price.id.partition("/")[2],
            year=str(price.year),
            source=price.source.title,
            licence=price.source.licence,
        )
        if price.year == self.year:
            return price.value
        target = self.book.index(self.country, self.year)
        ratio = target.value / self.book.index(self.country, price.year).value
        self.stale_years += abs(self.year - price.year)
        if target.year == price.year:
            self.says("price", said.PRICE_LATEST, year=str(price.year))
            return price.value
        self.says("price", said.PRICE_MOVED, year=str(price.year), target=str(target.year), ratio=shown(ratio))
        return price.value * ratio

    def _deflator(self, base_year: int) -> Fraction:
        now = self.book.index(self.country, self.year)
        then = self.book.index(self.country, base_year)
        self.stale_years += abs(self.year - now.year)
        ratio = then.value / now.value
        self.says(
            "deflate",
            said.DEFLATED,
            year=str(now.year),
            base=str(base_year),
            country=self.book.countries[self.country][0],
            ratio=shown(ratio),
            source=now.source.title,
        )
        return ratio

    def _exchange(self, target: str, year: int) -> Fraction:
        """Units of `target` for one unit of the line's currency, said once."""
        if target == self.currency:
            return Fraction(1)
        own, other = self._per_euro(self.currency, year), self._per_euro(target, year)
        used = min((f.year for f in (own, other) if isinstance(f, Figure) and f.year != year), default=year)
        if used != year and not _fixed(own):
            self.says("exchange", said.FX_YEAR, year=str(year), used=str(used))
            self.stale_years += abs(year - used)
        source = own.source if isinstance(own, Figure) else other.source if isinstance(other, Figure) else None
        self.says(
            "exchange",
            said.EXCHANGED,
            currency=self.currency,
            target=target,
            rate=shown(_value(own), 6),
            target_rate=shown(_value(other), 6),
            year=str(used),
            source=source.title if source else "",
        )
        return _value(other) / _value(own)

    def _cross(self, currency: str, target: str, year: int) -> Fraction:
        own, other = _value(self._per_euro(currency, year)), _value(self._per_euro(target, year))
        self.says(
            "exchange",
            said.EXCHANGED,
            currency=currency,
            target=target,
            rate=shown(own, 6),
            target_rate=shown(other, 6),
            year=str(year),
            source="European Central Bank",
        )
        return other / own

    def _per_euro(self, currency: str, year: int) -> Figure | None:
        return None if currency == EURO else self.book.rate_per_euro(currency, year)

    def _cite(self, factor: Figure) -> None:
        self.factor_id = factor.id
        self.gsds.append(factor.gsd)
        self.says(
            "factor",
            said.FACTOR,
            value=shown(factor.value),
            unit=factor.unit if "kg" in factor.unit else f"kg CO2e/{factor.unit}",
            year=str(factor.year),
            scope=factor.scope,
            boundary=f"{factor.boundary}, {factor.basis}" if factor.basis else factor.boundary,
            source=factor.source.title,
            short=factor.source.short,
            url=factor.source.url,
            locator=factor.locator,
            licence=factor.source.licence,
            gsd=str(factor.gsd),
        )


def _value(figure: Figure | None) -> Fraction:
    return Fraction(1) if figure is None else figure.value


def _fixed(figure: Figure | None) -> bool:
    return figure is not None and figure.checked == "fixed"


def _width(log_errors: list[Decimal], probability: Decimal) -> Decimal:
    with localcontext(_CONTEXT):
        variance = sum((error * error for error in log_errors), Decimal(0))
        variance += (1 - probability) * MISPLACED_GSD.ln() ** 2
        return (QUANTILE_90 * variance.sqrt()).exp()
