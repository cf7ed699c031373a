"""`./bocage carbon business FILES...`: a company's year by the GHG Protocol, without server or database."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bocage.engines.carbon import CarbonError
from bocage.engines.carbon.business import (
    CATEGORIES,
    NOT_IN_ACCOUNTS,
    Contract,
    Figure,
    Inventory,
    Record,
    Sum,
    Weighed,
    assess,
    e1_6,
    plan,
    vsme_b3,
)
from bocage.engines.statements import StatementError
from bocage.engines.statements.accounts import ACCOUNTS_LIMITS
from bocage.services.forest.company_papers import read_papers
from bocage.services.forest.footprint_command import Output, complain, stop

SUPPLIERS_SHOWN = 10
TONNE = Decimal(10) ** 12
CENTS_LIMIT = 10**17


def business(
    files: Annotated[list[Path], typer.Argument(help="FEC, invoices (Factur-X, UBL), fuel cards, meters, statements.")],
    year: Annotated[int, typer.Option(help="The financial year, such as 2025.", min=1990, max=2100)],
    begins: Annotated[
        str, typer.Option(help="Its first day, if not 1 January, in that year or before: 2025-07-01.")
    ] = "",
    country: Annotated[str, typer.Option(help="Where the company is, such as FR.")] = "FR",
    revenue: Annotated[str, typer.Option(help="Net revenue of the year, for the intensity.")] = "",
    contract: Annotated[str, typer.Option(help="Electricity by contract: kg a kWh and share, such as 0:1.")] = "",
    lines: Annotated[bool, typer.Option("--lines", help="Every line with its reasons too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON objects, a line each.")] = False,
) -> None:
    """A company's Scopes 1, 2 and 3 from its own papers, with 90 % intervals, suppliers, a plan, ESRS and VSME."""
    first = _first_day(year, begins)
    revenue_minor, supply = _revenue(revenue), _contract(contract)
    records, unread = _records(files)
    if unread:
        raise typer.Exit(1)
    try:
        found = assess(records, begins=first, country=country.upper(), contract=supply)
    except CarbonError as error:
        stop(str(error))
    renewable = supply.share if supply and supply.kg_a_kwh == 0 else None
    figures = (*e1_6(found, revenue_minor), *vsme_b3(found, revenue_minor, renewable))
    with Output() as out:
        if as_json:
            for row in _objects(found, figures, with_lines=lines):
                out.line(json.dumps(row, ensure_ascii=False))
            return
        out.rich(_scopes(found))
        out.rich(_suppliers(found))
        out.rich(_measures(found))
        out.rich(_figures(figures))
        if lines:
            for one in found.weighed:
                where = f"{one.record.file}, line {one.record.line}"
                out.rich(f"[b]{escape(where)}[/b] {escape(one.title)} {one.micrograms / 10**9:.1f} kg {one.why_not}")
                for reason in one.reasons:
                    out.rich(f"  {escape(reason.text)}")


def _records(files: list[Path]) -> tuple[list[Record], bool]:
    """All records; a file that cannot be read is one complaint and stops the whole."""
    records: list[Record] = []
    unread = False
    for file in files:
        try:
            with file.open("rb") as stream:
                data = stream.read(ACCOUNTS_LIMITS.size_bytes + 1)
            papers = read_papers(data, name=file.name, currency="EUR")
        except OSError as error:
            complain(f"{file}: cannot be read: {error.strerror or error}.")
            unread = True
            continue
        except StatementError as error:
            complain(str(error))
            unread = True
            continue
        for note in papers.notes:
            complain(f"{file.name}: {note}")
        records += papers.records
    return records, unread


def _first_day(year: int, begins: str) -> date:
    if not begins:
        return date(year, 1, 1)
    try:
        first = date.fromisoformat(begins)
    except ValueError:
        stop(f"--begins {begins!r} is not a day such as 2025-07-01.")
    # Twelve months are named after the year that they begin or end in.
    if first.year != year and not (first.year == year - 1 and first > date(first.year, 1, 1)):
        stop(f"--begins {begins} and --year {year} do not agree: such a year neither begins nor ends in {year}.")
    return first


def _revenue(text: str) -> int | None:
    if not text:
        return None
    try:
        minor = Decimal(text) * 100
        if not 0 < minor < CENTS_LIMIT:
            raise InvalidOperation
    except InvalidOperation:
        stop(f"--revenue {text!r} is not a sum of money such as 1200000.")
    return int(minor)


def _contract(text: str) -> Contract | None:
    if not text:
        return None
    kg, _, share = text.partition(":")
    try:
        found = Contract(Decimal(kg), Decimal(share or "1"))
    except InvalidOperation:
        found = Contract(Decimal(-1))
    if not (0 <= found.kg_a_kwh <= 3 and 0 <= found.share <= 1):
        stop(f"--contract {text!r} is not kg a kWh and a share from 0 to 1, such as 0:1.")
    return found


