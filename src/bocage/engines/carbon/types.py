"""What goes into the carbon engine and what comes out: plain frozen values, exact integers, one error."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Protocol

TEXT_LIMIT_CHARACTERS = 4_000
ACCOUNT_LIMIT_CHARACTERS = 100
AMOUNT_LIMIT_MINOR = 9 * 10**15
EXPONENT_LIMIT = 6
FIRST_YEAR = 1970
LAST_YEAR = 2100
MICROGRAMS_A_KILOGRAM = 10**9

NOTHING: Mapping[str, str] = MappingProxyType({})


class CarbonError(ValueError):
    """Something the engine cannot take: which `field`, what is wrong, and what to do next."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Line(Protocol):
    """A line of a statement, accepted by its shape: any object with these attributes will do."""

    @property
    def booked_on(self) -> date: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def exponent(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def counterparty(self) -> str | None: ...
    @property
    def mcc(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Payment:
    """One movement of money, `amount_minor / 10**exponent` of `currency`, + for money in.

    `country` is the ISO 3166-1 alpha-2 code of where it was spent, when known; `home` that of the account or its owner.
    `account` tells own accounts apart, so that a transfer between two of them is seen. Raises `CarbonError` for
    values outside the stated limits.
    """

    booked_on: date
    amount_minor: int
    currency: str
    exponent: int = 2
    text: str = ""
    mcc: str | None = None
    country: str | None = None
    home: str | None = None
    account: str = ""

    def __post_init__(self) -> None:
        check_text("text", self.text, TEXT_LIMIT_CHARACTERS)
        check_text("account", self.account, ACCOUNT_LIMIT_CHARACTERS)
        if not isinstance(self.booked_on, date) or not FIRST_YEAR <= self.booked_on.year <= LAST_YEAR:
            raise CarbonError("date", f"{self.booked_on!r} is not a day between {FIRST_YEAR} and {LAST_YEAR}.")
        if type(self.amount_minor) is not int or abs(self.amount_minor) > AMOUNT_LIMIT_MINOR:
            raise CarbonError("amount", f"{self.amount_minor!r} is not a whole number up to {AMOUNT_LIMIT_MINOR}.")
        if type(self.exponent) is not int or not 0 <= self.exponent <= EXPONENT_LIMIT:
            raise CarbonError("exponent", f"{self.exponent!r} is not a whole number from 0 to {EXPONENT_LIMIT}.")
        if not _is_code(self.currency, 3):
            raise CarbonError("currency", f"{self.currency!r} is not an ISO 4217 code such as EUR.")
        for field, country in (("country", self.country), ("home", self.home)):
            if country is not None and not _is_code(country, 2):
                raise CarbonError(field, f"{country!r} is not an ISO 3166-1 code such as FR.")
        if self.mcc is not None and not (len(self.mcc) == 4 and self.mcc.isascii() and self.mcc.isdigit()):
            raise CarbonError("mcc", f"{self.mcc!r} is not a merchant category code of four digits.")


def check_text(field: str, text: str, limit_characters: int) -> None:
    """Raise `CarbonError` where text is too long, holds a NUL or half a character that no file could write."""
    if not isinstance(text, str):
        raise CarbonError(field, f"{text!r} is not text.")
    if "\x00" in text:
        raise CarbonError(field, "a NUL character stands in it; remove it.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise CarbonError(field, "a lone surrogate stands in it, which is half a character; remove it.")
    if len(text) > limit_characters:
        raise CarbonError(field, f"{len(text)} characters, at most {limit_characters} are taken.")


def _is_code(value: object, length: int) -> bool:
    return isinstance(value, str) and len(value) == length and value.isascii() and value.isalpha() and value.isupper()


def payment(line: Line, *, account: str = "", country: str | None = None, home: str | None = None) -> Payment:
    """A statement's line as the engine takes it; the counterparty goes before the text unless the text names it."""
    text = line.text
    if line.counterparty and line.counterparty.casefold() not in text.casefold():
        text = f"{line.counterparty} {text}".strip()
    return Payment(
        booked_on=line.booked_on,
        amount_minor=line.amount_minor,
        currency=line.currency,
        exponent=line.exponent,
        text=text[:TEXT_LIMIT_CHARACTERS],
        mcc=line.mcc,
        country=country,
        home=home,
        account=account,
    )


@dataclass(frozen=True, slots=True)
class Reason:
    """One link of the chain: `template` is a fixed English sentence with {named} gaps, `values` fill it.

    Keeping the two apart lets a caller translate the sentence (`template` is one of `TEMPLATES`).
    """

    step: str
    template: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return self.template.format(**dict(self.values))


@dataclass(frozen=True, slots=True)
class Rate:
    """What one minor unit of money stands for: integers, so that lines add up and refunds cancel exactly.

    `low` and `high` bound 90 %. `factor` names what the error is shared with: two lines of one factor err together.
    """

    item: str
    factor: str
    micrograms_per_minor: int
    low_per_minor: int
    high_per_minor: int
    quantity_per_minor: Fraction | None
    unit: str
    without_altitude_per_minor: int | None
    reasons: tuple[Reason, ...]


class Interval:
    """kg CO2e of whole micrograms with their 90 % interval, `low <= kg <= high`, for whatever has the three."""

    __slots__ = ()

    micrograms: int
    low_micrograms: int
    high_micrograms: int

    @property
    def kg(self) -> Decimal:
        return kilograms(self.micrograms)

    @property
    def low(self) -> Decimal:
        return kilograms(self.low_micrograms)

    @property
    def high(self) -> Decimal:
        return kilograms(self.high_micrograms)


@dataclass(frozen=True, slots=True)
class Footprint(Interval):
    """A line's kg CO2e with its 90 % interval, `low <= kg <= high`; negative for a refund, 0 where nothing is bought.

    `category` is the class, `item` the finer kind, `probability` that the category is right (0 for "unknown").
    `quantity` of `unit` is the physical amount where there is one (L, kWh, passenger-km, km).
    `counted` is False where the line counts nothing; `assessed` is False where a figure is missing to say anything.
    """

    micrograms: int
    low_micrograms: int
    high_micrograms: int
    category: str
    item: str
    probability: Decimal
    factor: str
    quantity: Decimal | None
    unit: str
    counted: bool
    assessed: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Total(Interval):
    """Sums of lines: `micrograms` is exactly the sum of theirs; the counts say how far to trust it."""

    micrograms: int
    low_micrograms: int
    high_micrograms: int
    lines: int
    counted: int
    unknown: int
    not_assessed: int
    by_category: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Footprints in the order of the payments given, their total, and the total of each month ("2026-11")."""

    book: str
    footprints: tuple[Footprint, ...]
    total: Total
    months: tuple[tuple[str, Total], ...]


def kilograms(micrograms: int) -> Decimal:
    """Exact kg of integer micrograms, written without an exponent or trailing zeros."""
    return Decimal(micrograms).scaleb(-9)
