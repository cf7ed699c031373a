"""What goes into a company's inventory and what comes out: frozen values, whole micrograms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from bocage.engines.carbon.types import Interval

type Origin = Literal["meter", "fuel-card", "invoice", "ledger", "bank"]

# What one physical truth stands before another: a counted quantity, an invoice, an entry, a payment.
ORIGINS: tuple[Origin, ...] = ("meter", "fuel-card", "invoice", "ledger", "bank")
RECORDS_LIMIT = 400_000

# The GHG Protocol's categories of Scope 3 (Corporate Value Chain Standard, chapter 5), and the other two scopes.
CATEGORIES: Mapping[str, str] = {
    "1": "Scope 1: fuels burned and refrigerants lost",
    "2-location": "Scope 2: electricity and heat bought, location-based",
    "2-market": "Scope 2: electricity and heat bought, market-based",
    "3.1": "Purchased goods and services",
    "3.2": "Capital goods",
    "3.3": "Fuel- and energy-related activities",
    "3.4": "Upstream transportation and distribution",
    "3.5": "Waste generated in operations",
    "3.6": "Business travel",
    "3.7": "Employee commuting",
    "3.8": "Upstream leased assets",
    "3.9": "Downstream transportation and distribution",
    "3.10": "Processing of sold products",
    "3.11": "Use of sold products",
    "3.12": "End-of-life treatment of sold products",
    "3.13": "Downstream leased assets",
    "3.14": "Franchises",
    "3.15": "Investments",
}
# Nothing in accounts says what these weigh.
NOT_IN_ACCOUNTS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
BOTH_SCOPE_2 = ("2-location", "2-market")


@dataclass(frozen=True, slots=True)
class Record:
    """One thing a company's papers say: `amount_minor / 10**exponent` of `currency`, + for a cost.

    `quantity` of `unit` (L, kWh, m3, kg) where it was counted, from `since` to `on`. `gross_minor` is what was paid for
    the whole `document`, with VAT. `settles` marks the bank's side of the books: it weighs nothing and only says which
    lines of a statement the books know already.
    """

    origin: Origin
    file: str
    line: int
    on: date
    text: str = ""
    supplier: str = ""
    amount_minor: int = 0
    currency: str = "EUR"
    exponent: int = 2
    with_vat: bool = False
    account: str = ""
    account_title: str = ""
    product: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    kind: str = ""
    since: date | None = None
    document: str = ""
    reference: str = ""
    document_minor: int = 0
    gross_minor: int = 0
    mcc: str | None = None
    settles: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One link of the chain: a fixed English sentence with {named} gaps, and what fills them."""

    template: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return self.template.format(**dict(self.values))


@dataclass(frozen=True, slots=True)
class Part:
    """What a record weighs in one category; `errors` are (what errs, sigma of its logarithm)."""

    category: str
    micrograms: int
    errors: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A record, what it was taken for, and what it weighs; nothing where `why_not` says why it does not count.

    `net_minor` is the cost without VAT in `currency` cents that was counted; `energy_kwh` final energy, by net
    calorific value for fuels.
    """

    record: Record
    activity: str
    title: str
    parts: tuple[Part, ...]
    why_not: str
    by_quantity: bool
    net_minor: int
    energy_kwh: Decimal
    reasons: tuple[Reason, ...]

    @property
    def micrograms(self) -> int:
        """With electricity by location, so that nothing counts twice."""
        return sum(part.micrograms for part in self.parts if part.category != "2-market")


@dataclass(frozen=True, slots=True)
class Sum(Interval):
    """A sum with its 90 % interval, in micrograms."""

    micrograms: int = 0
    low_micrograms: int = 0
    high_micrograms: int = 0
    records: int = 0


@dataclass(frozen=True, slots=True)
class Supplier:
    """One supplier's part of the whole, heaviest first in an inventory; `activity` is what weighs most of it."""

    name: str
    total: Sum
    net_minor: int
    activity: str


@dataclass(frozen=True, slots=True)
class ActivityYear:
    """A year of one activity: what it weighed (location-based), cost without VAT, and used of `unit` where counted."""

    activity: str
    title: str
    category: str
    total: Sum
    net_minor: int
    energy_kwh: Decimal
    by_quantity_micrograms: int


@dataclass(frozen=True, slots=True)
class Left:
    """Records that count nothing, by reason."""

    reason: str
    records: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """A company's year: every sum with its interval, what was left out and why, and how good the data are.

    `location` and `market` are the whole footprint with Scope 2 by either method. `quality_percent`: the share of the
    location-based total that rests on counted quantities, on the kind of purchase named, and on money of unknown kind.
    """

    book: str
    begins: date
    ends: date
    country: str
    currency: str
    by_category: tuple[tuple[str, Sum], ...]
    scope_3: Sum
    location: Sum
    market: Sum
    months: tuple[tuple[str, int], ...]
    activities: tuple[ActivityYear, ...]
    suppliers: tuple[Supplier, ...]
    left_out: tuple[Left, ...]
    quality_percent: tuple[int, int, int]
    energy_kwh: tuple[tuple[str, Decimal], ...]
    contract_kg_a_kwh: Decimal | None
    weighed: tuple[Weighed, ...]

    def category(self, name: str) -> Sum:
        return dict(self.by_category).get(name, Sum())


@dataclass(frozen=True, slots=True)
class Contract:
    """A supply of electricity with guarantees of origin: `kg_a_kwh` of `share` (0 to 1) of what was used."""

    kg_a_kwh: Decimal = Decimal(0)
    share: Decimal = Decimal(1)
