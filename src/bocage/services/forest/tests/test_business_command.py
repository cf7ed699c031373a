"""`./bocage carbon business` on made-up files: a table or JSON lines, and one clear error for a wrong file."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bocage.engines.statements.accounts.tests import samples
from bocage.services.forest.commands import register

app = typer.Typer()
register(app)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    made = {
        "000000001FEC20251231.txt": samples.FEC.encode("iso-8859-15"),
        "invoice.pdf": samples.pdf_with("factur-x.xml", samples.CII.encode()),
        "card.csv": samples.FUEL_CARD.encode(),
        "meters.csv": samples.METER_INDEX.encode(),
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for name in made]


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["carbon", "business", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_year_as_json_sums_to_its_total(files: list[str]) -> None:
    code, out, _err = run(*files, "--year", "2025", "--revenue", "500000", "--lines", "--json")
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    total = rows[-1]
    kg = {row["category"]: float(row["kg"]) for row in rows if "category" in row and row["kg"] is not None}
    assert float(total["kg"]) == pytest.approx(sum(v for k, v in kg.items() if k != "2-market"))
    by_line = [sum(float(v) for k, v in r["parts"].items() if k != "2-market") for r in rows if "parts" in r]
    assert float(total["kg"]) == pytest.approx(sum(by_line))
    assert {"left_out": "a meter counts it", "lines": 1} in rows
    figures = {row["figure"]: row["value"] for row in rows if "figure" in row}
    assert figures["Gross Scope 1 GHG emissions (tCO2eq)"] == f"{kg['1'] / 1000:.3f}"
    assert figures["15 Investments"] is None


def test_the_table_says_scopes_suppliers_and_the_plan(files: list[str]) -> None:
    code, out, _err = run(*files, "--year", "2025")
    assert code == 0
    for said in ("Scope 1", "not in accounts", "Carburants du Marais", "paid back in", "ESRS E1-6 and VSME B3"):
        assert said in out


def test_one_wrong_line_stops_the_whole_and_is_named(files: list[str], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(samples.FEC.replace("\t1000,00\t", "\t1000,01\t"))
    code, out, err = run(*files, str(wrong), "--year", "2025")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("wrong.txt, line 2, Debit: Entry '1' of journal 'AC' does not balance")


@pytest.mark.parametrize(
    "more",
    [
        ["--contract", "9:1"],
        ["--revenue", "much"],
        ["--begins", "soon"],
        ["--begins", "2023-07-01"],
        ["--begins", "2024-01-01"],
        ["--begins", "2026-01-01"],
        ["--country", "XX"],
    ],
)
def test_wrong_options_are_one_sentence(files: list[str], more: list[str]) -> None:
    code, _out, err = run(*files, "--year", "2025", *more)
    assert code == 1
    assert len(err.strip().splitlines()[-1]) < 200
    assert "Traceback" not in err


@pytest.mark.parametrize(("begins", "ends"), [("2024-02-29", "2025-02-28"), ("2025-07-01", "2026-06-30")])
def test_a_year_may_begin_on_any_day_that_its_name_covers(files: list[str], begins: str, ends: str) -> None:
    code, out, _err = run(*files, "--year", "2025", "--begins", begins)
    assert code == 0
    assert f"{begins} to {ends}" in out
