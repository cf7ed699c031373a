"""The same inventory under the names that reporting standards give its figures.

ESRS E1-6: Commission Delegated Regulation (EU) 2023/2772, ESRS E1, paragraphs 44 to 55 and AR 39 to AR 55. VSME:
EFRAG's voluntary standard for non-listed SMEs (Commission Recommendation (EU) 2025/1710), Basic Module, B3, paragraphs
29 to 31. Tonnes with three decimals; a figure that the accounts cannot give is None, never 0.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from .spread import Adding
from .types import NOT_IN_ACCOUNTS, Inventory, Sum

TONNE_MICROGRAMS = Decimal(10) ** 12
STEP = Decimal("0.001")
ETS = "Percentage of Scope 1 GHG emissions from regulated emission trading schemes (%)"
SCOPE_3_NAMES = {
    "3.1": "1 Purchased goods and services",
    "3.2": "2 Capital goods",
    "3.3": "3 Fuel and energy-related Activities (not included in Scope 1 or Scope 2)",
    "3.4": "4 Upstream transportation and distribution",
    "3.5": "5 Waste generated in operations",
    "3.6": "6 Business traveling",
    "3.7": "7 Employee commuting",
    "3.8": "8 Upstream leased assets",
    "3.9": "9 Downstream transportation",
    "3.10": "10 Processing of sold products",
    "3.11": "11 Use of sold products",
    "3.12": "12 End-of-life treatment of sold products",
    "3.13": "13 Downstream leased assets",
    "3.14": "14 Franchises",
    "3.15": "15 Investments",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: the standard's own name, where it asks for it, value and 90 % interval in `unit`."""

    name: str
    reference: str
    unit: str
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    group: str = ""


def e1_6(inventory: Inventory, revenue_minor: int | None = None) -> tuple[Figure, ...]:
    """The table of ESRS E1 AR 48, then the intensity of paragraph 53 where the net revenue is known (cents).

    Paragraph 44 (a) to (d) names the four figures, 48 (a) and (b) those of Scope 1, 49 (a) and (b) the two of Scope 2,
    51 the significant categories of Scope 3, 52 (a) and (b) with the sums of AR 47 the two totals. What AR 48 also asks
    of a base year and of targets, and the reconciliation of paragraph 55, are for who writes the statement.
    """
    scope_1, scope_2 = "Scope 1 GHG emissions", "Scope 2 GHG emissions"
    scope_3, total = "Significant Scope 3 GHG emissions", "Total GHG emissions"
    rows = [
        _tonnes("Gross Scope 1 GHG emissions (tCO2eq)", "E1-6 §44(a), §48(a)", inventory.category("1"), scope_1),
        # Nothing in accounts says that an installation is in the EU ETS: it stays open.
        Figure(ETS, "E1-6 §48(b)", "%", None, group=scope_1),
        _tonnes(
            "Gross location-based Scope 2 GHG emissions (tCO2eq)",
            "E1-6 §49(a)",
            inventory.category("2-location"),
            scope_2,
        ),
        _tonnes(
            "Gross market-based Scope 2 GHG emissions (tCO2eq)", "E1-6 §49(b)", inventory.category("2-market"), scope_2
        ),
        _tonnes(
            "Total Gross indirect (Scope 3) GHG emissions (tCO2eq)", "E1-6 §44(c), §51", inventory.scope_3, scope_3
        ),
    ]
    for category, name in SCOPE_3_NAMES.items():
        if category in NOT_IN_ACCOUNTS:
            rows.append(Figure(name, "E1-6 §51", "tCO2eq", None, group=scope_3))
        else:
            rows.append(_tonnes(name, "E1-6 §51", inventory.category(category), scope_3))
    rows += [
        _tonnes("Total GHG emissions (location-based) (tCO2eq)", "E1-6 §44(d), §52(a)", inventory.location, total),
        _tonnes("Total GHG emissions (market-based) (tCO2eq)", "E1-6 §44(d), §52(b)", inventory.market, total),
    ]
    if revenue_minor:
        for method, whole in (("location-based", inventory.location), ("market-based", inventory.market)):
            name = f"Total GHG emissions ({method}) per net revenue (tCO2eq/Monetary unit)"
            rows.append(_per_revenue(name, "E1-6 §53", whole, revenue_minor, inventory.currency))
    return tuple(rows)


