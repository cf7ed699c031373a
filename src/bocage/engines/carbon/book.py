"""A book: one published version of everything that decides a footprint, read from CSV files that people can read.

A published book never changes: `books/digests.csv` holds the SHA-256 of each, and loading checks it. To correct a
figure, publish a new version beside the old ones; a month can then be recomputed under either.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from pathlib import Path

from bocage.engines.carbon.model import Model, unpack
from bocage.engines.carbon.rules import Pattern, Rules
from bocage.engines.carbon.types import CarbonError

BOOKS = Path(__file__).parent / "books"
LATEST = "2026.6"
WORLD = "WORLD"
EURO_AREA = "EA"
FILE_LIMIT_BYTES = 4_000_000
FILES = (
    "bank_words.csv",
    "classes.csv",
    "countries.csv",
    "cpi.csv",
    "factors.csv",
    "fx.csv",
    "intermediaries.csv",
    "items.csv",
    "mcc.csv",
    "money.csv",
    "prices.csv",
    "rules.csv",
    "sources.csv",
)
MODEL = "model.npz"
TRADE = "trade.csv"
# What a shop and its wholesaler do weighs as this activity does.
TRADE_ACTIVITY = "other_services"
BASIC_PRICE = "basic price"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure is from."""

    id: str
    short: str
    title: str
    publisher: str
    year: str
    url: str
    licence: str


@dataclass(frozen=True, slots=True)
class Category:
    """A class of spending with its COICOP 2018 groups; `usual` is the item that stands for it where none is known."""

    id: str
    title: str
    coicop: str
    usual: str


@dataclass(frozen=True, slots=True)
class Item:
    """A finer kind within a class: `route` is "physical" (price -> quantity -> factor), "money" or "none"."""

    id: str
    category: str
    title: str
    route: str
    price: str
    factor: str
    without_altitude: str
    extra_gsd: Decimal
    paid_by_transfer: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A factor, money factor, price, index or exchange rate, with its year, error and citation.

    `gsd` is the geometric standard deviation of its error. `checked` says how sure we are of the transcription:
    "table" (a test compares it with the source's own table), "chained" or "derived" (worked out from such figures by
    the formula in `locator`), "fixed" (a rate set by law), "noted" (rounded by hand from the publication named).
    `level` multiplies a money factor to the level of tables that are independent of it (`calibration.py`).
    """

    id: str
    value: Fraction
    unit: str
    year: int
    gsd: Decimal
    scope: str
    boundary: str
    basis: str
    vat_percent: Fraction
    source: Source
    locator: str
    checked: str
    level: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class MccRange:
    first: int
    last: int
    item: str
    description: str


@dataclass(frozen=True, eq=False)
class Book:
    """One version of the figures and rules. Two books with one `digest` give byte-identical answers."""

    version: str
    digest: str
    classes: Mapping[str, Category]
    items: Mapping[str, Item]
    countries: Mapping[str, tuple[str, str]]
    factors: Mapping[tuple[str, str], tuple[Figure, ...]]
    money: Mapping[tuple[str, str], tuple[Figure, ...]]
    prices: Mapping[tuple[str, str], tuple[Figure, ...]]
    cpi: Mapping[str, Mapping[int, Figure]]
    fx: Mapping[str, Mapping[int, Figure]]
    mccs: tuple[MccRange, ...]
    rules: Rules
    model: Model | None
    trade: Mapping[tuple[str, str], Figure]
    _by_mcc: Mapping[int, MccRange] = field(repr=False)

    def mcc(self, code: str) -> MccRange | None:
        return self._by_mcc.get(int(code))

    def factor(self, activity: str, country: str, year: int) -> Figure:
        """The physical factor of the country and nearest year, else the one for any country, else the world's."""
        for place in (country, "*", WORLD):
            if figures := self.factors.get((activity, place)):
                return nearest(figures, year)
        raise CarbonError("book", f"{self.version} has no factor for {activity!r}; it is incomplete.")

    def money_factor(self, activity: str, country: str) -> Figure:
        for place in (country, WORLD):
            if figures := self.money.get((activity, place)):
                return figures[0]
        raise CarbonError("book", f"{self.version} has no money factor for {activity!r}; it is incomplete.")

    def trade_of(self, activity: str, country: str) -> tuple[Figure, Figure] | None:
        """The percent of a price without VAT that is trade margin, and the factor which that part weighs by.

        None where the factor is at purchasers' prices, which hold the margin already, or nothing is on record.
        """
        factor = self.money_factor(activity, country)
        share = self.trade.get((activity, country)) or self.trade.get((activity, "*"))
        if share is None or factor.basis != BASIC_PRICE:
            return None
        by = self.money_factor(TRADE_ACTIVITY, country)
        # A country whose trade is at purchasers' prices of another year takes the world's, which has the factor's own.
        if (by.year, by.unit) != (factor.year, factor.unit):
            by = self.money_factor(TRADE_ACTIVITY, WORLD)
        return share, by

    def price(self, product: str, country: str, year: int) -> Figure:
        for place in (country, WORLD):
            if figures := self.prices.get((product, place)):
                return nearest(figures, year)
        raise CarbonError("book", f"{self.version} has no price for {product!r}; it is incomplete.")

    def rate_per_euro(self, currency: str, year: int) -> Figure | None:
        """Units of the currency for one euro in the nearest year on record, None for a currency not on record."""
        if by_year := self.fx.get(currency):
            return by_year.get(year) or nearest(tuple(by_year.values()), year)
        return None

    def index(self, country: str, year: int) -> Figure:
        by_year = self.cpi.get(country) or self.cpi[EURO_AREA]
        return by_year.get(year) or nearest(tuple(by_year.values()), year)

    def home_currency(self, country: str) -> str:
        return self.countries[country][1]


