"""`./bocage carbon train` and `./bocage carbon model`: the model of merchants' names, made and described."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bocage.engines import carbon as engine
from bocage.engines.carbon import training
from bocage.engines.carbon.model import pack
from bocage.services.forest.footprint_command import Output, book_of, csv_rows, purchase, stop

COLUMNS = ("date", "amount", "currency", "merchant", "mcc")
HOME_OF_NAMES = "GB"


def register(carbon: typer.Typer) -> None:
    """Add the commands beside the others of `./bocage carbon`."""
    carbon.command()(train)
    carbon.command()(model)


def train(
    files: Annotated[list[Path], typer.Argument(help="CSV of real purchases: date, amount, currency, merchant, mcc.")],
    out: Annotated[Path, typer.Option(help="Where the model goes, such as my-book/model.npz.")],
    book: Annotated[str, typer.Option(help="The book whose rules and codes it learns from.")] = engine.LATEST,
    source: Annotated[str, typer.Option(help="Where the purchases are from, and their licence, for the card.")] = "",
    seed: Annotated[int, typer.Option(help="Of the split by merchants.", min=0)] = 0,
) -> None:
    """Train the model that tells a merchant's class from its name, and measure it on merchants left out.

    The same files, book and seed give the same bytes. It takes about half a minute.
    """
    used = book_of(book)
    try:
        purchases = [one for file in files for one in _purchases(file, used)]
        known = training.knowledge(used)
        classes = training.bought_classes(used)
        with Console(stderr=True).status("Leaving out a fifth of the merchants, five times…"):
            answers = training.cross_validate(known, purchases, classes, lambda e: _rule(used, e), seed=seed)
        sharpness, weight = training.calibrate(answers, classes)
        card = _card(used, purchases, known, training.measure(answers, classes), source, seed)
        with Console(stderr=True).status("Learning from all of them…"):
            trained = training.train(known, purchases, classes, card)
        trained = replace(trained, sharpness_percent=sharpness, rule_percent=weight)
        out.write_bytes(pack(trained))
    except engine.CarbonError as error:
        stop(str(error))
    except OSError as error:
        stop(f"{out}: cannot be written: {error.strerror or error}.")
    typer.echo(f"{out}: {out.stat().st_size} bytes. {_summary(card)}")


def model(
    as_json: Annotated[bool, typer.Option("--json", help="The card as one JSON object.")] = False,
    book: Annotated[str, typer.Option(help="The book whose model it is.")] = engine.LATEST,
) -> None:
    """Show the model's card: what it learnt from, how it was measured, what it must not be used for."""
    used = book_of(book)
    if used.model is None:
        stop(f"Book {book} has no model; its rules decide alone.")
    with Output() as out:
        if as_json:
            out.line(json.dumps(dict(used.model.card), ensure_ascii=False, sort_keys=True))
            return
        table = Table("", "", show_header=False, title=f"Model of names, book {book}")
        for name, value in used.model.card.items():
            table.add_row(name.replace("_", " "), escape(value if isinstance(value, str) else json.dumps(value)))
        out.rich(table)


def _purchases(file: Path, book: engine.Book) -> list[training.Example]:
    found = []
    for number, row in csv_rows(file, COLUMNS):
        try:
            paid = purchase(row)
        except engine.CarbonError as error:
            raise engine.CarbonError(f"{file.name}, line {number}, {error.field}", error.problem) from error
        if paid.mcc is None:
            raise engine.CarbonError(f"{file.name}, line {number}, mcc", "it is empty, and the code is what teaches.")
        if example := training.purchase(book, paid.text, paid.mcc, paid.amount_minor):
            found.append(example)
    return found


def _rule(book: engine.Book, example: training.Example) -> tuple[str, Decimal] | None:
    return training.rule_of(book, example.merchant, HOME_OF_NAMES)


def _card(
    book: engine.Book,
    purchases: list[training.Example],
    known: tuple[training.Example, ...],
    measured: dict[str, object],
    source: str,
    seed: int,
) -> dict[str, object]:
    return {
        "book": book.version,
        "kind": "multinomial logistic regression on hashed words, letters and the amount; 8-bit weights",
        "classes": len(training.bought_classes(book)),
        "purchases": len(purchases),
        "merchants": len({one.merchant for one in purchases}),
        "purchases_from": source or "not said",
        "words_of_the_book": len(known),
        "split": f"by merchant, 5 folds, seed {seed}",
        "measured_on_merchants_left_out": measured,
        "abstains_below": str(engine.ABSTAINS_BELOW),
        "for": "the class of a card purchase or a line of a statement, to estimate its footprint",
        "not_for": "judging a person; tax, credit or benefits; merchants outside the languages of the book's countries",
    }


def _summary(card: dict[str, object]) -> str:
    measured = cast("dict[str, object]", card["measured_on_merchants_left_out"])
    return (
        f"On merchants left out: accuracy {measured['accuracy']}, macro-F1 {measured['macro_f1']}, "
        f"precision of the surest 70 % {measured['precision_of_surest_70_percent']}."
    )
