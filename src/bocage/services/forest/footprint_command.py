"""`./bocage footprint FILE...` and `./bocage carbon ...`: the carbon engine from the shell, with no database."""

import csv
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bocage.engines import carbon as engine
from bocage.engines.statements import Limits, Statement, StatementError, read

GRAMS_A_KILOGRAM = 1000
MICROGRAMS_A_GRAM = 10**6
PIPE_WIDTH_CHARACTERS = 160
BAR_CHARACTERS = 40
TEXT_SHOWN_CHARACTERS = 40
CSV_LIMIT_BYTES = 50_000_000
CSV_LIMIT_ROWS = 1_000_000
DELIMITERS = (",", ";", "\t", "|")
# 1,250 may be a thousand, so that one or two digits after the comma are asked for.
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d{1,2}")
AMOUNT_LIMIT_DIGITS = 12
CSV_COLUMNS = ("date", "amount", "currency", "merchant")

carbon = typer.Typer(name="carbon", help="Categories and classes of the carbon engine.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line read from a file, with where it stands."""

    file: str
    line: int
    payment: engine.Payment


def footprint(
    files: Annotated[list[Path], typer.Argument(help="Bank statements: MT940, CAMT, OFX, QIF or a bank's CSV.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, then one with the total.")] = False,
    country: Annotated[str, typer.Option(help="Where you live, such as FR; else the account or currency says.")] = "",
    currency: Annotated[str, typer.Option(help="The currency of files that name none, such as EUR.")] = "",
    book: Annotated[
        str, typer.Option(help="The version of factors, prices and rules, or a folder with your own.")
    ] = engine.LATEST,
) -> None:
    """Show the carbon footprint of bank statements, line by line, with its 90 % interval and its reasons."""
    used = book_of(book)
    home = country_code(country, used)
    default = currency.upper() or (used.home_currency(home) if home and home in used.countries else "")
    entries, unread = read_statements(files, home, default)
    if unread and not entries:
        raise typer.Exit(1)
    try:
        assessment = engine.assess([entry.payment for entry in entries], book=used)
    except engine.CarbonError as error:
        stop(str(error))
    with Output() as out:
        if as_json:
            _print_json(out, entries, assessment)
        else:
            _print_table(out, entries, assessment, used)
    if unread:
        raise typer.Exit(1)


def book_of(named: str) -> engine.Book:
    """The published book of that version, or the one in a folder of that name (a city's own)."""
    try:
        folder = Path(named)
        return engine.load_folder(folder, folder.name) if folder.is_dir() else engine.load(named)
    except engine.CarbonError as error:
        stop(str(error))


@carbon.command()
def categorise(
    file: Annotated[Path, typer.Argument(help="CSV with date, amount, currency, merchant, perhaps mcc and country.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
    book: Annotated[str, typer.Option(help="The version of the rules.")] = engine.LATEST,
) -> None:
    """Say what each card purchase was for: its mcc decides where it has one, else the merchant's name and the amount.

    Amounts are taken as spent, whatever their sign. Under a probability of 0.6 it abstains ("sure": false): the class
    is then a mere guess, and a footprint would count the purchase as unknown.
    """
    used = book_of(book)
    bad = 0
    table = Table("Row", "Merchant", "Class", "Kind", "Probability", "By")
    with Output() as out:
        for number, row in csv_rows(file, CSV_COLUMNS):
            try:
                one = purchase(row)
            except engine.CarbonError as error:
                complain(f"{file.name}, line {number}, {error}")
                bad += 1
                continue
            kind = engine.kind_of(one, book=used, by_amount=True)
            category = used.items[kind.item].category if kind.by else kind.guess.category
            probability = kind.guess.probability
            sure = probability >= engine.ABSTAINS_BELOW
            if as_json:
                fields: dict[str, engine.Json] = {"line": number, "merchant": one.text, "category": category}
                fields |= {"item": kind.item, "probability": probability, "sure": sure, "by": kind.by or "guess"}
                out.line(engine.dumps(fields))
            else:
                said = category if sure else f"[dim]perhaps {category}[/dim]"
                shown = (str(number), escape(one.text[:TEXT_SHOWN_CHARACTERS]), said, kind.item)
                table.add_row(*shown, str(probability), kind.by or "guess")
        if not as_json:
            out.rich(table)
    if bad:
        raise typer.Exit(1)


@carbon.command()
def classes(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a merchant category code.")] = False,
    book: Annotated[str, typer.Option(help="The version of the table.")] = engine.LATEST,
) -> None:
    """Show which class each merchant category code (ISO 18245) belongs to, after COICOP 2018."""
    used = book_of(book)
    table = Table("MCC", "Description", "Class", "COICOP 2018", "Kind")
    with Output() as out:
        for known in used.mccs:
            item = used.items[known.item]
            category = used.classes[item.category]
            if as_json:
                for code in range(known.first, known.last + 1):
                    fields = {"mcc": f"{code:04}", "description": known.description, "class": category.id}
                    out.line(
                        engine.dumps({**fields, "title": category.title, "coicop": category.coicop, "item": item.id})
                    )
                continue
            codes = f"{known.first:04}" if known.first == known.last else f"{known.first:04}-{known.last:04}"
            table.add_row(codes, escape(known.description), category.id, category.coicop, item.id)
        if not as_json:
            out.rich(table)


class Output:
    """Standard output that ends quietly when its reader has gone (as `head` does)."""

    def __enter__(self) -> "Output":
        self._console = Console(file=sys.stdout)
        if not self._console.is_terminal:
            self._console = Console(file=sys.stdout, width=PIPE_WIDTH_CHARACTERS)
        return self

    def line(self, text: str) -> None:
        sys.stdout.write(text + "\n")

    def rich(self, thing: Table | str) -> None:
        buffer = io.StringIO()
        terminal = self._console.is_terminal
        Console(file=buffer, width=self._console.width, force_terminal=terminal, highlight=False).print(thing)
        sys.stdout.write(buffer.getvalue())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            sys.stdout.flush()
        except BrokenPipeError as broken:
            kind, error = BrokenPipeError, broken
        if kind is not None and issubclass(kind, BrokenPipeError):
            # Python flushes once more when it ends: let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from error


def read_statements(files: Sequence[Path], home: str | None, currency: str) -> tuple[list[Entry], int]:
    """The lines of the statements, and how many files could not be read (each is complained of)."""
    entries: list[Entry] = []
    unread = 0
    for file in files:
        statement = _statement(file, currency)
        if statement is None:
            unread += 1
            continue
        entries.extend(_entries(file, statement, home))
    return entries, unread


def _print_json(out: Output, entries: Sequence[Entry], assessment: engine.Assessment) -> None:
    for entry, one in zip(entries, assessment.footprints, strict=True):
        spent = entry.payment
        where: dict[str, engine.Json] = {"file": entry.file, "line": entry.line, "date": spent.booked_on.isoformat()}
        money: dict[str, engine.Json] = {"amount": _amount(spent), "currency": spent.currency, "text": spent.text}
        out.line(engine.dumps({**where, **money, **engine.footprint_fields(one)}))
    months = {month: engine.total_fields(total) for month, total in assessment.months}
    total = {**engine.total_fields(assessment.total), "book": assessment.book, "months": months}
    out.line(engine.dumps({"total": total}))


def _print_table(out: Output, entries: Sequence[Entry], assessment: engine.Assessment, book: engine.Book) -> None:
    table = Table("Date", "Text", "Amount", "Category", "kg CO2e", "90 %", "Why", show_footer=False)
    table.columns[2].justify = table.columns[4].justify = table.columns[5].justify = "right"
    grams = _grams([one.micrograms for one in assessment.footprints])
    for entry, one, shown_grams in zip(entries, assessment.footprints, grams, strict=True):
        spent = entry.payment
        kg = f"{Decimal(shown_grams) / GRAMS_A_KILOGRAM:.3f}" if one.counted else "-" if one.assessed else "?"
        table.add_row(
            spent.booked_on.isoformat(),
            escape(" ".join(spent.text.split())[:TEXT_SHOWN_CHARACTERS]),
            f"{_amount(spent)} {spent.currency}",
            book.classes[one.category].title if one.counted else escape(book.items[one.item].title.split(":")[0]),
            kg,
            f"{one.low:.2f} to {one.high:.2f}" if one.counted else "",
            escape(_why(one)),
        )
    out.rich(table)
    total = assessment.total
    out.rich(
        f"[bold]Total {Decimal(sum(grams)) / GRAMS_A_KILOGRAM:.3f} kg CO2e[/bold] (90 %: {total.low:.1f} to "
        f"{total.high:.1f} kg) · {total.lines} lines, {total.counted} counted, {total.unknown} not recognised, "
        f"{total.not_assessed} without an exchange rate · book {assessment.book}"
    )
    if total.not_assessed:
        out.rich("Lines marked ? have no currency, or one without an exchange rate: give --currency or --country.")
    highest = max((month.kg for _, month in assessment.months), default=Decimal(0))
    for name, month in assessment.months:
        length = int(month.kg * BAR_CHARACTERS / highest) if highest > 0 and month.kg > 0 else 0
        out.rich(
            f"{name}  {'█' * length}{'' if length else '·'} {month.kg:.1f} kg ({month.low:.1f} to {month.high:.1f})"
        )


def _why(one: engine.Footprint) -> str:
    """The shortest honest reason: why nothing counts, else quantity or factor."""
    by_step = {reason.step: reason for reason in one.reasons}
    if not one.counted:
        return by_step["kind"].text
    factor = next(values for r in one.reasons if (values := dict(r.values)).get("locator"))
    cited = f"{factor['value']} {factor['unit']} ({factor['short']})"
    if one.category == "unknown":
        return f"not recognised; average {cited}"
    return f"{one.quantity} {one.unit} x {cited}" if one.quantity is not None else cited


def _grams(micrograms: Sequence[int]) -> list[int]:
    """Whole grams for display whose sum is the rounded sum: those cut off most are raised first."""
    floors = [value // MICROGRAMS_A_GRAM for value in micrograms]
    missing = round(sum(micrograms) / MICROGRAMS_A_GRAM) - sum(floors)
    by_rest = sorted(range(len(micrograms)), key=lambda i: (-(micrograms[i] % MICROGRAMS_A_GRAM), i))
    for index in by_rest[: max(0, missing)]:
        floors[index] += 1
    return floors


def _amount(spent: engine.Payment) -> Decimal:
    return Decimal(spent.amount_minor).scaleb(-spent.exponent)


def _statement(file: Path, currency: str) -> Statement | None:
    try:
        content = _content(file, Limits().size_bytes)
        statement = read(content, name=file.name, currency=currency or None)
    except OSError as error:
        complain(f"{file}: cannot be read: {error.strerror or error}.")
        return None
    except StatementError as error:
        complain(str(error))
        return None
    for bad in statement.bad_lines:
        complain(f"{file.name}, line {bad.line}, {bad.field}: {bad.problem} The line is left out.")
    return statement


def _content(file: Path, limit_bytes: int) -> bytes:
    """At most one byte over the limit, so that whoever reads it sees that it is too long."""
    with file.open("rb") as stream:
        return stream.read(limit_bytes + 1)


def _entries(file: Path, statement: Statement, home: str | None) -> Iterator[Entry]:
    for line in statement.lines:
        account = statement.accounts[line.account].identifier
        label = (account or f"{file.name}#{line.account}")[:100]
        try:
            one = engine.payment(line, account=label, home=home or engine.country_of_account(account))
        except engine.CarbonError as error:
            complain(f"{file.name}, line {line.source_line}, {error}")
            continue
        yield Entry(file.name, line.source_line, one)


def csv_rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV in UTF-8 that has these columns, with their line numbers; stops with one error otherwise.

    Columns may stand in any order and case, apart by commas, semicolons, tabs or bars.
    """
    try:
        content = _content(file, CSV_LIMIT_BYTES)
        text = content.decode("utf-8-sig")
    except OSError as error:
        stop(f"{file}: cannot be read: {error.strerror or error}.")
    except UnicodeDecodeError as error:
        stop(f"{file.name}: not UTF-8 at byte {error.start}. Save it as UTF-8.")
    if len(content) > CSV_LIMIT_BYTES:
        stop(f"{file.name}: over {CSV_LIMIT_BYTES} bytes. Split it.")
    reader = csv.DictReader(io.StringIO(text), strict=True, delimiter=_delimiter(text))
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in columns if name not in reader.fieldnames]
        if missing:
            stop(f"{file.name}, line 1: no column {', '.join(missing)}. It needs {', '.join(columns)}.")
        for count, row in enumerate(reader, start=1):
            if count > CSV_LIMIT_ROWS:
                stop(f"{file.name}: over {CSV_LIMIT_ROWS} rows. Split it.")
            yield (
                reader.line_num,
                {key: value or "" for key, value in row.items() if isinstance(value, str | None) and key},
            )
    except csv.Error as error:
        stop(f"{file.name}, line {reader.line_num}: {error}.")


def _delimiter(text: str) -> str:
    """The mark that stands oftenest in the heading, a comma where none does."""
    heading = text.partition("\n")[0]
    return max(DELIMITERS, key=heading.count)


def purchase(row: dict[str, str]) -> engine.Payment:
    """A row of card purchases as a payment; raises `CarbonError` naming the field. 12.50 may be written 12,50."""
    try:
        booked_on = date.fromisoformat(row["date"].strip())
    except (KeyError, ValueError) as error:
        raise engine.CarbonError("date", f"{row.get('date', '')!r} is not a day such as 2026-11-22.") from error
    try:
        written = row["amount"].strip()
        amount = abs(Decimal(written.replace(",", ".") if DECIMAL_COMMA.fullmatch(written) else written))
        if amount.adjusted() > AMOUNT_LIMIT_DIGITS:
            raise ValueError(amount)
        spent_minor = -max(1, int(amount.scaleb(2).to_integral_value()))
    except (KeyError, ArithmeticError, ValueError) as error:
        raise engine.CarbonError("amount", f"{row.get('amount', '')!r} is not a sum of money such as 12.34.") from error
    mcc = row.get("mcc", "").strip()
    country = row.get("country", "").strip().upper()
    return engine.Payment(
        booked_on=booked_on,
        amount_minor=spent_minor,
        currency=row["currency"].strip().upper(),
        text=row["merchant"],
        mcc=mcc.zfill(4) if mcc else None,
        country=country or None,
    )


def country_code(given: str, book: engine.Book) -> str | None:
    code = given.strip().upper()
    if not code:
        return None
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        known = ", ".join(code for code, _ in engine.countries(book=book))
        stop(f"--country {given!r} is not an ISO 3166-1 code of two letters. There are figures for {known}.")
    return code


def complain(message: str) -> None:
    typer.echo(message.replace("\0", "�"), err=True)


def stop(message: str) -> Never:
    complain(message)
    raise typer.Exit(1)
