"""A CSV of any accounts software: which of its columns holds what, as somebody of the company says."""

from dataclasses import asdict, dataclass
from typing import Any

from bocage.engines.statements import CsvMapping
from bocage.engines.statements.accounts import TableMapping
from bocage.services.forest.types import Columns

PAYMENTS, FUEL, METER = "payments", "fuel", "meter"


@dataclass(frozen=True)
class CompanyColumns(Columns):
    """What the table is, and its columns by their places from 0.

    `payments` need an amount, `fuel` a text (the product) and a quantity in litres, `meter` a quantity of `energy` in
    `unit`.
    """

    kind: str = PAYMENTS
    quantity: int | None = None
    energy: str = ""
    unit: str = ""


def mapping_of(columns: CompanyColumns) -> TableMapping | CsvMapping:
    """The columns as the readers take them."""
    if columns.kind == FUEL:
        return TableMapping(
            date=columns.date,
            product=columns.text,
            quantity=columns.quantity,
            amount=columns.amount,
            currency=columns.currency,
            unit_is="L",
        )
    if columns.kind == METER:
        return TableMapping(
            date=columns.date,
            meter=columns.text,
            quantity=columns.quantity,
            kind_is=columns.energy,
            unit_is=columns.unit,
        )
    return CsvMapping(
        date=columns.date,
        amount=columns.amount,
        debit=columns.debit,
        credit=columns.credit,
        text=() if columns.text is None else (columns.text,),
        currency=columns.currency,
        negate=columns.spent_is_positive,
    )


def as_kept(columns: CompanyColumns) -> dict[str, Any]:
    """The columns as the database keeps them."""
    return asdict(columns)


def kept(columns: dict[str, Any] | None) -> CompanyColumns | None:
    """The columns that were chosen, None where the file's own headings say it."""
    return CompanyColumns(**columns) if columns else None
