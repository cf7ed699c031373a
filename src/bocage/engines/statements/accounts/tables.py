"""CSV files of fuel cards and meters: which column holds what, by its heading in English, French or German."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from bocage.engines.statements.amounts import decimal_sign, parse_amount
from bocage.engines.statements.csv_names import heading
from bocage.engines.statements.csv_shape import DELIMITERS, Row, cut
from bocage.engines.statements.dates import date_order, looks_like_date, parse_date
from bocage.engines.statements.types import AMOUNT_LIMIT_MINOR, Column, DateOrder, FieldError, Limits, StatementError

from .types import QUANTITY_LIMIT, TableMapping, TablePreview

PREVIEW_ROWS = 8
PREVIEW_CHARACTERS = 80
COLUMNS_LIMIT = 60
_ADVICE = "Say which column holds what, or export the file as CSV with headings."

_COMMON = {
    "date": "date datetransaction transactiondate dateoperation datum buchungsdatum dateheure readingdate datereleve "
    "datedereleve ablesedatum datedebut jour day to until datefin enddate fin bis tankdatum dateplein",
    "unit": "unit unite einheit uom",
    "vehicle": "vehicle vehicule immatriculation plate registration kennzeichen carte card cardnumber numerocarte "
    "numcarte kartennummer fahrzeug",
}
_FUEL = _COMMON | {
    "quantity": "quantity quantite litres liters litre volume volumel menge quantitel qte liter mengeliter "
    "quantitelitres volumelitres",
    "product": "product produit carburant fuel article produkt kraftstoff energie libelleproduit typecarburant",
    "amount": "amount montant montantttc total totalttc betrag bruttobetrag gross grossamount amountinclvat prixttc "
    "montantht totalht nettobetrag netamount amountexclvat",
    "currency": "currency devise wahrung waehrung",
    "station": "station site lieu stationservice merchant marchand tankstelle place",
}
_METER = _COMMON | {
    "meter": "meter compteur pdl prm pce pod pointdelivraison pointdemesure zahler zaehler meterid site numerocompteur",
    "kind": "kind energy energie fluide type fluid medium energiemedium commodity typeenergie",
    "index": "index releve indexreleve reading zahlerstand zaehlerstand meterreading cumul cumulativeindex",
    "quantity": "consumption consommation conso quantity quantite verbrauch usage kwh consokwh consommationkwh "
    "consumptionkwh consommationm3 consumptionm3 volume",
    "since": "from since du debut datedebut startdate von start",
}
_WITHOUT_VAT = frozenset(("montantht", "totalht", "nettobetrag", "netamount", "amountexclvat"))
_NAMED_UNITS = {
    **dict.fromkeys(("kwh", "consokwh", "consommationkwh", "consumptionkwh"), "kWh"),
    **dict.fromkeys(("consommationm3", "consumptionm3"), "m3"),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """A CSV's rows under its headings, with what reading a column as a whole decides: day order and decimal sign."""

    rows: list[Row]
    places: Mapping[str, int]
    mapping: TableMapping
    order: DateOrder
    decimal: Literal[".", ","]

    def cell(self, cells: list[str], name: str) -> str:
        at = self.places.get(name)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    def day(self, cells: list[str], name: str = "date") -> date:
        return parse_date(self.cell(cells, name), self.order, name)

    def quantity(self, cells: list[str], name: str) -> Decimal:
        """An amount of anything; `FieldError` when it is none, or beyond what any company uses."""
        units, decimals = parse_amount(self.cell(cells, name), self.decimal, name)
        value = Decimal(units).scaleb(-decimals)
        if abs(value) > QUANTITY_LIMIT:
            raise FieldError("quantity-too-large", name, f"{value} is too large.")
        return value

    def money(self, cells: list[str], name: str, exponent: int) -> int:
        units, decimals = parse_amount(self.cell(cells, name), self.decimal, name)
        minor = Decimal(units).scaleb(exponent - decimals)
        if abs(minor) > AMOUNT_LIMIT_MINOR:
            raise FieldError("amount-too-large", name, f"{self.cell(cells, name)[:40]!r} is too large.")
        return int(minor.to_integral_value())


def preview_table(text: str, limits: Limits) -> TablePreview:
    """The first rows, and what the headings say that they are. Raises `StatementError` for what is no table."""
    delimiter, rows = _cut(text, limits)
    head = rows[0][1]
    kind, mapping = _guess(head)
    shown = tuple(
        tuple(c.strip()[:PREVIEW_CHARACTERS] for c in cells[:COLUMNS_LIMIT]) for _, cells in rows[:PREVIEW_ROWS]
    )
    return TablePreview(kind, delimiter, shown, mapping)