def _tonnes(of: Sum) -> tuple[str, str]:
    value, low, high = (Decimal(m) / TONNE for m in (of.micrograms, of.low_micrograms, of.high_micrograms))
    return f"{value:,.2f}", f"{low:,.2f} to {high:,.2f}"


def _scopes(found: Inventory) -> Table:
    table = Table("Category", "t CO2e", "90 % between", "Lines", title=f"{found.begins} to {found.ends}, {found.book}")
    for name, of in found.by_category:
        if name in NOT_IN_ACCOUNTS:
            table.add_row(f"{name} {CATEGORIES[name]}", "[dim]not in accounts[/dim]", "", "")
        else:
            title = CATEGORIES[name] if name[0] != "3" else f"{name} {CATEGORIES[name]}"
            table.add_row(title, *_tonnes(of), str(of.records))
    for title, of in (("Whole, location-based", found.location), ("Whole, market-based", found.market)):
        table.add_row(f"[b]{title}[/b]", *_tonnes(of), str(of.records))
    for left in found.left_out:
        table.add_row(f"[dim]left out: {left.reason}[/dim]", "", "", f"[dim]{left.records}[/dim]")
    counted, known, unknown = found.quality_percent
    table.caption = (
        f"{counted} % by counted quantities, {known} % by money of a known kind, {unknown} % of unknown kind."
    )
    return table


def _suppliers(found: Inventory) -> Table:
    table = Table("Supplier", "t CO2e", "90 % between", "Cost without VAT", "Mostly")
    for each in found.suppliers[:SUPPLIERS_SHOWN]:
        cost = f"{Decimal(each.net_minor) / 100:,.2f} {found.currency}"
        table.add_row(escape(each.name), *_tonnes(each.total), cost, each.activity)
    return table


def _measures(found: Inventory) -> Table:
    table = Table("Measure", "less kg a year", "invested", "cost a year", "paid back in")
    for each in plan(found):
        cost = "not known" if each.cost_minor is None else f"{Decimal(each.cost_minor) / 100:,.0f} {found.currency}"
        years = f"{each.payback_years} years" if each.payback_years is not None else ""
        invest = f"{Decimal(each.invest_minor) / 100:,.0f} {found.currency}"
        table.add_row(each.measure.title, f"{each.micrograms / 10**9:,.0f}", invest, cost, years)
    return table


def _figures(figures: tuple[Figure, ...]) -> Table:
    table = Table("Figure", "By", "Value", "90 % between", title="ESRS E1-6 and VSME B3")
    for each in figures:
        value = "[dim]open[/dim]" if each.value is None else f"{each.value:f}"
        between = f"{each.low:f} to {each.high:f}" if each.low is not None else ""
        table.add_row(each.name, each.reference, value, between)
    return table


def _objects(found: Inventory, figures: tuple[Figure, ...], *, with_lines: bool) -> Iterator[dict[str, Any]]:
    for name, of in found.by_category:
        known = name not in NOT_IN_ACCOUNTS
        yield {"category": name, "title": CATEGORIES[name], **_sum(of if known else None)}
    for supplier in found.suppliers:
        cost = f"{Decimal(supplier.net_minor) / 100:f}"
        yield {"supplier": supplier.name, **_sum(supplier.total), "cost": cost, "activity": supplier.activity}
    for change in plan(found):
        yield {
            "measure": change.measure.slug,
            "title": change.measure.title,
            "kg": f"{Decimal(change.micrograms).scaleb(-9):f}",
            "invested": f"{Decimal(change.invest_minor) / 100:f}",
            "cost": None if change.cost_minor is None else f"{Decimal(change.cost_minor) / 100:f}",
            "payback_years": None if change.payback_years is None else f"{change.payback_years:f}",
            "says": change.measure.says,
        }
    for left in found.left_out:
        yield {"left_out": left.reason, "lines": left.records}
    for figure in figures:
        values = {n: None if v is None else f"{v:f}" for n, v in (("value", figure.value), ("low", figure.low))}
        high = None if figure.high is None else f"{figure.high:f}"
        yield {"figure": figure.name, "reference": figure.reference, "unit": figure.unit, **values, "high": high}
    if with_lines:
        yield from (_line(one) for one in found.weighed)
    yield {
        "total": "location-based",
        **_sum(found.location),
        "market_kg": f"{found.market.kg:f}",
        "book": found.book,
        "quality_percent": list(found.quality_percent),
    }


def _line(one: Weighed) -> dict[str, Any]:
    return {
        "file": one.record.file,
        "line": one.record.line,
        "date": one.record.on.isoformat(),
        "text": one.record.text,
        "activity": one.activity,
        "left_out": one.why_not or None,
        "parts": {part.category: f"{Decimal(part.micrograms).scaleb(-9):f}" for part in one.parts},
        "reasons": [reason.text for reason in one.reasons],
    }


def _sum(of: Sum | None) -> dict[str, Any]:
    if of is None:
        return {"kg": None, "low": None, "high": None, "lines": 0}
    return {"kg": f"{of.kg:f}", "low": f"{of.low:f}", "high": f"{of.high:f}", "lines": of.records}
