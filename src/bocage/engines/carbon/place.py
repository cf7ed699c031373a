"""Which country's figures a payment takes: the one given, else the account's, else the currency's; always said."""

from bocage.engines.carbon import reasons as said
from bocage.engines.carbon.book import EURO_AREA, WORLD, Book
from bocage.engines.carbon.reasons import reason
from bocage.engines.carbon.types import Payment, Reason

NO_CURRENCY = "X" * 3  # what ISO 4217 calls "no currency"
IBAN_SHORTEST_CHARACTERS = 15
_BY_CURRENCY = {
    "EUR": EURO_AREA,
    "GBP": "GB",
    "USD": "US",
    "CHF": "CH",
    "CNY": "CN",
    "DEM": "DE",
    "FRF": "FR",
    "NLG": "NL",
    "BEF": "BE",
    "ITL": "IT",
    "ESP": "ES",
}


def country_of_account(identifier: str | None) -> str | None:
    """The country of an IBAN, None for any other account number."""
    if identifier is None:
        return None
    compact = identifier.replace(" ", "").upper()
    if len(compact) < IBAN_SHORTEST_CHARACTERS or not (compact[:2].isalpha() and compact[2:4].isdigit()):
        return None
    return compact[:2] if compact.isascii() and compact.isalnum() else None


def place(payment: Payment, book: Book) -> tuple[str, str, tuple[Reason, ...]]:
    """Country of the book, currency (the country's where the file names none), and how they were found.

    A payment in the currency of another covered country than its `home` was made there; one in a currency of no
    covered country takes the world fallback.
    """
    given = payment.country or payment.home
    currency = payment.currency
    steps: list[Reason] = []
    covered = given is not None and given in book.countries
    if currency == NO_CURRENCY:
        if given is None or not covered:
            return WORLD, currency, ()
        currency = book.home_currency(given)
        title = book.countries[given][0]
        steps.append(reason("country", said.CURRENCY_ASSUMED, currency=currency, country=title))
    spent_in = _BY_CURRENCY.get(currency, WORLD)
    if given is None:
        title = book.countries[spent_in][0]
        steps.append(reason("country", said.COUNTRY_BY_CURRENCY, country=title, currency=currency))
        return spent_in, currency, tuple(steps)
    if not covered:
        # A country of the euro area that has no figures of its own is nearer to its neighbours than to the world.
        found = EURO_AREA if currency == "EUR" else spent_in
        steps.append(reason("country", said.COUNTRY_MISSING, country=given))
        steps.append(reason("country", said.COUNTRY_BY_CURRENCY, country=book.countries[found][0], currency=currency))
        return found, currency, tuple(steps)
    if payment.country is not None or _at_home(given, currency, spent_in, book):
        steps.append(reason("country", said.COUNTRY_GIVEN, country=book.countries[given][0]))
        return given, currency, tuple(steps)
    names = {"country": book.countries[spent_in][0], "currency": currency, "home": book.countries[given][0]}
    steps.append(reason("country", said.COUNTRY_ABROAD, **names))
    return spent_in, currency, tuple(steps)


def _at_home(country: str, currency: str, spent_in: str, book: Book) -> bool:
    return book.home_currency(country) == currency or spent_in == country
