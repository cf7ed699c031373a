"""Figures from other tables: the book's sums on another edition, a city's own rows, one clear error for bad ones."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bocage.engines.carbon import BOOKS, LATEST, CarbonError, Payment, explain, load
from bocage.engines.carbon.tables import SOURCE_COLUMNS, take_in, weighs_what_is_bought

BASE = BOOKS / LATEST
SOURCE = dict.fromkeys(SOURCE_COLUMNS, "a city") | {"source": "own", "year": "2026", "licence": "CC0"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def written(table: list[dict[str, str]]) -> bytes:
    lines = [",".join(table[0]), *(",".join(f'"{v}"' for v in row.values()) for row in table)]
    return ("\n".join(lines) + "\n").encode()


def take(content: bytes, kind: str, tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    take_in(content, "table.csv", kind, SOURCE, base=BASE, folder=folder, version="mine")
    return folder


def epa(factor: str) -> bytes:
    """A table in which every sector of the EPA's that the book names has the same factor."""
    codes = {
        term.strip().rpartition("*")[2]
        for row in rows(BASE / "money.csv")
        if row["source"] == "epa_sef_1_3"
        for term in row["locator"].split("+")
    }
    return written(
        [{"2017 NAICS Code": c, "Supply Chain Emission Factors with Margins": factor} for c in sorted(codes)]
    )


def test_a_new_edition_goes_through_the_books_own_sums(tmp_path: Path) -> None:
    folder = take(epa("0.5"), "epa", tmp_path)
    new = [row for row in rows(folder / "money.csv") if row["source"] == "own"]
    assert len(new) == sum(row["source"] == "epa_sef_1_3" for row in rows(BASE / "money.csv"))
    for row in new:
        weights = [Decimal(term.strip().rpartition("*")[0] or "1") for term in row["locator"].split("+")]
        assert Decimal(row["value"]) == sum(weights) * Decimal("0.5")


def test_a_citys_own_rows_weigh_and_are_cited(tmp_path: Path) -> None:
    from bocage.engines.carbon import load_folder

    row = next(r for r in rows(BASE / "money.csv") if (r["activity"], r["country"]) == ("groceries", "FR"))
    folder = take(written([{**row, "value": "0.1"}]), "city", tmp_path)
    one = Payment(date(2026, 3, 1), -5000, "EUR", text="CARREFOUR", country="FR")
    mine, theirs = explain(one, book=load_folder(folder, "mine")), explain(one)
    assert mine.kg < theirs.kg / 3
    assert "a city" in next(reason.text for reason in mine.reasons if reason.step == "factor")
    assert load().digest == load(LATEST).digest


def test_codes_take_the_median_and_leave_trade_alone(tmp_path: Path) -> None:
    names = ("MCC Code", "EXIOBASE Name", "Year", "Unit", "FR")
    table = [
        dict(zip(names, (c, n, "2019", "kgCO2e/EUR", v), strict=True))
        for c, n, v in (
            ("7011", "Hotels", "0.2"),
            ("7012", "Hotels", "0.4"),
            ("3501", "Hotels", "0.3"),
            ("5411", "Retail  trade", "9"),
        )
    ]
    folder = take(written(table), "mcc-exiobase", tmp_path)
    new = {row["activity"]: row for row in rows(folder / "money.csv") if row["source"] == "own"}
    assert new.keys() == {"hotel"}
    assert (new["hotel"]["value"], new["hotel"]["locator"]) == ("0.3", "median of 3 codes")


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", "epa", "line 1"),
        (b"a,b\n1,2\n", "epa", "line 1: no column 2017 NAICS Code"),
        (b"a,b\n1,2\n", "city", "line 1: its columns"),
        (b"a,b\n1,2,3\n", "city", "line 2: its number of columns"),
        (b"a,b\n1,\x00\n", "city", "line 2, b: a NUL"),
        (b"a,b\n1,\xff\n", "city", "not UTF-8 at byte 6"),
        (b"a,b\n1," + b"x" * 3000 + b"\n", "city", "too long"),
        (b"x" * 20_000_001, "city", "over 20000000 bytes"),
        (epa("a lot"), "epa", "line 2, Supply Chain Emission Factors with Margins: 'a lot' is not a number"),
        (epa("1e99"), "epa", "out of all bounds"),
        (epa("-0.5"), "epa", "a value must be above 0"),
        (epa("0.5"), "hearsay", "'hearsay' is none of"),
    ],
)
def test_a_bad_table_is_named_and_leaves_nothing(content: bytes, kind: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CarbonError, match=said):
        take(content, kind, tmp_path)
    assert not (tmp_path / "mine").exists()


def test_no_folder_is_overwritten_and_a_source_must_be_said(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(CarbonError, match="is there already"):
        take(epa("0.5"), "epa", tmp_path)
    with pytest.raises(CarbonError, match="licence is not said"):
        take_in(epa("1"), "t", "epa", {**SOURCE, "licence": ""}, base=BASE, folder=tmp_path / "new", version="n")


def test_a_sector_that_weighs_the_seller_says_nothing_of_what_is_sold() -> None:
    motor_trade = "Sale, maintenance, repair of motor vehicles, motor vehicles parts, motorcycles"
    assert weighs_what_is_bought(motor_trade, "vehicle_repair")
    assert not weighs_what_is_bought(motor_trade, "vehicle")
    assert not weighs_what_is_bought("Retail trade services (52)", "clothing")
    assert not weighs_what_is_bought("Other business services (74)", "package_holiday", "5962")
    assert weighs_what_is_bought("Other business services (74)", "business_services", "7392")
