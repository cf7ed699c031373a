"""`./bocage carbon model | train | compare | import`: what they print, and one clear error for bad input."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bocage.services.forest.commands import register

STATEMENT = "Date,Amount,Currency,Description\n2025-03-02,-45.20,EUR,CARREFOUR CITY\n2025-03-04,-60.00,EUR,RATP\n"
CITY = (
    "activity,country,year,value,currency,price_basis,vat_percent,scope,boundary,gsd,locator,checked\n"
    "groceries,FR,2024,0.2,EUR,purchaser's price,0,cradle to shelf,our own study,1.3,table 1,noted\n"
)
SAID = [
    "--title",
    "Study",
    "--publisher",
    "Our town",
    "--year",
    "2026",
    "--url",
    "https://town.example",
    "--licence",
    "CC0",
]


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


def test_the_card_is_shown(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["carbon", "model", "--json"])
    assert done.exit_code == 0, done.output
    card = json.loads(done.stdout)
    assert card["book"] == "2026.2"
    assert card["measured_on_merchants_left_out"]["accuracy"] > 0.75
    assert "Model of names" in CliRunner().invoke(app, ["carbon", "model"]).stdout


def test_a_book_without_a_model_says_so(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["carbon", "model", "--book", "2026.1"])
    assert done.exit_code == 1
    assert "has no model" in done.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("date,amount,currency,merchant\n", "line 1: no column mcc"),
        ("date,amount,currency,merchant,mcc\n2025-01-01,3,GBP,A,\n", "line 2, mcc: it is empty"),
        ("date,amount,currency,merchant,mcc\n2025-01-01,x,GBP,A,5411\n", "line 2, amount: 'x'"),
        ("date,amount,currency,merchant,mcc\n2025-01-01,3,GBP,A\0,5411\n", "line 2, text: a NUL"),
        ("date,amount,currency,merchant,mcc\n2025-01-01,3,GBP,A,5411\n", "merchants: 1 are too few"),
    ],
)
def test_what_cannot_teach_is_named_and_writes_nothing(
    app: typer.Typer, tmp_path: Path, content: str, said: str
) -> None:
    path, out = tmp_path / "paid.csv", tmp_path / "model.npz"
    path.write_text(content)
    done = CliRunner().invoke(app, ["carbon", "train", str(path), "--out", str(out)])
    assert done.exit_code == 1
    assert said in done.output
    assert not out.exists()


def test_two_books_are_compared_line_by_line(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_text(STATEMENT)
    done = CliRunner().invoke(app, ["carbon", "compare", "2026.1", "2026.2", str(path), "--country", "FR", "--json"])
    assert done.exit_code == 0, done.output
    *lines, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["text"] for line in lines] == ["CARREFOUR CITY", "RATP"]
    assert last["total"]["old_kg"] == last["total"]["new_kg"]
    assert "2026.1" in CliRunner().invoke(app, ["carbon", "compare", "2026.1", "2026.2", str(path)]).stdout


def test_a_citys_factor_is_taken_in_and_weighs(app: typer.Typer, tmp_path: Path) -> None:
    table, folder, path = tmp_path / "ours.csv", tmp_path / "ours", tmp_path / "march.csv"
    table.write_text(CITY)
    path.write_text(STATEMENT)
    done = CliRunner().invoke(app, ["carbon", "import", str(table), "--as", "city", "--out", str(folder), *SAID])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["footprint", str(path), "--country", "FR", "--book", str(folder), "--json"])
    first = json.loads(done.stdout.splitlines()[0])
    assert any("Our town" in str(reason) or "Study" in str(reason) for reason in first["reasons"])
    done = CliRunner().invoke(app, ["carbon", "compare", "2026.3", str(folder), str(path), "--country", "FR", "--json"])
    assert json.loads(done.stdout.splitlines()[0])["cause"] in ("factor", "price")


def test_a_table_without_its_source_is_refused(app: typer.Typer, tmp_path: Path) -> None:
    table = tmp_path / "ours.csv"
    table.write_text(CITY)
    done = CliRunner().invoke(app, ["carbon", "import", str(table), "--as", "city", "--out", str(tmp_path / "b")])
    assert done.exit_code == 1
    assert "licence is not said" in done.output
