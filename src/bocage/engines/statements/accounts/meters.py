"""Meters' CSV: consumption of a period, or a cumulative index whose differences are the consumption."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from bocage.engines.statements.types import FieldError, Limits, StatementError

from .tables import Rows, each_row, table
from .types import Consumption, MeterKind, TableMapping

type Unit = Literal["kWh", "m3", "L", "kg"]

KINDS: dict[str, MeterKind] = {
    **dict.fromkeys(("electricity", "electricite", "électricité", "elec", "strom", "power"), "electricity"),
    **dict.fromkeys(("gas", "gaz", "gaz naturel", "natural gas", "erdgas"), "gas"),
    **dict.fromkeys(("heating oil", "fioul", "fuel oil", "heizöl", "heating_oil", "oil"), "heating_oil"),
    **dict.fromkeys(
        ("heat", "district heat", "district_heat", "chaleur", "réseau de chaleur", "fernwärme"), "district_heat"
    ),
    **dict.fromkeys(("water", "eau", "wasser"), "water"),
    **dict.fromkeys(("propane", "propan", "lpg", "gpl"), "propane"),
}
UNITS: dict[str, tuple[Unit, Decimal]] = {
    "kwh": ("kWh", Decimal(1)),
    "mwh": ("kWh", Decimal(1000)),
    "m3": ("m3", Decimal(1)),
    "m³": ("m3", Decimal(1)),
    "l": ("L", Decimal(1)),
    "litres": ("L", Decimal(1)),
    "kg": ("kg", Decimal(1)),
    "t": ("kg", Decimal(1000)),
}
# What each kind is counted in; anything else is a mistake of columns.
ALLOWED: dict[MeterKind, tuple[Unit, ...]] = {
    "electricity": ("kWh",),
    "gas": ("kWh", "m3"),
    "heating_oil": ("L", "kWh"),
    "district_heat": ("kWh",),
    "water": ("m3",),
    "propane": ("kg", "kWh", "L"),
}
PERIOD_LIMIT = timedelta(days=800)


@dataclass(frozen=True, slots=True)
class _Reading:
    number: int
    meter: str
    kind: MeterKind
    on: date
    since: date | None
    value: Decimal
    unit: Unit


def read_meters(text: str, limits: Limits, mapping: TableMapping) -> list[Consumption]:
    """Every period that a meter counted. Raises `StatementError` naming line and column.

    With an index, a meter's first row begins its first period and an index that falls is refused: hand in the days
    before and after a change of meter under two names. Consumptions without a first day go from the row
    before, or are the month of their date.
    """
    rows = table(text, limits, mapping)
    by_index = mapping.index is not None
    if not by_index and mapping.quantity is None:
        raise StatementError("columns-unknown", "Neither index nor consumption has a column.", "Name one of them.")
    readings = each_row(rows, lambda number, cells: _reading(rows, number, cells, by_index=by_index))
    by_meter: dict[tuple[str, str], list[_Reading]] = {}
    for one in readings:
        by_meter.setdefault((one.meter, one.kind), []).append(one)
    found: list[Consumption] = []
    for group in by_meter.values():
        group.sort(key=lambda r: (r.on, r.number))
        found.extend(_differences(group) if by_index else _periods(group))
    if not found:
        raise StatementError("empty", "One reading of an index counts nothing: two are needed.", "Add an older one.")
    return sorted(found, key=lambda c: c.source_line)


def _reading(rows: Rows, number: int, cells: list[str], *, by_index: bool) -> _Reading:
    named = (rows.cell(cells, "kind") or rows.mapping.kind_is).strip().casefold()
    kind = KINDS.get(named)
    if kind is None:
        raise FieldError("kind-unknown", "kind", f"{named[:40]!r} is no energy that is known here.")
    said = (rows.cell(cells, "unit") or rows.mapping.unit_is).strip().casefold()
    unit, factor = UNITS.get(said, (None, Decimal(0)))
    if unit is None or unit not in ALLOWED[kind]:
        allowed = " or ".join(ALLOWED[kind])
        raise FieldError("unit-unknown", "unit", f"{said[:20]!r} is no unit of {kind}: {allowed} is.")
    value = rows.quantity(cells, "index" if by_index else "quantity") * factor
    if value < 0:
        raise FieldError("quantity-negative", "index" if by_index else "quantity", f"{value} is below zero.")
    since = rows.day(cells, "since") if rows.cell(cells, "since") else None
    return _Reading(number, rows.cell(cells, "meter")[:60], kind, rows.day(cells), since, value, unit)


def _differences(group: list[_Reading]) -> Iterable[Consumption]:
    for before, after in pairwise(group):
        if after.on == before.on:
            _refuse(after, "date", f"Meter {after.meter!r} was read twice on {after.on}.")
        if after.unit != before.unit:
            _refuse(after, "unit", f"Meter {after.meter!r} changes its unit.")
        if after.value < before.value:
            _refuse(after, "index", f"The index falls from {before.value} to {after.value}: was the meter changed?")
        # Read in the evening: the day after the last reading is the first one counted.
        yield _consumption(after, before.on + timedelta(days=1), after.on, after.value - before.value)


def _periods(group: list[_Reading]) -> Iterable[Consumption]:
    monthly = all(one.on.day == 1 and one.since is None for one in group)
    before: date | None = None
    for one in group:
        since, until = one.since, one.on
        if monthly:
            since, until = one.on, _last_of_month(one.on)
        elif since is None:
            since = before + timedelta(days=1) if before else one.on.replace(day=1)
        if since > until or (before is not None and since <= before):
            _refuse(
                one, "date", f"The period from {since} to {until} overlaps the one before or ends before it begins."
            )
        before = until
        yield _consumption(one, since, until, one.value)


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _consumption(one: _Reading, since: date, until: date, quantity: Decimal) -> Consumption:
    if until - since > PERIOD_LIMIT:
        _refuse(one, "date", f"The period from {since} to {until} is longer than {PERIOD_LIMIT.days} days.")
    return Consumption(one.number, one.meter, one.kind, since, until, quantity, one.unit)


def _refuse(one: _Reading, field: str, problem: str) -> None:
    raise StatementError(
        "reading-wrong", problem, "Correct the row and hand the file in again.", line=one.number, field=field
    )