def table(text: str, limits: Limits, mapping: TableMapping) -> Rows:
    """The rows below any headings, columns placed. Raises `StatementError` where a column named is not there."""
    _, rows = _cut(text, limits)
    number, head = rows[0]
    places: dict[str, int] = {}
    for field in fields(TableMapping):
        column = getattr(mapping, field.name)
        if field.name.endswith("_is") or isinstance(column, bool) or column is None:
            continue
        places[field.name] = _place(column, head, number, field.name)
    # Columns told by their places may be of a table without headings: its first row counts too.
    first = head[places["date"]] if "date" in places else ""
    body = rows if looks_like_date(first) else rows[1:]
    if not body:
        raise StatementError("empty", "The table has headings and no row.", _ADVICE, line=number)
    if len(body) > limits.lines:
        raise StatementError("too-many-lines", f"There are more than {limits.lines:,} rows.", _ADVICE)
    dates = [cells[places["date"]] for _, cells in body if places["date"] < len(cells)]
    order, _sure = date_order(dates, "dmy")
    counted = [at for name in ("quantity", "index", "amount") if (at := places.get(name)) is not None]
    numbers = [cells[at] for at in counted for _, cells in body if at < len(cells)]
    decimal, _sure = decimal_sign(numbers)
    return Rows(body, places, mapping, order, decimal or ".")


def each_row[T](rows: Rows, read: Callable[[int, list[str]], T | None]) -> list[T]:
    """Every row read; the first that cannot be is the one error. Rows that are empty or read as None are left out."""
    found: list[T] = []
    for number, cells in rows.rows:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            one = read(number, cells)
        except FieldError as error:
            problem = error.problem
            raise StatementError(error.code, problem, _ADVICE, line=number, field=error.field) from None
        if one is not None:
            found.append(one)
    if not found:
        raise StatementError("empty", "There is no row to read.", _ADVICE)
    return found


def _cut(text: str, limits: Limits) -> tuple[str, list[Row]]:
    """The delimiter that gives most columns in the first rows, and the rows that are not blank."""
    head = text[:20_000]
    best = max(DELIMITERS, key=lambda sign: min((line.count(sign) for line in head.split("\n")[:2] if line), default=0))
    rows, broken = cut(text, best, limits)
    if broken:
        line, error = broken[0]
        raise StatementError(error.code, error.problem, _ADVICE, line=line, field=error.field)
    rows = [(number, cells) for number, cells in rows if any(cell.strip() for cell in cells)]
    if not rows:
        raise StatementError("empty", "The file holds no row.", _ADVICE)
    if len(rows[0][1]) < 2 or len(rows[0][1]) > COLUMNS_LIMIT:
        problem = f"The first row has {len(rows[0][1])} columns; from 2 to {COLUMNS_LIMIT} are read."
        raise StatementError("columns-unknown", problem, _ADVICE, line=rows[0][0])
    return best, rows


def _place(column: Column, head: list[str], number: int, name: str) -> int:
    if isinstance(column, int):
        if 0 <= column < len(head):
            return column
        problem = f"There is no column {column}; they count from 0 to {len(head) - 1}."
        raise StatementError("columns-unknown", problem, _ADVICE, line=number, field=name)
    wanted = heading(column)[0]
    for at, cell in enumerate(head):
        if cell.strip() == column or heading(cell)[0] == wanted:
            return at
    problem = f"There is no column {column[:40]!r}."
    raise StatementError("columns-unknown", problem, _ADVICE, line=number, field=name)


def _guess(head: list[str]) -> tuple[Literal["fuel-card", "meter"] | None, TableMapping | None]:
    """What the headings say: a fuel card names product and quantity, a meter its kind or index."""
    fuel, meter = _named(head, _FUEL), _named(head, _METER)
    if {"date", "quantity", "product"} <= fuel.keys() and "index" not in meter:
        with_vat = heading(head[fuel["amount"]])[0] not in _WITHOUT_VAT if "amount" in fuel else True
        return "fuel-card", _mapped(fuel, with_vat=with_vat)
    if "date" in meter and ("index" in meter or "quantity" in meter) and ("kind" in meter or "meter" in meter):
        quantity = meter.get("quantity", meter.get("index", 0))
        unit_is = _NAMED_UNITS.get(heading(head[quantity])[0], "") if "unit" not in meter else ""
        if "kind" in meter or unit_is == "kWh":
            kind_is = "" if "kind" in meter else "electricity"
            return "meter", _mapped(meter, unit_is=unit_is, kind_is=kind_is)
    return None, None


def _mapped(places: dict[str, int], *, with_vat: bool = True, unit_is: str = "", kind_is: str = "") -> TableMapping:
    columns: dict[str, Any] = dict(places)
    return TableMapping(**columns, with_vat=with_vat, unit_is=unit_is, kind_is=kind_is)


def _named(head: list[str], names: Mapping[str, str]) -> dict[str, int]:
    """The place of each role's best heading; a column has one role."""
    folded = [heading(cell)[0] for cell in head]
    found: dict[str, int] = {}
    for role, known in names.items():
        taken = set(found.values())
        place = next((folded.index(n) for n in known.split() if n in folded and folded.index(n) not in taken), None)
        if place is not None:
            found[role] = place
    return found
