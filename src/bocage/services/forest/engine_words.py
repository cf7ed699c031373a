"""The carbon engine's words in the person's language.

The engine speaks English in fixed sentences with {named} gaps. They stand here once more, so that `makemessages` finds
them; a test fails when the engine says something that is missing.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from bocage.engines import carbon
from bocage.shell.templatetags.shell import locale

# What Forest itself adds to the chain.
CORRECTED = _("You said that this merchant is: {category}.")
NOTED = _("You wrote it down by hand as: {category}.")
SHARED = _("{percent} % of it is yours, as you and who shares the account with you agreed.")
REFUNDED = _("Money came back: this share of the purchase's footprint goes with it.")
# What the chain of reasons says.
SENTENCES = (
    _("The text reads “{text}”."),
    _("It was paid through {intermediary}; the name behind it counts."),
    _("Merchant category code {mcc} ({description}) makes it {category}: {item}."),
    _("Merchant category code {mcc} is in no table; the text decides."),
    _("The rule “{pattern}” of book {book} makes it {category}: {item} (probability {probability})."),
    _("Within that class the rule “{pattern}” makes it {item}."),
    _("No rule of book {book} recognises it: an average euro of household spending stands in, with a wide interval."),
    _("The rule and the model of names together: probability {probability}."),
    _("The model of names of book {book} makes it {category}: {item} (probability {probability})."),
    _("The model of names speaks against the rule “{pattern}”."),
    _(
        "The model of names of book {book} is not sure, so its guess does not count: {category} (probability "
        "{probability})."
    ),
    _("Figures of {country}, the country given."),
    _("Figures of {country}, after the currency {currency}."),
    _("Paid in {currency}, so figures of {country} rather than of {home}."),
    _("There are no figures for {country} itself."),
    _("The file names no currency; {currency} of {country} is taken."),
    _("{currency} to {target} at {rate} a euro and {target_rate} a euro in {year} ({source})."),
    _("Exchange rates of {year} are not on record; those of {used} are used."),
    _("Price: {value} {unit} for {product} in {country}, {year} ({source}, {licence})."),
    _("That of {year} is the nearest price on record."),
    _("That price is carried from {year} to {target} by consumer prices: times {ratio}."),
    _("Value added tax of {percent} % is taken off, as the factor is at basic prices."),
    _("Deflated from {year} to {base} by the consumer prices of {country}: times {ratio} ({source})."),
    _(
        "Factor: {value} {unit}, {year}, {scope}; {boundary} ({source}, {locator}; licence {licence}; error: "
        "times or divided by {gsd} a standard deviation)."
    ),
    _("Times {level}: the level of independent sector factors of 2019 for this kind and country (EXIOBASE 3.8)."),
    _(
        "{percent} % of that price is what wholesale and retail trade take, which weighs {value} {unit}, not as the "
        "goods do ({source}, {locator})."
    ),
    _("The kind is not certain, so the error grows: times or divided by {gsd} a standard deviation."),
    _("That is {quantity} {unit}."),
    _("The effects at altitude are counted; without them it would be {kg} kg."),
    _("90 % interval from the errors of factor, price and category taken together: {low} to {high} kg."),
    _("Nothing is counted: {item}."),
    _("Nothing is counted: money came in, and no earlier purchase of these lines explains it as a refund."),
    _("A refund of the purchase of {date}: its footprint is taken back at the purchase's own rate."),
    _("A refund of a purchase outside these lines: its footprint is taken back at today's rate."),
    _("Nothing is counted: the same amount entered another of your accounts on {date}."),
    _("Nothing can be said: there is no exchange rate for {currency}. Give the country to name the currency."),
    _("Nothing is counted: the amount is zero."),
)
# The classes of spending.
CLASS_TITLES = (
    _("Food shops and supermarkets"),
    _("Alcohol and tobacco"),
    _("Restaurants, cafés and canteens"),
    _("Clothing and shoes"),
    _("Rent"),
    _("Building materials, repair and upkeep of the home"),
    _("Electricity, gas, heat and water"),
    _("Furniture and home textiles"),
    _("Household appliances"),
    _("Household goods, tools and cleaning"),
    _("Medicines and health products"),
    _("Care: doctors, dentists, hospitals"),
    _("Cars, motorcycles and bicycles"),
    _("Parts, repair and hire of vehicles"),
    _("Petrol and diesel"),
    _("Parking and tolls"),
    _("Bus, metro, tram, train, coach and ferry"),
    _("Taxis and rides"),
    _("Flights"),
    _("Post, parcels and removals"),
    _("Computers, phones and electronics"),
    _("Telephone and internet"),
    _("Software, streaming and digital media"),
    _("Toys, sport and hobby goods"),
    _("Garden, flowers and pets"),
    _("Sport, culture and outings"),
    _("Books, newspapers and stationery"),
    _("Package holidays and travel agencies"),
    _("Education"),
    _("Hotels and other stays"),
    _("Insurance"),
    _("Personal care"),
    _("Jewellery and personal effects"),
    _("Child care, care and giving"),
    _("Professional and other services"),
    _("Public offices, fees and fines"),
    _("General shops, department stores and marketplaces"),
    _("Unknown"),
    _("Money moved, nothing bought"),
)
# The finer kinds within them.
ITEM_TITLES = (
    _("agricultural co-operative"),
    _("hire of clothing"),
    _("antiques and reproductions"),
    _("welding"),
    _("hire of tools and equipment"),
    _("ambulance"),
    _("tyres"),
    _("hire of boats"),
    _("membership club"),
    _("copying and printing service"),
    _("cruise or passenger ship"),
    _("camp-site"),
    _("salvage yard"),
    _("food shop"),
    _("bakery"),
    _("butcher"),
    _("fishmonger"),
    _("dairy shop"),
    _("fruit and vegetables"),
    _("confectionery"),
    _("wine, beer and spirits"),
    _("tobacco"),
    _("restaurant, café or take-away"),
    _("clothing"),
    _("shoes"),
    _("laundry and dry cleaning"),
    _("second-hand goods"),
    _("rent"),
    _("building materials and upkeep"),
    _("electricity"),
    _("natural gas"),
    _("heating oil"),
    _("district heat"),
    _("energy supplier, kind not said"),
    _("water"),
    _("waste collection"),
    _("furniture"),
    _("home textiles"),
    _("household appliances"),
    _("repair of goods"),
    _("tableware and kitchen goods"),
    _("tools and hardware"),
    _("cleaning and household goods"),
    _("household services"),
    _("pharmacy"),
    _("doctors, dentists, opticians"),
    _("hospital"),
    _("vehicle"),
    _("bicycle"),
    _("vehicle parts"),
    _("vehicle repair"),
    _("vehicle hire, fuel not included"),
    _("petrol"),
    _("diesel"),
    _("fuel, kind not said: counted as petrol"),
    _("charging of an electric vehicle"),
    _("parking"),
    _("tolls"),
    _("metro or tram"),
    _("local bus"),
    _("urban transport, mode not said"),
    _("train"),
    _("international high-speed train"),
    _("long-distance coach"),
    _("ferry"),
    _("taxi or ride"),
    _("domestic flight"),
    _("short-haul flight abroad"),
    _("long-haul flight"),
    _("flight, distance not said"),
    _("post"),
    _("parcel and courier"),
    _("removal and storage"),
    _("electronics"),
    _("telephone and internet"),
    _("streaming and digital media"),
    _("software and online services"),
    _("toys, games and hobby goods"),
    _("sports goods"),
    _("garden goods"),
    _("flowers"),
    _("pets and their food"),
    _("veterinary care"),
    _("sport and leisure services"),
    _("cinema, theatre, concerts"),
    _("lotteries and betting"),
    _("books and newspapers"),
    _("stationery and printing"),
    _("package holiday or travel agency"),
    _("education"),
    _("hotel or other stay"),
    _("insurance premium"),
    _("care products"),
    _("hairdresser and beauty"),
    _("jewellery and watches"),
    _("bags and personal effects"),
    _("child care and care"),
    _("giving and associations"),
    _("professional and other services"),
    _("services to businesses"),
    _("public office or fee"),
    _("general shop or marketplace"),
    _("not recognised: average household spending"),
    _("fine: nothing produced"),
    _("tax"),
    _("transfer"),
    _("transfer between own accounts"),
    _("repayment of a card or credit: the purchases are counted where they were made"),
    _("repayment of a loan"),
    _("cash withdrawal: what it bought is not known here"),
    _("bank fee or interest"),
    _("savings or investment"),
    _("money received"),
    _("salary or pension"),
    _("benefit or public refund"),
    _("insurance payout"),
    _("wallet or prepaid card top-up: counted when it is spent"),
    _("cheque: what it paid is not known here"),
    _("refund"),
)
# The countries that there are figures for.
COUNTRY_TITLES = (
    _("France"),
    _("United Kingdom"),
    _("United States"),
    _("Germany"),
    _("Spain"),
    _("Italy"),
    _("Netherlands"),
    _("Belgium"),
    _("Switzerland"),
    _("China"),
    _("euro area (mean of FR, DE, ES, IT, NL, BE)"),
    _("world fallback"),
)
# What a factor covers.
SCOPES = (
    _("cradle to shelf"),
    _("scope 3"),
    _("scopes 1 and 3"),
    _("scopes 1 to 3"),
    _("scopes 2 and 3"),
)
# What is inside a factor.
BOUNDARIES = (
    _("all greenhouse gases, supply chain"),
    _("all greenhouse gases, supply chain with margins"),
    _("all greenhouse gases, supply chain, household combustion not included"),
    _("combustion and fuel supply (well to wheel), average biofuel blend of the United Kingdom"),
    _("combustion and fuel supply, burning oil"),
    _("combustion and supply, gross calorific value"),
    _("fuel and its supply, CO2e without the further effects at altitude, average passenger"),
    _("fuel, its supply and the warming effects at altitude beyond CO2 (factor 1.7 on CO2), average passenger"),
    _("heat delivered, fuel supply and 5 % distribution loss, United Kingdom mix"),
    _("heat delivered, mean of French networks, rounded"),
    _("life cycle of generation, production based, plus 7 % network losses"),
    _("mix of metro or tram and city bus (London bus; half electric in China)"),
    _("traction and station electricity"),
    _("traction electricity and its supply, London Underground"),
    _("traction electricity with 7 % losses, and diesel trains"),
    _("traction energy and its supply, Channel Tunnel trains"),
    _("traction energy and its supply, national rail"),
    _("vehicle energy and fuel supply, London bus"),
    _("vehicle energy and fuel supply, average local bus"),
    _("vehicle energy and fuel supply, coach"),
    _("vehicle energy and fuel supply, regular taxi, empty running not included"),
    _("vehicle energy; about half of the fleet electric; our estimate"),
)
# The prices that a money factor is for.
PRICE_BASES = (
    _("basic price"),
    _("purchaser's price"),
)
# Licences that are no names.
LICENCES = (
    _("US government work"),
    _("figures only"),
    _("reuse with source named"),
    _("CC0, our estimate"),
)
# Sources that are no titles of publications.
OWN_SOURCES = (
    _("Derived by the project from the figures its locator names"),
    _("World mean consumer prices of energy, rounded from public price surveys"),
    _("Typical fares and tariffs, read from public price lists and operators' reports"),
    _("European Central Bank"),
)
STEP_TITLES = {
    "text": _("What the line says"),
    "category": _("What it was for"),
    "kind": _("Whether it counts"),
    "country": _("Where"),
    "exchange": _("Exchange"),
    "price": _("Price"),
    "deflate": _("Money of that year"),
    "factor": _("Factor"),
    "quantity": _("Quantity"),
    "interval": _("How sure"),
    "refund": _("Refund"),
    "share": _("Your share"),
}
_PER_PERSON = _("passenger-km")
_NUMBER_CHARACTERS_MAX = 40


def class_title(category: str) -> str:
    """The class in words, in the language in force."""
    return gettext(carbon.class_title(category))


def countries() -> list[tuple[str, str]]:
    """The countries that the book has figures for: code and title, by title in the language in force."""
    return sorted(((code, gettext(title)) for code, title in carbon.countries()), key=lambda pair: pair[1])


def words(reason: Mapping[str, Any]) -> dict[str, str]:
    """One step of the chain in the language in force: `title` and `text`, and `url` of its source where it has one."""
    values = {name: _VALUE_WORDS.get(name, str)(value) for name, value in reason["values"].items()}
    said = {
        "title": gettext(STEP_TITLES.get(reason["step"], reason["step"])),
        "text": gettext(reason["template"]).format(**values),
    }
    if url := reason["values"].get("url"):
        said |= {"url": url, "source": reason["values"].get("short") or url}
    return said


def _number(value: str) -> str:
    try:
        exact = Decimal(value[:_NUMBER_CHARACTERS_MAX])
    except InvalidOperation:
        return value
    return str(format_decimal(exact, locale=locale(), decimal_quantization=False))


def _day(value: str) -> str:
    return str(format_date(date.fromisoformat(value), format="long", locale=locale()))


def _country(value: str) -> str:
    """A title, or a code such as a price is kept under."""
    titles = carbon.load().countries
    return gettext(titles[value][0] if value in titles else value)


def _boundary(value: str) -> str:
    """What a factor covers, and the prices it is for after the last comma."""
    inside, _comma, basis = value.rpartition(", ")
    return f"{gettext(inside)}, {gettext(basis)}" if basis in PRICE_BASES else gettext(value)


def _unit(value: str) -> str:
    return value.replace(_PER_PERSON, gettext(_PER_PERSON))


_VALUE_WORDS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("category", "item", "product", "scope", "licence", "source"), gettext),
    **dict.fromkeys(("country", "home"), _country),
    **dict.fromkeys(
        ("value", "rate", "target_rate", "ratio", "quantity", "low", "high", "kg", "gsd", "percent", "probability"),
        _number,
    ),
    "date": _day,
    "boundary": _boundary,
    "unit": _unit,
}
