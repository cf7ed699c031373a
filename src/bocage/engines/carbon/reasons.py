"""The sentences of the reason chain: fixed templates, so that a caller can translate them and fill in the values."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from bocage.engines.carbon.types import Reason

SIGNIFICANT_DIGITS = 4

READ = "The text reads “{text}”."
THROUGH = "It was paid through {intermediary}; the name behind it counts."
BY_MCC = "Merchant category code {mcc} ({description}) makes it {category}: {item}."
MCC_UNKNOWN = "Merchant category code {mcc} is in no table; the text decides."
BY_RULE = "The rule “{pattern}” of book {book} makes it {category}: {item} (probability {probability})."
REFINED = "Within that class the rule “{pattern}” makes it {item}."
NO_RULE = "No rule of book {book} recognises it: an average euro of household spending stands in, with a wide interval."
WEIGHED = "The rule and the model of names together: probability {probability}."
BY_MODEL = "The model of names of book {book} makes it {category}: {item} (probability {probability})."
AGAINST_RULE = "The model of names speaks against the rule “{pattern}”."
PERHAPS = (
    "The model of names of book {book} is not sure, so its guess does not count: {category} (probability "
    "{probability})."
)
COUNTRY_GIVEN = "Figures of {country}, the country given."
COUNTRY_BY_CURRENCY = "Figures of {country}, after the currency {currency}."
COUNTRY_ABROAD = "Paid in {currency}, so figures of {country} rather than of {home}."
COUNTRY_MISSING = "There are no figures for {country} itself."
CURRENCY_ASSUMED = "The file names no currency; {currency} of {country} is taken."
EXCHANGED = "{currency} to {target} at {rate} a euro and {target_rate} a euro in {year} ({source})."
FX_YEAR = "Exchange rates of {year} are not on record; those of {used} are used."
PRICE = "Price: {value} {unit} for {product} in {country}, {year} ({source}, {licence})."
PRICE_LATEST = "That of {year} is the nearest price on record."
PRICE_MOVED = "That price is carried from {year} to {target} by consumer prices: times {ratio}."
VAT = "Value added tax of {percent} % is taken off, as the factor is at basic prices."
DEFLATED = "Deflated from {year} to {base} by the consumer prices of {country}: times {ratio} ({source})."
FACTOR = (
    "Factor: {value} {unit}, {year}, {scope}; {boundary} ({source}, {locator}; licence {licence}; "
    "error: times or divided by {gsd} a standard deviation)."
)
LEVELLED = "Times {level}: the level of independent sector factors of 2019 for this kind and country (EXIOBASE 3.8)."
TRADE = (
    "{percent} % of that price is what wholesale and retail trade take, which weighs {value} {unit}, not as the goods "
    "do ({source}, {locator})."
)
EXTRA = "The kind is not certain, so the error grows: times or divided by {gsd} a standard deviation."
QUANTITY = "That is {quantity} {unit}."
ALTITUDE = "The effects at altitude are counted; without them it would be {kg} kg."
INTERVAL = "90 % interval from the errors of factor, price and category taken together: {low} to {high} kg."
NOTHING_BOUGHT = "Nothing is counted: {item}."
MONEY_IN = "Nothing is counted: money came in, and no earlier purchase of these lines explains it as a refund."
REFUND_MATCHED = "A refund of the purchase of {date}: its footprint is taken back at the purchase's own rate."
REFUND_ALONE = "A refund of a purchase outside these lines: its footprint is taken back at today's rate."
OWN_TRANSFER = "Nothing is counted: the same amount entered another of your accounts on {date}."
NO_RATE = "Nothing can be said: there is no exchange rate for {currency}. Give the country to name the currency."
ZERO = "Nothing is counted: the amount is zero."

TEMPLATES = tuple(value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str))


def reason(step: str, template: str, **values: str) -> Reason:
    return Reason(step, template, tuple(values.items()))


def shown(value: Fraction | Decimal | int, digits: int = SIGNIFICANT_DIGITS) -> str:
    """The number to a few significant digits, without an exponent."""
    exact = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(value)
    if exact == 0:
        return "0"
    step = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    rounded = exact.quantize(step, ROUND_HALF_EVEN)
    return format(rounded.normalize() if step < 1 else rounded.to_integral_value(), "f")
