"""Between Forest's lines and the carbon engine: what the engine is given, and its answer in the shape that is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from bocage.engines import carbon
from bocage.engines.carbon import Footprint, Payment, assess, total

_STEP_TITLES = {
    "text": "What the line says",
    "category": "What it was for",
    "kind": "Whether it counts",
    "place": "Where",
    "currency": "Currency",
    "price": "Price",
    "money": "Money of that year",
    "factor": "Factor",
    "quantity": "Quantity",
    "interval": "How sure",
    "refund": "Refund",
}
_TRANSLATED_VALUES = frozenset({"category", "item", "country", "home", "product"})


@dataclass(frozen=True)
class Purchase:
    """A movement of money as Forest takes it in, from a statement or from the wallet."""

    fingerprint: str
    booked_on: date
    amount_minor: int
    currency: str
    exponent: int
    text: str
    mcc: str | None
    country: str | None


@dataclass(frozen=True)
class Weighed:
    """The engine's answer for one purchase. `reasons` are steps with a sentence and its values, to be put in words."""

    category: str
    item: str
    factor: str
    counted: bool
    assessed: bool
    probability: float
    micrograms: int
    low_micrograms: int
    high_micrograms: int
    reasons: list[dict[str, Any]]
    book: str


@dataclass(frozen=True)
class Group:
    """The sums of lines that share category, factor and direction: all that a total's interval needs."""

    category: str
    factor: str
    micrograms: int
    low_micrograms: int
    high_micrograms: int


def weigh(purchases: Sequence[Purchase], country: str, earlier: Sequence[Purchase] = ()) -> list[Weighed]:
    """Weigh `purchases` of a person who lives in `country`; refunds among them may undo `earlier` purchases."""
    assessment = assess([_payment(each, country or None) for each in (*earlier, *purchases)])
    return [_weighed(each, assessment.book) for each in assessment.footprints[len(earlier) :]]


def interval(groups: Iterable[Group]) -> tuple[int, int]:
    """Low and high micrograms of the sum: errors of one factor are shared, those of different factors are not."""
    combined = total(
        Footprint(
            micrograms=group.micrograms,
            low_micrograms=group.low_micrograms,
            high_micrograms=group.high_micrograms,
            category=group.category,
            item="",
            probability=Decimal(1),
            factor=group.factor,
            quantity=None,
            unit="",
            counted=True,
            assessed=True,
            reasons=(),
        )
        for group in groups
    )
    return combined.low_micrograms, combined.high_micrograms


def class_title(category: str) -> str:
    """The class in words, in the language in force."""
    return gettext(carbon.class_title(category))


def countries() -> list[tuple[str, str]]:
    """The countries that the book has figures for: code and title, by title in the language in force."""
    return sorted(((code, gettext(title)) for code, title in carbon.countries()), key=lambda pair: pair[1])


def words(reason: dict[str, Any]) -> dict[str, str]:
    """One step of the chain as a title and a sentence, in the language in force."""
    values = {name: gettext(value) if name in _TRANSLATED_VALUES else value for name, value in reason["values"].items()}
    sentence = gettext(reason["template"]).format(**values)
    return {"title": gettext(_STEP_TITLES.get(reason["step"], reason["step"])), "text": sentence}


def _payment(purchase: Purchase, home: str | None) -> Payment:
    return Payment(
        booked_on=purchase.booked_on,
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        exponent=purchase.exponent,
        text=purchase.text,
        mcc=purchase.mcc,
        country=purchase.country,
        home=home,
    )


def _weighed(footprint: Footprint, book: str) -> Weighed:
    return Weighed(
        category=footprint.category,
        item=footprint.item,
        factor=footprint.factor,
        counted=footprint.counted,
        assessed=footprint.assessed,
        probability=float(footprint.probability),
        micrograms=footprint.micrograms,
        low_micrograms=footprint.low_micrograms,
        high_micrograms=footprint.high_micrograms,
        reasons=[
            {"step": each.step, "template": each.template, "values": dict(each.values)} for each in footprint.reasons
        ],
        book=book,
    )
