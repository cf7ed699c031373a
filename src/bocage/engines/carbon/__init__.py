"""Carbon footprints of payments: a line in, kg CO2e with a 90 % interval and every reason out.

    from bocage.engines.carbon import Payment, assess, explain
    explain(Payment(date(2024, 5, 3), -5000, "EUR", text="TOTALENERGIES 75011 PARIS", country="FR"))

The way of a line: text, merchant category code and country -> item (`rules`, `place`) -> price of that year and
country, deflated and converted -> physical quantity where one exists -> kg (`rates`) -> sums (`totals`). Everything
that decides stands in a versioned `Book` of CSV files with a citation a line; arithmetic is exact integers of
micrograms. Plain Python: no Django, nothing else of Bocage; lines are taken by their shape (`Line`).
"""

from bocage.engines.carbon.assess import Kind, assess, explain, kind_of
from bocage.engines.carbon.book import BOOKS, LATEST, Book, class_title, countries, load, load_folder, versions
from bocage.engines.carbon.canonical import Json, assessment_digest, dumps, footprint_fields, total_fields
from bocage.engines.carbon.model import ABSTAINS_BELOW, Guess
from bocage.engines.carbon.place import country_of_account
from bocage.engines.carbon.rates import rate
from bocage.engines.carbon.reasons import TEMPLATES
from bocage.engines.carbon.totals import total
from bocage.engines.carbon.types import (
    Assessment,
    CarbonError,
    Footprint,
    Line,
    Payment,
    Rate,
    Reason,
    Total,
    kilograms,
    payment,
)

__all__ = [
    "ABSTAINS_BELOW",
    "BOOKS",
    "LATEST",
    "TEMPLATES",
    "Assessment",
    "Book",
    "CarbonError",
    "Footprint",
    "Guess",
    "Json",
    "Kind",
    "Line",
    "Payment",
    "Rate",
    "Reason",
    "Total",
    "assess",
    "assessment_digest",
    "class_title",
    "countries",
    "country_of_account",
    "dumps",
    "explain",
    "footprint_fields",
    "kilograms",
    "kind_of",
    "load",
    "load_folder",
    "payment",
    "rate",
    "total",
    "total_fields",
    "versions",
]
