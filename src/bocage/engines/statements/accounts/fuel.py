"""Fuel cards' CSV: a row a refuelling, in litres or (charging) kWh."""

from decimal import Decimal
from typing import Literal

from bocage.engines.statements.currencies import currency_code, exponent_of
from bocage.engines.statements.types import FieldError, Limits

from .tables import each_row, table
from .types import Refuelling, TableMapping

FILL_LIMIT = Decimal(20_000)
_UNITS: dict[str, Literal["L", "kWh"]] = {"": "L", "l": "L", "ltr": "L", "litre": "L", "litres": "L", "liter": "L"}
_UNITS |= {"kwh": "kWh"}


def read_fuel_card(text: str, limits: Limits, mapping: TableMapping, currency: str) -> list[Refuelling]:
    """Every refuelling; one wrong row refuses the file. Raises `StatementError` naming line and column."""
    rows = table(text, limits, mapping)

    def read(number: int, cells: list[str]) -> Refuelling:
        quantity = rows.quantity(cells, "quantity")
        if abs(quantity) > FILL_LIMIT:
            raise FieldError("quantity-too-large", "quantity", f"{quantity} is more than any tank takes.")
        product = rows.cell(cells, "product")
        if not product:
            raise FieldError("field-missing", "product", "What was filled is missing.")
        named = (rows.cell(cells, "unit") or mapping.unit_is).casefold()
        unit = _UNITS.get(named)
        if unit is None:
            raise FieldError("unit-unknown", "unit", f"{named[:20]!r} is neither litres nor kWh.")
        paid_in = currency_code(rows.cell(cells, "currency") or currency)
        amount = rows.money(cells, "amount", exponent_of(paid_in)) if rows.cell(cells, "amount") else None
        return Refuelling(
            source_line=number,
            filled_on=rows.day(cells),
            product=product[:120],
            quantity=quantity,
            unit=unit,
            amount_minor=amount,
            with_vat=mapping.with_vat,
            currency=paid_in,
            station=rows.cell(cells, "station")[:120],
            vehicle=rows.cell(cells, "vehicle")[:60],
        )

    return each_row(rows, read)
