"""`./bocage footprint` and `./bocage carbon`, run as a person would."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bocage.services.forest.footprint_command import carbon, footprint

STATEMENT = """Date,Amount,Currency,Description
2024-05-03,-70.00,EUR,TOTALENERGIES 75011 PARIS
2024-05-04,-2.15,EUR,RATP PARIS
2024-05-05,-120.00,EUR,ZARA RIVOLI
2024-06-06,120.00,EUR,REMBOURSEMENT ZARA RIVOLI
2024-06-07,2500.00,EUR,SALAIRE JUIN
2024-06-08,-12.00,EUR,QUXZY BLORF
"""
CARDS = """date,amount,currency,merchant,mcc,country
2024-05-03,12.00,GBP,TESCO STORES 3022,5411,GB
2024-05-03,12.00,GBP,TESCO STORES 3022,,GB
2024-05-03,45.00,GBP,QUXZY BLORF,,GB
2024-05-03,45.00,GBP,QUXZY BLORF,5542,GB
"""


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(footprint)
    made.add_typer(carbon)
    return made


@pytest.fixture
def statement(tmp_path: Path) -> Path:
    path = tmp_path / "may.csv"
    path.write_text(STATEMENT)
    return path


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in text.splitlines()]


def test_json_lines_sum_exactly_to_their_total(app: typer.Typer, statement: Path) -> None:
    done = CliRunner().invoke(app, ["footprint", str(statement), "--json", "--country", "FR"])
    assert done.exit_code == 0, done.output
    *lines, last = objects(done.stdout)
    assert len(lines) == 6
    assert sum(line["kg"] for line in lines) == last["total"]["kg"] > 0
    assert sum(month["kg"] for month in last["total"]["months"].values()) == last["total"]["kg"]
    fields = {"date", "amount", "currency", "text", "category", "probability", "kg", "low", "high", "reasons"}
    assert all(fields <= set(line) for line in lines)
    assert lines[2]["kg"] == -lines[3]["kg"]
    assert lines[1]["kg"] < lines[0]["kg"] / 40
    assert all(line["low"] <= line["kg"] <= line["high"] for line in lines)


def test_the_same_file_gives_the_same_bytes(app: typer.Typer, statement: Path) -> None:
    first, again = (CliRunner().invoke(app, ["footprint", str(statement), "--json"]).stdout for _ in range(2))
    assert first == again


def test_the_table_shows_grams_that_sum_to_the_total(app: typer.Typer, statement: Path) -> None:
    done = CliRunner().invoke(app, ["footprint", str(statement), "--country", "FR"])
    assert done.exit_code == 0
    cells = [row.split("│") for row in done.stdout.splitlines() if row.startswith("│ 20")]
    shown = [Decimal(cell[5].strip()) for cell in cells if cell[5].strip() != "-"]
    total = next(line for line in done.stdout.splitlines() if line.startswith("Total "))
    assert sum(shown) == Decimal(total.split()[1])
    assert "2024-05" in done.stdout
    assert "not recognised" in done.stdout


def test_an_unreadable_file_is_named_and_the_others_done(app: typer.Typer, statement: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.sta"
    broken.write_bytes(b"\x00\x01nonsense")
    missing = tmp_path / "missing.sta"
    done = CliRunner().invoke(app, ["footprint", str(broken), str(missing), str(statement), "--json"])
    assert done.exit_code == 1
    assert "broken.sta" in done.stderr
    assert "missing.sta" in done.stderr
    assert len(objects(done.stdout)) == 7


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_where_nothing_can_be_read_no_total_is_said(app: typer.Typer, tmp_path: Path, form: list[str]) -> None:
    done = CliRunner().invoke(app, ["footprint", str(tmp_path / "missing.sta"), *form])
    assert (done.exit_code, done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--country", "France"], "two letters"), (["--book", "1999.1"], "not published")],
)
def test_a_bad_option_is_said_plainly(app: typer.Typer, statement: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["footprint", str(statement), *arguments])
    assert done.exit_code == 1
    assert said in done.stderr


def test_a_reader_that_leaves_early_causes_no_traceback(statement: Path) -> None:
    script = (
        "import typer; from bocage.services.forest.footprint_command import footprint;"
        "app = typer.Typer(); app.command()(footprint); app()"
    )
    command = [sys.executable, "-c", script, *[str(statement)] * 300, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read().decode()
        process.wait()
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors
    assert process.returncode == 1


def test_the_command_needs_no_django() -> None:
    script = "import sys; import bocage.services.forest.footprint_command; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_code_decides_where_there_is_one_else_the_text(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    path.write_text(CARDS)
    done = CliRunner().invoke(app, ["carbon", "categorise", str(path), "--json"])
    assert done.exit_code == 0, done.output
    found = [(row["category"], row["by"]) for row in objects(done.stdout)]
    assert found == [("groceries", "mcc"), ("groceries", "rule"), ("fuel", "guess"), ("fuel", "mcc")]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("2024-13-03,12,GBP,A,,", "date"),
        ("2024-05-03,twelve,GBP,A,,", "amount"),
        ("2024-05-03,NaN,GBP,A,,", "amount"),
        ("2024-05-03,1e400,GBP,A,,", "amount"),
        ("2024-05-03,1e999999999,GBP,A,,", "amount"),
        ("2024-05-03,12,pounds,A,,", "currency"),
        ("2024-05-03,12,GBP,A,54x1,", "mcc"),
        ("2024-05-03,12,GBP,A,,Wales", "country"),
    ],
)
def test_a_bad_row_is_named_and_the_others_done(app: typer.Typer, tmp_path: Path, row: str, field: str) -> None:
    path = tmp_path / "cards.csv"
    path.write_text(f"{CARDS}{row}\n")
    done = CliRunner().invoke(app, ["carbon", "categorise", str(path), "--json"])
    assert done.exit_code == 1
    assert f"cards.csv, line 6, {field}: " in done.stderr
    assert len(objects(done.stdout)) == 4


def test_a_file_without_its_columns_is_refused(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    path.write_text("date,merchant\n2024-05-03,A\n")
    done = CliRunner().invoke(app, ["carbon", "categorise", str(path)])
    assert done.exit_code == 1
    assert "no column amount, currency" in done.stderr


def test_classes_name_every_code(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["carbon", "classes", "--json"])
    assert done.exit_code == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    by_code = {row["mcc"]: row["class"] for row in rows}
    assert len(by_code) == len(rows)
    assert by_code["5411"] == "groceries"
    assert by_code["3057"] == "flights"
    assert len(set(by_code.values())) >= 21
    assert "Groceries and supermarkets" in CliRunner().invoke(app, ["carbon", "classes"]).stdout


@pytest.mark.parametrize(
    "content",
    [
        "date,amount,currency,merchant\n2025-01-02,12.50,EUR,CARREFOUR\n",
        "\ufeffDate;Amount;Currency;Merchant\r\n2025-01-02;12,50;EUR;CARREFOUR\r\n",
        "merchant\tcurrency\tAMOUNT\tdate\nCARREFOUR\tEUR\t-12,5\t2025-01-02\n",
        "date|amount|currency|merchant\n2025-01-02|+12.5|EUR|CARREFOUR\n",
        'date,amount,currency,merchant\n2025-01-02,"12,50",EUR,CARREFOUR\n',
    ],
)
def test_purchases_come_in_the_ways_that_tables_are_written(app: typer.Typer, tmp_path: Path, content: str) -> None:
    path = tmp_path / "cards.csv"
    path.write_text(content, newline="")
    done = CliRunner().invoke(app, ["carbon", "categorise", str(path), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["category"] == "groceries"


@pytest.mark.parametrize("amount", ["1,250", "1,250.00", "12;50", "twelve", ""])
def test_an_amount_that_may_mean_two_things_is_refused(app: typer.Typer, tmp_path: Path, amount: str) -> None:
    path = tmp_path / "cards.csv"
    path.write_text(f'date,amount,currency,merchant\n2025-01-02,"{amount}",EUR,CARREFOUR\n')
    done = CliRunner().invoke(app, ["carbon", "categorise", str(path), "--json"])
    assert done.exit_code == 1
    assert "line 2, amount" in done.output
