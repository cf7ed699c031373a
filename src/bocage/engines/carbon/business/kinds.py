"""What a record is for: the quantity's own kind, else words of the account and text, else account or product, else
what the engine of payments reads in a bank's line, else unknown."""

from dataclasses import dataclass
from functools import lru_cache

from bocage.engines.carbon.assess import kind_of
from bocage.engines.carbon.book import Book
from bocage.engines.carbon.types import Payment

from .tables import Tables
from .types import Reason, Record

OTHER = "other"
# Sigma of the logarithm of a line put in the wrong kind, by what decided; about ln(gsd) for gsd 1.1, 1.3, 1.35, 1.5, 2.
SIGMA = {"quantity": 0.0, "product": 0.1, "account": 0.26, "words": 0.3, "bank": 0.4, "unknown": 0.69}
# Accounts that many use for several kinds: there the words decide, within what the account may hold.
OPEN_PREFIXES = frozenset(
    (
        *("60", "601", "602", "6022", "60221", "604", "606", "6061", "6063", "6068", "607"),
        *("61", "611", "612", "613", "615", "618", "62", "622", "624", "625", "6251", "626", "628", "215", "218"),
    )
)
BY_QUANTITY_KINDS = {
    "electricity": "electricity",
    "gas": "gas",
    "heating_oil": "heating_oil",
    "district_heat": "district_heat",
    "water": "water",
    "propane": "propane",
}

FROM_METER = "A meter counted {quantity} {unit} of {kind}."
FROM_CARD = "The fuel card counted {quantity} {unit} of {product}."
FROM_PRODUCT = "The invoice classifies it as UNSPSC {code}: {title}."
FROM_WORDS = "The words {words!r} say {activity}."
FROM_ACCOUNT = "Account {account} of the plan comptable général is {title}."
FROM_BANK = "The bank's text was read as {item} with probability {probability}."
FROM_NOTHING = "Nothing says what it is for."


@dataclass(frozen=True, slots=True)
class Found:
    """An activity, or "none:why" for what counts nothing; `by` decides how sure it is."""

    activity: str
    by: str
    reasons: tuple[Reason, ...]


def find(record: Record, tables: Tables, book: Book, country: str) -> Found:
    """What the record is for."""
    if record.origin == "meter":
        values = (("quantity", f"{record.quantity:f}"), ("unit", record.unit), ("kind", record.kind.replace("_", " ")))
        return Found(BY_QUANTITY_KINDS[record.kind], "quantity", (Reason(FROM_METER, values),))
    if record.origin == "fuel-card":
        return _of_card(record, tables)
    if record.account:
        return _of_account(record.account, record.account_title, record.text, record.supplier, tables)
    if record.product:
        known = tables.product(record.product)
        if known is not None:
            prefix, activity, title = known
            return Found(activity, "product", (Reason(FROM_PRODUCT, (("code", prefix), ("title", title))),))
    said = tables.by_words(record.text) or (tables.by_words(record.supplier) if record.supplier else None)
    if said is not None:
        return _by_words(said, tables)
    if record.origin == "bank":
        return _of_bank(record, tables, book, country)
    return Found(OTHER, "unknown", (Reason(FROM_NOTHING),))


def _of_card(record: Record, tables: Tables) -> Found:
    values = (("quantity", f"{record.quantity:f}"), ("unit", record.unit), ("product", record.text))
    told = (Reason(FROM_CARD, values),)
    if record.unit == "kWh":
        return Found("ev_charging", "quantity", told)
    said = tables.by_words(record.text)
    activity = said[1] if said and said[1] in {"diesel", "petrol", "propane", "heating_oil"} else "vehicle_fuel"
    return Found(activity, "quantity", told)


@lru_cache(maxsize=20_000)
def _of_account(account: str, title: str, text: str, supplier: str, tables: Tables) -> Found:
    known = tables.account(account)
    if known is None:
        return Found(OTHER, "unknown", (Reason(FROM_NOTHING),))
    prefix, activity, meaning = known
    told = Reason(FROM_ACCOUNT, (("account", account), ("title", meaning)))
    if activity.startswith("none:"):
        return Found(activity, "account", (told,))
    if prefix in OPEN_PREFIXES:
        # The account's own title first: it was chosen for all of its lines.
        said = tables.by_words(title) or tables.by_words(text) or tables.by_words(supplier)
        if said is not None and not said[1].startswith("none:") and _fits(prefix, said[1], tables):
            found = _by_words(said, tables)
            return Found(found.activity, "words", (told, *found.reasons))
    return Found(activity, "account", (told,))


def _fits(prefix: str, activity: str, tables: Tables) -> bool:
    """Words refine an account within what it may hold: energy in 6061, journeys in 625, no more than that."""
    kind = tables.activities[activity]
    if prefix.startswith(("6061", "6022")):
        return kind.route == "physical"
    if prefix.startswith("625"):
        return kind.category == "3.6" or activity in {"restaurant", "vehicle_fuel", "diesel", "petrol", "ev_charging"}
    if prefix.startswith("624"):
        return kind.category in {"3.4", "3.7"}
    if prefix.startswith(("613", "612")):
        return activity in {"rent_buildings", "rent_equipment"}
    if prefix.startswith("2"):
        return kind.category == "3.2"
    if prefix.startswith(("601", "602", "604", "607", "611", "615", "618", "622", "626", "628")):
        return kind.route == "money" and kind.category in {"3.1", "3.4", "3.5"}
    return True


def _by_words(said: tuple[str, str], tables: Tables) -> Found:
    words, activity = said
    known = tables.activities.get(activity)
    named = known.title if known else activity.removeprefix("none:")
    return Found(activity, "words", (Reason(FROM_WORDS, (("words", words), ("activity", named))),))


def _of_bank(record: Record, tables: Tables, book: Book, country: str) -> Found:
    text = record.text if record.supplier in record.text else f"{record.supplier} {record.text}"
    minor, currency = -record.amount_minor, record.currency
    payment = Payment(record.on, minor, currency, record.exponent, text[:4_000], record.mcc, country, country)
    kind = kind_of(payment, book=book)
    item = book.items[kind.item]
    values = (("item", item.title), ("probability", f"{kind.probability:f}"))
    told = (Reason(FROM_BANK, values),) if kind.by else (Reason(FROM_NOTHING),)
    if item.route == "none":
        activity = {"salary": "none:salaries", "tax": "none:taxes", "fee": "banking"}.get(kind.item, "none:transfer")
        return Found(activity, "bank", told)
    activity = tables.items.get(kind.item, OTHER)
    return Found(activity, "bank" if kind.by else "unknown", told)
