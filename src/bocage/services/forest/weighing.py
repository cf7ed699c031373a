"""Between Forest's lines and the carbon engine: what the engine is given, and its answer in the shape that is kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from bocage.engines import carbon
from bocage.engines.carbon import Footprint, Payment, assess, kind_of, total
from bocage.engines.carbon.reasons import BY_MCC
from bocage.services.forest import limits
from bocage.services.forest.engine_words import CORRECTED, NOTED, SHARED

# A merchant category code a class, by which the engine takes a person's word for what a merchant sells.
_CODE_OF_CLASS = {
    "groceries": "5411",
    "alcohol_tobacco": "5921",
    "restaurants": "5812",
    "clothing": "5651",
    "housing": "6513",
    "home_improvement": "5211",
    "home_energy": "4900",
    "furniture": "5712",
    "appliances": "5722",
    "household": "2842",
    "medicines": "5912",
    "health": "8011",
    "vehicles": "5511",
    "vehicle_care": "7538",
    "fuel": "5541",
    "parking_tolls": "7523",
    "public_transport": "4111",
    "taxi": "4121",
    "flights": "4511",
    "post_parcels": "4215",
    "electronics": "5732",
    "telecom": "4814",
    "digital": "4816",
    "leisure_goods": "5945",
    "garden_pets": "5261",
    "leisure": "7997",
    "books_paper": "5942",
    "travel": "4722",
    "education": "8299",
    "accommodation": "7011",
    "insurance": "6300",
    "personal_care": "7230",
    "personal_effects": "5944",
    "social": "8398",
    "services": "7299",
    "public_services": "9399",
    "general_shops": "5311",
    "movement": "4829",
}


@dataclass(frozen=True)
class Part:
    """Whose part of a line: from where to where in percent, so that the parts of two are the whole exactly."""

    from_percent: int = 0
    to_percent: int = 100

    @property
    def percent(self) -> int:
        return self.to_percent - self.from_percent

    def of(self, micrograms: int) -> int:
        """The part of a mass, a difference of two running shares; a refund's is its purchase's with a minus."""
        size = abs(micrograms)
        part = size * self.to_percent // 100 - size * self.from_percent // 100
        return part if micrograms >= 0 else -part


WHOLE = Part()


@dataclass(frozen=True)
class Purchase:
    """A movement of money as Forest takes it in, from a statement or from the wallet.

    `country` is where it was spent and `home` that of the account, where known. `source_line` is its place in the
    file, 0 for the wallet's; `account` tells the accounts of one file apart. `part` is the person's part of a shared
    account.
    """

    fingerprint: str
    booked_on: date
    amount_minor: int
    currency: str
    exponent: int
    text: str
    mcc: str | None
    country: str | None
    home: str | None = None
    source_line: int = 0
    account: str = ""
    part: Part = WHOLE


@dataclass(frozen=True)
class Weighed:
    """The engine's answer for one purchase. `reasons` are steps with a sentence and its values, to be put in words.

    `merchant` is the name that corrections go by; `corrected` says that one decided the category.
    """

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
    merchant: str
    corrected: bool


@dataclass(frozen=True)
class Group:
    """The sums of lines that share category, factor and direction: all that a total's interval needs."""

    category: str
    factor: str
    micrograms: int
    low_micrograms: int
    high_micrograms: int


def weigh(
    purchases: Sequence[Purchase], earlier: Sequence[Purchase] = (), corrections: Mapping[str, str] | None = None
) -> list[Weighed]:
    """Weigh one person's `purchases`; refunds among them may undo `earlier` ones.

    `corrections` maps merchants to the class that the person gave them.
    """
    said = corrections or {}
    payments = [_payment(each) for each in (*earlier, *purchases)]
    merchants = [_merchant(payment) for payment in payments]
    classes = [said.get(merchant) for merchant in merchants]
    assessment = assess(
        [
            replace(payment, mcc=_CODE_OF_CLASS[corrected]) if corrected else payment
            for payment, corrected in zip(payments, classes, strict=True)
        ]
    )
    weighed = [
        _weighed(footprint, assessment.book, merchant, corrected)
        for footprint, merchant, corrected in zip(assessment.footprints, merchants, classes, strict=True)
    ]
    return [_of_part(weight, each.part) for weight, each in zip(weighed[len(earlier) :], purchases, strict=True)]


