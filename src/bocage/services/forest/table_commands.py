"""`./bocage carbon compare` and `./bocage carbon import`: two books side by side, and figures from other tables."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bocage.engines import carbon as engine
from bocage.engines.carbon.compare import Change, Comparison
from bocage.engines.carbon.compare import compare as compare_books
from bocage.engines.carbon.tables import KINDS, TABLE_LIMIT_BYTES, take_in
from bocage.services.forest.footprint_command import Entry, Output, book_of, country_code, read_statements, stop

SHOWN_CHANGES = 200
TEXT_SHOWN_CHARACTERS = 40


def register(carbon: typer.Typer) -> None:
    """Add the commands beside the others of `./bocage carbon`."""
    carbon.command()(compare)
    carbon.command(name="import")(import_table)


def compare(
    old: Annotated[str, typer.Argument(help="A version of the book, such as 2026.1, or a folder.")],
    new: Annotated[str, typer.Argument(help="The version to compare it with, or a folder.")],
    files: Annotated[list[Path], typer.Argument(help="Bank statements, as for ./bocage footprint.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a changed line, then one with sums.")
    ] = False,
    country: Annotated[str, typer.Option(help="Where you live, such as FR; else the account or currency says.")] = "",
    currency: Annotated[str, typer.Option(help="The currency of files that name none, such as EUR.")] = "",
) -> None:
    """Weigh statements under two books and explain each difference; the sums are exact."""
    before, after = book_of(old), book_of(new)
    home = country_code(country, after)
    default = currency.upper() or (after.home_currency(home) if home and home in after.countries else "")
    entries, unread = read_statements(files, home, default)
    payments = [entry.payment for entry in entries]
    try:
        found = compare_books(engine.assess(payments, book=before), engine.assess(payments, book=after))
    except engine.CarbonError as error:
        stop(str(error))
    with Output() as out:
        _as_json(out, entries, found) if as_json else _as_table(out, entries, found)
    if unread:
        raise typer.Exit(1)


def import_table(
    table: Annotated[Path, typer.Argument(help="The table, a CSV in UTF-8.")],
    kind: Annotated[str, typer.Option("--as", help=f"What it is: {', '.join(KINDS)}.")],
    out: Annotated[Path, typer.Option(help="A new folder for the book with these figures in it.")],
    book: Annotated[str, typer.Option(help="The published book to begin from.")] = engine.LATEST,
    title: Annotated[str, typer.Option(help="The table's title and edition.")] = "",
    publisher: Annotated[str, typer.Option(help="Who published it.")] = "",
    year: Annotated[str, typer.Option(help="The year of publication.")] = "",
    url: Annotated[str, typer.Option(help="Where it is published.")] = "",
    licence: Annotated[str, typer.Option(help="Its licence; what is share-alike stays apart from the code.")] = "",
) -> None:
    """Take a table's figures into a book of your own: `./bocage footprint --book FOLDER` then weighs by them."""
    source = {"source": f"own_{kind.replace('-', '_')}", "short": publisher or title, "title": title}
    source |= {"publisher": publisher, "year": year, "url": url, "licence": licence}
    try:
        if book not in engine.versions():
            raise engine.CarbonError("book", f"{book!r} is not published; there are {', '.join(engine.versions())}.")
        with table.open("rb") as stream:
            content = stream.read(TABLE_LIMIT_BYTES + 1)
        taken = take_in(content, table.name, kind, source, base=engine.BOOKS / book, folder=out, version=out.name)
    except OSError as error:
        stop(f"{table}: cannot be read: {error.strerror or error}.")
    except engine.CarbonError as error:
        stop(str(error))
    typer.echo(f"{out}: book {book} with {taken.figures} figures of {table.name} in {taken.file}.")


def _as_json(out: Output, entries: list[Entry], found: Comparison) -> None:
    for change in found.changes:
        entry = entries[change.index]
        line: dict[str, engine.Json] = {"file": entry.file, "line": entry.line, "text": entry.payment.text}
        line |= {"cause": change.cause, "before": list(change.before), "after": list(change.after)}
        line |= {"old_kg": engine.kilograms(change.old_micrograms), "new_kg": engine.kilograms(change.new_micrograms)}
        out.line(engine.dumps(line))
    sums: dict[str, engine.Json] = {"old_book": found.old_book, "new_book": found.new_book}
    sums |= {"old_kg": engine.kilograms(found.old_micrograms), "new_kg": engine.kilograms(found.new_micrograms)}
    sums |= {"by_cause_kg": {cause: engine.kilograms(micrograms) for cause, micrograms in found.by_cause}}
    out.line(engine.dumps({"total": sums}))


def _as_table(out: Output, entries: list[Entry], found: Comparison) -> None:
    table = Table("Date", "Text", f"kg, {found.old_book}", f"kg, {found.new_book}", "Cause", "What the new book says")
    for change in found.changes[:SHOWN_CHANGES]:
        paid = entries[change.index].payment
        table.add_row(
            paid.booked_on.isoformat(),
            escape(" ".join(paid.text.split())[:TEXT_SHOWN_CHARACTERS]),
            f"{engine.kilograms(change.old_micrograms):.3f}",
            f"{engine.kilograms(change.new_micrograms):.3f}",
            change.cause,
            escape(_first(change)),
        )
    if found.changes:
        out.rich(table)
    more = len(found.changes) - SHOWN_CHANGES
    if more > 0:
        out.rich(f"and {more} more: --json shows all of them")
    difference = engine.kilograms(found.new_micrograms - found.old_micrograms)
    causes = ", ".join(f"{cause} {_signed(engine.kilograms(micrograms))}" for cause, micrograms in found.by_cause)
    out.rich(
        f"[bold]{found.old_book}: {engine.kilograms(found.old_micrograms):.3f} kg, {found.new_book}: "
        f"{engine.kilograms(found.new_micrograms):.3f} kg[/bold] ({_signed(difference)} kg in {len(found.changes)} of "
        f"{len(entries)} lines{': ' + causes if causes else ''})"
    )


def _first(change: Change) -> str:
    return next(iter(change.after), "the same words, other bounds")


def _signed(kg: Decimal) -> str:
    return f"{kg:+.3f}"
