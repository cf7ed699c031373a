"""Whatever the engines say is known here, and is said in French with the same gaps."""

import ast
import re
import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.translation import gettext

from bocage.engines import carbon, statements
from bocage.engines.statements import BadLine, Note, StatementError
from bocage.services.forest import engine_words, looks, statement_words
from bocage.services.forest.weighing import Purchase, correctable, weigh

CATALOGUE = Path(__file__).parents[1] / "locale" / "fr" / "LC_MESSAGES" / "django.po"
BOOK = carbon.load()


def messages() -> Iterator[Message]:
    with CATALOGUE.open("rb") as source:
        yield from (message for message in read_po(source, locale="fr") if message.id)


def calls(package: object, *names: str) -> Iterator[str]:
    """The first argument, where it is a constant, of each call of these names in a package's source."""
    for path in Path(str(getattr(package, "__file__", ""))).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if name in names:
                    yield str(node.args[0].value)


def test_every_sentence_title_and_step_of_the_carbon_engine_is_known() -> None:
    assert {each for each in carbon.TEMPLATES if " " in each} == set(engine_words.SENTENCES)
    assert {each.title for each in BOOK.classes.values()} == set(engine_words.CLASS_TITLES)
    assert {each.title for each in BOOK.items.values()} == set(engine_words.ITEM_TITLES)
    assert {title for title, _currency in BOOK.countries.values()} == set(engine_words.COUNTRY_TITLES)
    assert set(calls(carbon, "reason", "says")) <= set(engine_words.STEP_TITLES)


def test_every_factor_is_described_in_known_words() -> None:
    figures = [each for table in (BOOK.factors, BOOK.money) for some in table.values() for each in some]
    assert {each.scope for each in figures} - {""} == set(engine_words.SCOPES)
    assert {each.boundary for each in figures} - {""} == set(engine_words.BOUNDARIES)
    assert {each.basis for each in figures} - {""} == set(engine_words.PRICE_BASES)


def test_every_class_has_a_picture_and_all_but_unknown_can_be_chosen() -> None:
    assert set(looks.LOOKS) == set(BOOK.classes)
    assert set(correctable()) == set(BOOK.classes) - {"unknown"}


@pytest.mark.parametrize("category", correctable())
def test_a_correction_is_taken_as_the_class_it_names(category: str) -> None:
    bought = Purchase("x", date(2026, 11, 3), -1000, "EUR", 2, "XQ 9931 SARL", None, "FR")
    (plain,) = weigh([bought])
    assert (plain.category, plain.merchant, plain.corrected) == ("unknown", "XQ", False)
    (corrected,) = weigh([bought], corrections={"XQ": category})
    assert (corrected.category, corrected.corrected) == (category, True)
    assert engine_words.CORRECTED in {reason["template"] for reason in corrected.reasons}
    assert not any("mcc" in reason["values"] for reason in corrected.reasons)


def test_every_problem_and_note_of_the_statement_reader_is_known() -> None:
    problems = set(calls(statements, "FieldError", "StatementError")) | {"date-missing", "truncated", "xml-broken"}
    assert problems <= set(statement_words.PROBLEMS)
    assert set(calls(statements, "note", "Note")) <= set(statement_words.NOTES)


def test_french_is_complete_and_keeps_the_gaps() -> None:
    for message in messages():
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        assert not message.fuzzy, message.id
        assert len(ids) == len(said), message.id
        assert all(said), message.id
        for one in said:
            assert gaps(str(one)) == gaps(str(ids[-1])), message.id


def gaps(text: str) -> set[str]:
    braces = {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
    return braces | set(re.findall(r"%\((\w+)\)", text))


def test_every_noted_word_is_in_the_catalogue() -> None:
    known = {message.id for message in messages()}
    noted = {
        *engine_words.SENTENCES,
        *engine_words.CLASS_TITLES,
        *engine_words.ITEM_TITLES,
        *engine_words.COUNTRY_TITLES,
        *engine_words.SCOPES,
        *engine_words.BOUNDARIES,
        *engine_words.PRICE_BASES,
        *engine_words.LICENCES,
        *engine_words.OWN_SOURCES,
        *engine_words.STEP_TITLES.values(),
        *statement_words.PROBLEMS.values(),
        *statement_words.NOTES.values(),
        *statement_words.FIELDS.values(),
    }
    assert noted <= known


def test_a_chain_of_reasons_is_french_throughout() -> None:
    bought = Purchase("x", date(2026, 11, 3), -6000, "EUR", 2, "STATION TOTAL CARBURANT", None, None, "FR")
    (weighed,) = weigh([bought])
    with translation.override("fr"):
        chain = [engine_words.words(reason) for reason in weighed.reasons]
        titles = {each["title"] for each in chain}
        told = " ".join(each["text"] for each in chain)
    assert {"Ce que dit la ligne", "Prix", "Facteur", "Quantité", "Avec quelle certitude"} <= titles
    assert "Essence et gazole" in told
    assert "2,65 kg CO2e/L" in told
    assert "France" in told
    assert re.search(r"Cela fait \d+,\d+ L\.", told)
    assert not re.search(r"\b(the|of|and|price|factor|taken)\b", told)
    assert any(each.get("url", "").startswith("https://") for each in chain)


def test_every_line_of_a_year_has_its_reasons_in_french() -> None:
    texts = ("RATP METRO", "AIR FRANCE", "EDF", "UBER", "FLIXBUS", "ZARA", "VIREMENT LOYER", "RETRAIT DAB", "XQ 9931")
    made = [
        Purchase(text, date(2026, month, 3), -5000, currency, 2, text, mcc, country, home)
        for text in texts
        for month, currency, mcc, country, home in (
            (1, "EUR", None, None, "FR"),
            (6, "USD", "5411", None, "FR"),
            (7, "GBP", "9999", "GB", None),
            (9, "SEK", None, "SE", None),
        )
    ]
    with translation.override("fr"):
        for weight in weigh(made):
            for reason in weight.reasons:
                said = engine_words.words(reason)
                assert said["text"] != reason["template"].format(**reason["values"]) or "{" not in reason["template"]
                assert said["title"] in {gettext(title) for title in engine_words.STEP_TITLES.values()}


def test_problems_of_a_statement_are_said_in_the_language_in_force() -> None:
    error = StatementError("empty", "The file is empty.", "Export it.", name="a.csv", line=3, field="date")
    bad, note = BadLine(2, "amount", "'x' is not an amount.", "amount-unreadable"), Note("unpacked", "It was packed.")
    assert statement_words.error_words(error) == str(error)
    assert statement_words.problem_words(bad) == bad.problem
    assert statement_words.note_words(note) == note.text
    with translation.override("fr"):
        said = statement_words.error_words(error)
        assert said.startswith("a.csv, ligne 3, date")
        assert "Le fichier est vide" in said
        assert statement_words.problem_words(bad) == "Ce n’est pas un montant."
        assert statement_words.note_words(note) == "Le fichier a été tiré d’une archive."
        assert statement_words.field_word("amount") == "montant"