def weigh_noted(purchase: Purchase, category: str) -> Weighed:
    """Weigh what a person wrote down by hand and gave its class: the text only tells the finer kind within it."""
    assessment = assess([replace(_payment(purchase), mcc=_CODE_OF_CLASS[category])])
    (footprint,) = assessment.footprints
    told = {"step": "category", "template": NOTED, "values": {"category": carbon.class_title(category)}}
    # No merchant: what she says of others does not change what she said of this.
    weighed = _weighed(footprint, assessment.book, "", None)
    reasons = [told if each["template"] == BY_MCC else each for each in weighed.reasons]
    return replace(weighed, reasons=reasons, corrected=True)


def own_item(purchase: Purchase) -> str:
    """What the engine takes the purchase for by itself, whatever the person has corrected."""
    return kind_of(_payment(purchase)).item


def correctable() -> list[str]:
    """The classes that a person can give a merchant."""
    return list(_CODE_OF_CLASS)


def notable() -> list[str]:
    """The classes of what can be written down by hand: something bought."""
    return [name for name in _CODE_OF_CLASS if name != "movement"]


def given_back(micrograms: int, paid_minor: int, before_minor: int, after_minor: int) -> int:
    """What a refund takes off a purchase's weight, when `before_minor` of what was paid had come back already.

    The difference of two running shares, so that refunds in parts add up to the whole without a remainder.
    """
    return micrograms * before_minor // paid_minor - micrograms * after_minor // paid_minor


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


def home_currency(country: str) -> str | None:
    """The currency of a country that the book has figures for."""
    book = carbon.load()
    return book.home_currency(country) if country in book.countries else None


def _merchant(payment: Payment) -> str:
    """The first words of the name behind a payment; the whole text where none is a name."""
    named = kind_of(payment).found.merchant
    return (" ".join(named) or " ".join(payment.text.casefold().split()))[: limits.MERCHANT_CHARACTERS_MAX]


def _payment(purchase: Purchase) -> Payment:
    return Payment(
        booked_on=purchase.booked_on,
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        exponent=purchase.exponent,
        text=purchase.text,
        mcc=purchase.mcc,
        country=purchase.country,
        home=purchase.home,
        account=purchase.account,
    )


def _weighed(footprint: Footprint, book: str, merchant: str, corrected: str | None) -> Weighed:
    reasons = [
        {"step": each.step, "template": each.template, "values": dict(each.values)} for each in footprint.reasons
    ]
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
        reasons=_as_corrected(reasons, corrected) if corrected else reasons,
        book=book,
        merchant=merchant,
        corrected=corrected is not None,
    )


def _of_part(weight: Weighed, part: Part) -> Weighed:
    if part == WHOLE or not weight.counted:
        return weight
    middle = part.of(weight.micrograms)
    return replace(
        weight,
        micrograms=middle,
        low_micrograms=min(middle, part.of(weight.low_micrograms)),
        high_micrograms=max(middle, part.of(weight.high_micrograms)),
        reasons=[*weight.reasons, {"step": "share", "template": SHARED, "values": {"percent": str(part.percent)}}],
    )


def _as_corrected(reasons: list[dict[str, Any]], category: str) -> list[dict[str, Any]]:
    """The chain with the person's word where the engine names the code that stood for it."""
    told = {"step": "category", "template": CORRECTED, "values": {"category": carbon.class_title(category)}}
    return [told if each["template"] == BY_MCC else each for each in reasons]
