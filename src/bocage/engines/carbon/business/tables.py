"""The readable tables beside this file: activities, factors, accounts, products and words, each with its source."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data"
VERSION = "business-2026.1"
_WORD = re.compile(r"[A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Activity:
    """A kind of purchase: its GHG Protocol category, and by which route and factor it is weighed."""

    id: str
    title: str
    category: str
    route: str
    factor: str
    extra_gsd: float


@dataclass(frozen=True, slots=True)
class MoneyFactor:
    """kg CO2e for one unit of money without VAT, of `year`'s prices."""

    id: str
    value: Decimal
    year: int
    gsd: float
    source: str
    locator: str


@dataclass(frozen=True, slots=True)
class PhysicalFactor:
    """kg CO2e for one `unit`, apart by where it is emitted, and its final energy in kWh (net calorific value)."""

    id: str
    unit: str
    year: int
    scope_1: Decimal
    scope_2: Decimal
    upstream: Decimal
    kwh: Decimal
    gsd: float
    source: str
    locator: str


@dataclass(frozen=True, eq=False)
class Tables:
    """All of it; `digest` names the exact bytes."""

    digest: str
    activities: Mapping[str, Activity]
    money: Mapping[str, MoneyFactor]
    physical: Mapping[tuple[str, str, str], PhysicalFactor]
    accounts: Mapping[str, tuple[str, str]]
    products: Mapping[str, tuple[str, str]]
    words: tuple[tuple[str, str, str], ...]
    items: Mapping[str, str]
    vat_percent: Mapping[str, Decimal]
    sources: Mapping[str, str]

    def account(self, number: str) -> tuple[str, str, str] | None:
        """(prefix, activity, title) of the longest prefix that is known."""
        return _longest(number, self.accounts)

    def product(self, code: str) -> tuple[str, str, str] | None:
        return _longest(code, self.products)

    def by_words(self, text: str) -> tuple[str, str] | None:
        """(the words found, activity) of the first entry of words.csv that stands in the text as whole words."""
        joined = f" {' '.join(words_of(text))} "
        for needle, words, activity in self.words:
            if needle in joined:
                return words, activity
        return None


def words_of(text: str) -> list[str]:
    """Upper-case words without accents."""
    folded = unicodedata.normalize("NFKD", text[:600]).upper().replace("ß", "SS")
    return _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))


@cache
def tables() -> Tables:
    """The published tables."""
    raw = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.csv"))}
    rows = {name: list(csv.DictReader(io.StringIO(content.decode()))) for name, content in raw.items()}
    digest = hashlib.sha256(b"".join(name.encode() + content for name, content in raw.items())).hexdigest()
    return Tables(
        digest=digest,
        activities={
            r["activity"]: Activity(
                r["activity"], r["title"], r["category"], r["route"], r["factor"], float(r["extra_gsd"])
            )
            for r in rows["activities.csv"]
        },
        money={
            r["factor"]: MoneyFactor(
                r["factor"], Decimal(r["value"]), int(r["year"]), float(r["gsd"]), r["source"], r["locator"]
            )
            for r in rows["money.csv"]
        },
        physical={(r["factor"], r["unit"], r["country"]): _physical(r) for r in rows["physical.csv"]},
        accounts={r["prefix"]: (r["activity"], r["title"]) for r in rows["accounts.csv"]},
        products={r["prefix"]: (r["activity"], r["title"]) for r in rows["unspsc.csv"]},
        words=tuple((_needle(r["words"]), r["words"], r["activity"]) for r in rows["words.csv"]),
        items={r["item"]: r["activity"] for r in rows["items.csv"]},
        vat_percent={r["country"]: Decimal(r["percent"]) for r in rows["vat.csv"]},
        sources={r["source"]: r["title"] for r in rows["sources.csv"]},
    )


def _needle(words: str) -> str:
    """What to look for between spaces; a star at the end lets the last word go on."""
    return f" {words.removesuffix('*')}" if words.endswith("*") else f" {words} "


def _physical(r: dict[str, str]) -> PhysicalFactor:
    return PhysicalFactor(
        id=r["factor"],
        unit=r["unit"],
        year=int(r["year"]),
        scope_1=Decimal(r["scope_1"]),
        scope_2=Decimal(r["scope_2"]),
        upstream=Decimal(r["upstream"]),
        kwh=Decimal(r["kwh"]),
        gsd=float(r["gsd"]),
        source=r["source"],
        locator=r["locator"],
    )


def _longest(code: str, known: Mapping[str, tuple[str, str]]) -> tuple[str, str, str] | None:
    for length in range(len(code), 0, -1):
        if found := known.get(code[:length]):
            return code[:length], *found
    return None
