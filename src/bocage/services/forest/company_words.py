"""What the engine of companies' footprints says, listed so that it can be translated; a test holds it to the engine."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

CATEGORY_TITLES = {
    "1": _("Scope 1: fuels burned and refrigerants lost"),
    "2-location": _("Scope 2: electricity and heat bought, location-based"),
    "2-market": _("Scope 2: electricity and heat bought, market-based"),
    "3.1": _("Purchased goods and services"),
    "3.2": _("Capital goods"),
    "3.3": _("Fuel- and energy-related activities"),
    "3.4": _("Upstream transportation and distribution"),
    "3.5": _("Waste generated in operations"),
    "3.6": _("Business travel"),
    "3.7": _("Employee commuting"),
    "3.8": _("Upstream leased assets"),
    "3.9": _("Downstream transportation and distribution"),
    "3.10": _("Processing of sold products"),
    "3.11": _("Use of sold products"),
    "3.12": _("End-of-life treatment of sold products"),
    "3.13": _("Downstream leased assets"),
    "3.14": _("Franchises"),
    "3.15": _("Investments"),
}
ACTIVITIES = (
    _("diesel"),
    _("petrol"),
    _("vehicle fuel, kind not said: counted as diesel"),
    _("propane"),
    _("natural gas"),
    _("heating oil"),
    _("refrigerant R410A refilled"),
    _("refrigerant R32 refilled"),
    _("refrigerant R134a refilled"),
    _("refrigerant R404A refilled"),
    _("refrigerant R407C refilled"),
    _("electricity"),
    _("energy, kind not said: counted as electricity"),
    _("charging of electric vehicles"),
    _("district heat"),
    _("water"),
    _("train journeys"),
    _("flights"),
    _("taxi and hired cars with driver"),
    _("hotels"),
    _("travel of staff, kind not said"),
    _("commuting paid for staff"),
    _("restaurants and receptions"),
    _("catering"),
    _("raw materials, kind not said"),
    _("goods for resale, kind not said"),
    _("wood and boards"),
    _("iron and steel"),
    _("metal goods and hardware"),
    _("concrete and cement"),
    _("plastic goods"),
    _("chemicals"),
    _("paint and coatings"),
    _("food"),
    _("work clothes"),
    _("packaging"),
    _("paper"),
    _("printing"),
    _("office supplies"),
    _("cleaning products"),
    _("tools and small equipment"),
    _("subcontracted work, kind not said"),
    _("construction and building work"),
    _("upkeep of buildings"),
    _("repair and maintenance of equipment"),
    _("repair and maintenance of vehicles"),
    _("rent of buildings"),
    _("rent and leasing of equipment and vehicles"),
    _("insurance"),
    _("bank services"),
    _("temporary staff"),
    _("fees, advice, law and accounting"),
    _("studies and engineering"),
    _("advertising and fairs"),
    _("software and computer services"),
    _("telecommunications"),
    _("post and parcels"),
    _("road freight"),
    _("training"),
    _("cleaning services"),
    _("security services"),
    _("memberships and subscriptions"),
    _("tolls and parking"),
    _("waste collection and treatment"),
    _("computers and telephones"),
    _("furniture"),
    _("vehicles"),
    _("machinery and installations"),
    _("purchases, kind not said"),
)
MEASURES = (
    _("A heat pump instead of the boiler"),
    _(
        "All of the boiler's fuel (90 % of it becomes heat) by a heat pump with a seasonal factor of 3: 0.30 "
        "kWh of electricity at 0.20 a kWh for each kWh of fuel. 1.00 is invested for each kWh a year, for 17 "
        "years (assumptions)."
    ),
    _("Heating one degree lower"),
    _("One degree less takes about 7 % off (ADEME)."),
    _("Electric vehicles when the old ones go"),
    _(
        "7 L of diesel (69 kWh) or 20 kWh of electricity take a vehicle 100 km: 0.29 kWh at 0.20 for each kWh "
        "of fuel. 0.70 is invested more for each kWh a year, for 8 years (10,000 more for a van of 1,500 L a "
        "year; assumptions)."
    ),
    _("A course of economical driving"),
    _(
        "7 % less fuel after a course; 0.013 for each kWh a year is paid for it every 3 years (200 for a "
        "driver of 1,500 L; assumptions)."
    ),
    _("LED light and machines off at night"),
    _("15 % less electricity; 0.09 is invested for each kWh used a year, for 10 years (assumptions)."),
    _("Electricity with guarantees of origin"),
    _("Takes the market-based Scope 2 alone to nothing, not the location-based one: 0.01 more a kWh (assumption)."),
    _("Trains instead of half of the flights"),
    _("Half of the kilometres by train, which weighs some 6 % of a flight; the price is taken as equal (assumption)."),
    _("Computers and telephones kept five years instead of three"),
    _("What is kept five years instead of three is bought two fifths less often."),
    _("Deliveries put together"),
    _("One delivery in ten less (assumption)."),
    _("Vegetarian meals at receptions"),
    _(
        "A vegetarian diet weighs about half of one with meat (Scarborough and others, Nature Food 2023); "
        "three meals in five."
    ),
    _("Furniture, machines and tools mended and bought used"),
    _("A fifth is mended or bought used, at half the price (assumption)."),
)
LEFT_OUT = (
    _("it is of another year"),
    _("money that came in"),
    _("a meter counts it"),
    _("the fuel card counts it"),
    _("another file counts these days of the meter"),
    _("currency not on record"),
    _("the same invoice is there twice"),
    _("its invoice is there and says more"),
    _("the books know this payment"),
    _("another file holds the same line"),
    _("salaries"),
    _("taxes"),
    _("financial"),
    _("accounting"),
    _("exceptional"),
    _("transfer"),
    _("land"),
    _("deposit"),
)
FORMATS = {
    "fec": "FEC",
    "cii": "Factur-X",
    "ubl": "UBL",
    "fuel-card": _("fuel card"),
    "meter": _("meters"),
}


def said(english: str) -> str:
    """One of the engine's sentences in the reader's language."""
    return gettext(english)


def format_title(name: str) -> str:
    """What sort of file it is."""
    return gettext(FORMATS[name]) if name in FORMATS else name.upper()