def vsme_b3(
    inventory: Inventory, revenue_minor: int | None = None, renewable_share: Decimal | None = None
) -> tuple[Figure, ...]:
    """B3 - Energy and greenhouse gas emissions. `renewable_share`: of the electricity, by contract (0 to 1).

    Paragraph 29: the total energy in MWh and the table of electricity and fuels by renewable, non-renewable and total,
    where that can be had; bought heat stands with electricity, as the table has no row for it. Paragraph 30 (a): Scope
    1, (b): Scope 2 by location; 31: both by turnover. Scope 3 may stand beside it (50 to 53): E1-6 has it by category.
    """
    energy = dict(inventory.energy_kwh)
    electricity = energy["electricity"] + energy["heat"]
    renewable = energy["electricity"] * renewable_share if renewable_share is not None else None
    group = "Energy consumption"
    scope_1 = inventory.category("1")
    scope_2 = inventory.category("2-location")
    both = _both(scope_1, scope_2, inventory)
    rows = [
        _mwh("Electricity (as reflected in utility billings), renewable", renewable, group),
        _mwh(
            "Electricity (as reflected in utility billings), non-renewable",
            # Of bought heat nobody says here what it was made from.
            None if renewable is None or energy["heat"] else electricity - renewable,
            group,
        ),
        _mwh("Electricity (as reflected in utility billings), total", electricity, group),
        _mwh("Fuels, renewable", None, group),
        _mwh("Fuels, non-renewable", None, group),
        _mwh("Fuels, total", energy["fuels"], group),
        _mwh("Total, renewable", None, group),
        _mwh("Total, non-renewable", None, group),
        _mwh("Total energy consumption", electricity + energy["fuels"], group),
        _tonnes("Scope 1 GHG emissions", "B3 §30(a)", scope_1, "Estimated greenhouse gas emissions"),
        _tonnes("Location-based Scope 2 GHG emissions", "B3 §30(b)", scope_2, "Estimated greenhouse gas emissions"),
    ]
    if revenue_minor:
        name = "GHG intensity (Scope 1 and location-based Scope 2 by turnover)"
        rows.append(_per_revenue(name, "B3 §31", both, revenue_minor, inventory.currency))
    return tuple(rows)


def _both(scope_1: Sum, scope_2: Sum, inventory: Inventory) -> Sum:
    """Scopes 1 and 2 together, with the errors that they share."""
    adding = Adding()
    for one in inventory.weighed:
        parts = [part for part in one.parts if part.category in {"1", "2-location"}]
        if parts:
            adding.add(parts)
    found = adding.done()
    if found.micrograms != scope_1.micrograms + scope_2.micrograms:
        raise AssertionError("Scopes 1 and 2 do not sum.")
    return found


def tonnes(micrograms: int) -> Decimal:
    """Tonnes with three decimals."""
    return (Decimal(micrograms) / TONNE_MICROGRAMS).quantize(STEP, ROUND_HALF_EVEN)


def _tonnes(name: str, reference: str, of: Sum, group: str) -> Figure:
    low, high = tonnes(of.low_micrograms), tonnes(of.high_micrograms)
    return Figure(name, reference, "tCO2eq", tonnes(of.micrograms), low, high, group)


def _mwh(name: str, kwh: Decimal | None, group: str) -> Figure:
    value = None if kwh is None else (kwh / 1000).quantize(STEP, ROUND_HALF_EVEN)
    return Figure(name, "B3 §29", "MWh", value, group=group)


def _per_revenue(name: str, reference: str, of: Sum, revenue_minor: int, currency: str) -> Figure:
    """tCO2eq for one unit of the currency, nine decimals."""
    revenue = Decimal(revenue_minor) / 100
    step = Decimal("0.000000001")
    value, low, high = (
        (Decimal(m) / TONNE_MICROGRAMS / revenue).quantize(step, ROUND_HALF_EVEN)
        for m in (of.micrograms, of.low_micrograms, of.high_micrograms)
    )
    return Figure(name, reference, f"tCO2eq/{currency}", value, low, high, "Intensity")