def nearest(figures: tuple[Figure, ...], year: int) -> Figure:
    """The latest figure not after `year`, else the earliest: the past is known, the future is not."""
    before = [figure for figure in figures if figure.year <= year]
    return max(before, key=lambda f: f.year) if before else min(figures, key=lambda f: f.year)


def versions() -> tuple[str, ...]:
    """Every published book, oldest first."""
    return tuple(_digests())


@cache
def load(version: str = LATEST) -> Book:
    """The published book of that version; raises `CarbonError` for an unknown or altered one."""
    published = _digests()
    if version not in published:
        raise CarbonError("book", f"{version!r} is not published; there are {', '.join(published)}.")
    book = load_folder(BOOKS / version, version)
    if book.digest != published[version]:
        raise CarbonError("book", f"{version} was altered after it was published; publish a new version instead.")
    return book


def load_folder(folder: Path, version: str) -> Book:
    """A book from a folder of CSV files with the same columns, such as a city's own; raises `CarbonError`."""
    raw = {name: _bytes(folder / name) for name in FILES}
    tables = {name: _rows(name, content) for name, content in raw.items()}
    # Books before 2026.2 had no model; a city's own may do without one.
    if (folder / MODEL).exists():
        raw[MODEL] = _bytes(folder / MODEL)
    # Books before 2026.5 took trade margins for goods.
    if (folder / TRADE).exists():
        raw[TRADE] = _bytes(folder / TRADE)
        tables[TRADE] = _rows(TRADE, raw[TRADE])
    sources = {row["source"]: _source(row) for row in tables["sources.csv"]}
    items = {row["item"]: _item(row) for row in tables["items.csv"]}
    figures = _Figures(sources)
    mccs = tuple(MccRange(int(r["first"]), int(r["last"]), r["item"], r["description"]) for r in tables["mcc.csv"])
    for known in mccs:
        _known(known.item, items, "mcc.csv")
    patterns = [_pattern(row, items) for row in tables["rules.csv"]]
    book = Book(
        version=version,
        digest=_digest(raw),
        classes={r["class"]: _category(r, items) for r in tables["classes.csv"]},
        items=items,
        countries={r["country"]: (r["title"], r["currency"]) for r in tables["countries.csv"]},
        factors=figures.keyed("factors.csv", tables["factors.csv"], "activity"),
        money=figures.keyed("money.csv", tables["money.csv"], "activity"),
        prices=figures.keyed("prices.csv", tables["prices.csv"], "product"),
        cpi=figures.by_year("cpi.csv", tables["cpi.csv"], "country", "index"),
        fx=figures.by_year("fx.csv", tables["fx.csv"], "currency", "per_eur"),
        mccs=mccs,
        rules=Rules(
            patterns,
            {r["prefix"]: r["intermediary"] for r in tables["intermediaries.csv"]},
            [r["word"] for r in tables["bank_words.csv"]],
        ),
        model=unpack(raw[MODEL]) if MODEL in raw else None,
        trade=figures.trade(tables.get(TRADE, [])),
        _by_mcc={code: known for known in mccs for code in range(known.first, known.last + 1)},
    )
    _check_trade(book)
    return book


def _check_trade(book: Book) -> None:
    """Goods and their trade are added up, so both factors must be of one year and currency."""
    for activity, country in book.money:
        found = book.trade_of(activity, country)
        factor = book.money_factor(activity, country)
        if found and (found[1].year, found[1].unit) != (factor.year, factor.unit):
            raise CarbonError("book", f"{TRADE}: {activity} in {country} and trade are not of one year and currency.")


class _Figures:
    """Reads rows into figures, naming file and line of the first that is wrong."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.sources = sources

    def keyed(self, name: str, rows: list[dict[str, str]], kind: str) -> dict[tuple[str, str], tuple[Figure, ...]]:
        found: dict[tuple[str, str], list[Figure]] = {}
        for number, row in enumerate(rows, start=2):
            value = self._figure(name, number, row, row["value"], f"{row[kind]}/{row['country']}")
            found.setdefault((row[kind], row["country"]), []).append(value)
        return {key: tuple(values) for key, values in found.items()}

    def by_year(self, name: str, rows: list[dict[str, str]], kind: str, value: str) -> dict[str, dict[int, Figure]]:
        found: dict[str, dict[int, Figure]] = {}
        for number, row in enumerate(rows, start=2):
            figure = self._figure(name, number, row, row[value], row[kind])
            found.setdefault(row[kind], {})[figure.year] = figure
        return found

    def trade(self, rows: list[dict[str, str]]) -> dict[tuple[str, str], Figure]:
        found = {}
        for number, row in enumerate(rows, start=2):
            share = self._figure(TRADE, number, row, row["percent"], f"{row['activity']}/{row['country']}")
            if share.value >= 100:
                raise CarbonError("book", f"{TRADE}, line {number}: a margin must be below 100 percent.")
            found[row["activity"], row["country"]] = share
        return found

    def _figure(self, name: str, number: int, row: dict[str, str], value: str, identity: str) -> Figure:
        unit = row.get("currency") or row.get("unit") or ""
        try:
            figure = Figure(
                id=identity,
                value=Fraction(Decimal(value)),
                unit=f"{unit}/{row['per']}" if "per" in row else unit,
                year=int(row["year"]),
                gsd=Decimal(row.get("gsd") or "1"),
                scope=row.get("scope", ""),
                boundary=row.get("boundary", ""),
                basis=row.get("price_basis", ""),
                vat_percent=Fraction(Decimal(row.get("vat_percent") or "0")),
                source=self.sources[row["source"]],
                locator=row["locator"],
                checked=row["checked"],
                # Books before 2026.3 levelled nothing, and a city's own rows may leave it empty.
                level=Fraction(Decimal(row.get("level") or "1")),
            )
        except (ValueError, InvalidOperation, KeyError) as error:
            raise CarbonError("book", f"{name}, line {number}: {error}") from error
        if figure.value <= 0 or figure.level <= 0 or figure.gsd < 1:
            raise CarbonError("book", f"{name}, line {number}: a value must be above 0 and a gsd at least 1.")
        return figure


def _category(row: dict[str, str], items: Mapping[str, Item]) -> Category:
    usual = row.get("usual", "")
    if usual:
        _known(usual, items, "classes.csv")
    return Category(row["class"], row["title"], row["coicop"], usual)


def _source(row: dict[str, str]) -> Source:
    names = ("source", "short", "title", "publisher", "year", "url", "licence")
    return Source(*(row[name] for name in names))


def _item(row: dict[str, str]) -> Item:
    return Item(
        id=row["item"],
        category=row["class"],
        title=row["title"],
        route=row["route"],
        price=row["price"],
        factor=row["factor"],
        without_altitude=row["without_altitude"],
        extra_gsd=Decimal(row["extra_gsd"] or "1"),
        paid_by_transfer=row["paid_by_transfer"] == "yes",
    )


def _pattern(row: dict[str, str], items: Mapping[str, Item]) -> Pattern:
    _known(row["item"], items, "rules.csv")
    item = items[row["item"]]
    return Pattern(
        written=row["pattern"],
        item=item.id,
        countries=frozenset(row["countries"].split()),
        sign=row["sign"],
        probability=Decimal(row["probability"]),
        weak=item.category == "movement" and not item.paid_by_transfer,
        paid_by_transfer=item.paid_by_transfer,
    )


def _known(item: str, items: Mapping[str, Item], name: str) -> None:
    if item not in items:
        raise CarbonError("book", f"{name} names the item {item!r}, which items.csv lacks.")


def _bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CarbonError("book", f"{path.name} cannot be read in {path.parent.name}: {error.strerror}.") from error
    if len(content) > FILE_LIMIT_BYTES:
        raise CarbonError("book", f"{path.name} is over {FILE_LIMIT_BYTES} bytes.")
    return content


def _rows(name: str, content: bytes) -> list[dict[str, str]]:
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode()), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CarbonError("book", f"{name} is not a CSV in UTF-8: {error}.") from error
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise CarbonError("book", f"{name}, line {number}: the number of columns differs from the heading's.")
    return rows


def _digest(raw: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(raw):
        whole.update(f"{name}\n{len(raw[name])}\n".encode())
        whole.update(raw[name])
    return whole.hexdigest()


@cache
def _digests() -> dict[str, str]:
    return {row["version"]: row["sha256"] for row in _rows("digests.csv", _bytes(BOOKS / "digests.csv"))}


def class_title(category: str, *, book: Book | None = None) -> str:
    """The English title of a class, the id itself for one the book does not know (an older book's, perhaps)."""
    known = (book or load()).classes.get(category)
    return known.title if known else category


def countries(*, book: Book | None = None) -> tuple[tuple[str, str], ...]:
    """Code and English name of each country with figures of its own, by name."""
    named = ((code, title) for code, (title, _) in (book or load()).countries.items())
    return tuple(sorted((pair for pair in named if pair[0] not in (WORLD, EURO_AREA)), key=lambda pair: pair[1]))
