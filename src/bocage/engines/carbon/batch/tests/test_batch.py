"""A city's lines weigh what the engine says of each person's, whatever runs the sums and however often it stops."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

pytest.importorskip("ibis", reason="needs the extra `analytics`")

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bocage.engines.carbon import CarbonError, Payment, assess
from bocage.engines.carbon.batch import connect, encode, encoding, release, releasing, weigh
from bocage.engines.carbon.batch.tables import AMOUNT_LIMIT_MINOR

SHOPS = (
    ("TOTALENERGIES PARIS", "5541", "FR"),
    ("RATP PARIS", None, "FR"),
    ("CARREFOUR CITY", None, "FR"),
    ("SNCF CONNECT", "4112", "FR"),
    ("VIR SEPA M DUPONT", None, "FR"),
    ("QUXZY BLORF", None, None),
    ("REFUND ZARA RIVOLI", None, "FR"),
    ("ZARA RIVOLI", "5651", "FR"),
    ("", None, "FR"),
)
SECRET = b"the secret of a town"


def _people(seed: int, people: int, lines: int) -> list[list[Payment]]:
    draw = Random(seed)
    found = []
    for _person in range(people):
        own = []
        for _line in range(draw.randrange(1, lines)):
            text, mcc, country = draw.choice(SHOPS)
            day = date(2023, 11, 1) + timedelta(days=draw.randrange(400))
            amount = draw.choice((-1000, -2500, -draw.randrange(1, 9000), 1000, 2500, draw.randrange(1, 3000), 0))
            own.append(Payment(day, amount, draw.choice(("EUR", "EUR", "GBP")), text=text, mcc=mcc, country=country))
        found.append(own)
    return found


def _table(people: list[list[Payment]]) -> pa.Table:
    rows = [(number, one) for number, own in enumerate(people) for one in own]
    return pa.table(
        {
            "person": [number for number, _ in rows],
            "booked_on": [one.booked_on for _, one in rows],
            "amount_minor": [one.amount_minor for _, one in rows],
            "currency": [one.currency for _, one in rows],
            "merchant": [one.text for _, one in rows],
            "mcc": pa.array([one.mcc for _, one in rows], pa.string()),
            "country": pa.array([one.country for _, one in rows], pa.string()),
        }
    )


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as made:
        yield made


def _months(folder: Path) -> dict[tuple[int, str], tuple[int, int, int, int]]:
    found = {}
    for file in folder.glob("person-months-*.parquet"):
        for row in pq.read_table(file).to_pylist():
            month = f"{row['month'] // 12}-{row['month'] % 12 + 1:02d}"
            found[row["person"], month] = (row["micrograms"], row["lines"], row["counted"], row["unknown"])
    return found


@pytest.mark.parametrize("seed", range(3))
def test_each_person_and_month_weighs_what_the_engine_says(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "LINES_A_PART", 300)
    people = _people(seed, 40, 60)
    pq.write_table(_table(people), tmp_path / "lines.parquet")
    told = encode(db, [tmp_path / "lines.parquet"], tmp_path / "run")
    assert told.parts > 1
    assert told.refunds > 0
    weigh(db, tmp_path / "run")
    expected = {
        (number, month): (total.micrograms, total.lines, total.counted, total.unknown)
        for number, own in enumerate(people)
        for month, total in assess(own).months
    }
    assert _months(tmp_path / "run") == expected


def test_the_city_is_the_sum_of_its_factors_and_of_its_people(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    people = _people(7, 30, 40)
    pq.write_table(_table(people), tmp_path / "lines.parquet")
    encode(db, [tmp_path / "lines.parquet"], tmp_path / "run")
    weigh(db, tmp_path / "run")
    by_factor: Counter[str] = Counter()
    for own in people:
        for one in assess(own).footprints:
            by_factor[one.factor] += one.micrograms
    city: Counter[str] = Counter()
    for file in (tmp_path / "run").glob("city-months-*.parquet"):
        for row in pq.read_table(file).to_pylist():
            city[row["factor"]] += int(row["micrograms"])
    assert {k: v for k, v in city.items() if v} == {k: v for k, v in by_factor.items() if v}


def test_a_stopped_run_goes_on_and_reads_no_text_twice(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "LINES_A_PART", 200)
    pq.write_table(_table(_people(3, 30, 40)), tmp_path / "lines.parquet")
    files, folder = [tmp_path / "lines.parquet"], tmp_path / "run"
    whole = encode(db, files, tmp_path / "whole")

    def stop(step: str, done: int, _of: int) -> None:
        if (step, done) == ("parts", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode(db, files, folder, progress=stop)
    assert not (folder / f"part-{2:04d}.parquet").exists()
    again = encode(db, files, folder)
    assert (again.new_texts, again.resumed_parts, again.parts) == (0, 2, whole.parts)
    weigh(db, folder)
    weigh(db, tmp_path / "whole")
    assert _months(folder) == _months(tmp_path / "whole")
    assert weigh(db, folder) == 0


def test_a_folder_of_other_lines_is_refused(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for name in ("one", "two"):
        pq.write_table(_table(_people(len(name) + ord(name[0]), 3, 9)), tmp_path / f"{name}.parquet")
    encode(db, [tmp_path / "one.parquet"], tmp_path / "run")
    with pytest.raises(CarbonError, match="holds a run of other lines"):
        encode(db, [tmp_path / "two.parquet"], tmp_path / "run")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("amount_minor", AMOUNT_LIMIT_MINOR + 1),
        ("amount_minor", None),
        ("booked_on", date(1812, 1, 1)),
        ("currency", "eur"),
        ("merchant", "A\x00B"),
        ("merchant", "A" * 4001),
        ("mcc", "55411"),
        ("country", "FRA"),
        ("person", None),
    ],
)
def test_the_first_bad_value_is_named_and_nothing_written(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, field: str, bad: Any
) -> None:
    rows = _table([[Payment(date(2024, 1, day), -100, "EUR", text="RATP") for day in (1, 2, 3)]]).to_pylist()
    rows[1][field] = bad
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "bad.parquet")
    with pytest.raises(CarbonError, match=rf"{field}.*bad\.parquet, row 2") as error:
        encode(db, [tmp_path / "bad.parquet"], tmp_path / "run")
    assert error.value.field == field
    assert not (tmp_path / "run").exists()


def test_a_csv_and_text_names_of_persons_are_taken(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text(
        "person,booked_on,amount_minor,currency,merchant\nana,2024-05-01,-250,EUR,RATP\nbob,2024-05-01,-250,EUR,RATP\n"
    )
    told = encode(db, [tmp_path / "lines.csv"], tmp_path / "run")
    weigh(db, tmp_path / "run")
    assert told.lines == 2
    assert {person for person, _ in _months(tmp_path / "run")} == {1, 2}
    names = pq.read_table(tmp_path / "run" / "people.parquet").to_pylist()
    assert sorted(row["name"] for row in names) == ["ana", "bob"]


def test_a_file_that_is_neither_is_refused(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "lines.parquet").write_bytes(b"not a table\0\0")
    with pytest.raises(CarbonError, match=r"lines\.parquet cannot be read"):
        encode(db, [tmp_path / "lines.parquet"], tmp_path / "run")
    (tmp_path / "short.csv").write_text("person,booked_on\n1,2024-01-01\n")
    with pytest.raises(CarbonError, match="no column 'amount_minor'"):
        encode(db, [tmp_path / "short.csv"], tmp_path / "run")


def test_few_people_are_never_published_and_noise_cannot_be_averaged_away(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    bus = Payment(date(2024, 5, 1), -250, "EUR", text="RATP PARIS", country="FR")
    petrol = Payment(date(2024, 5, 2), -6000, "EUR", text="TOTALENERGIES", mcc="5541", country="FR")
    people = [[bus, petrol] if number < 19 else [bus] for number in range(25)]
    pq.write_table(_table(people), tmp_path / "lines.parquet")
    encode(db, [tmp_path / "lines.parquet"], tmp_path / "run")
    (cell,) = release(db, tmp_path / "run", SECRET)
    assert (cell.month, cell.people) == ("2024-05", 20)
    assert release(db, tmp_path / "run", SECRET) == (cell,)
    exact_kg = sum(one.kg for own in people for one in assess(own).footprints if one.category == cell.category)
    assert abs(cell.kg - float(exact_kg)) <= 3 * cell.noise_90_kg
    assert release(db, tmp_path / "run", b"another secret, as long")[0].kg != cell.kg
    with pytest.raises(CarbonError, match="secret"):
        release(db, tmp_path / "run", b"short")


def test_sums_beyond_what_a_double_holds_stay_exact(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    own = [Payment(date(2024, 5, 1), -99_999_999, "EUR", text="TOTALENERGIES", mcc="5541", country="FR")] * 7
    own.append(Payment(date(2024, 5, 2), -1, "EUR", text="RATP PARIS", country="FR"))
    pq.write_table(_table([own]), tmp_path / "lines.parquet")
    encode(db, [tmp_path / "lines.parquet"], tmp_path / "run")
    weigh(db, tmp_path / "run")
    ((micrograms, *_rest),) = _months(tmp_path / "run").values()
    assert micrograms == assess(own).total.micrograms > 2**53
    assert type(micrograms) is int


def test_the_noise_is_as_wide_as_it_says() -> None:
    draws = [releasing._laplace(f"secret number {n}".encode(), 24293, "transit", 100.0) for n in range(4000)]
    inside = sum(abs(draw) <= 100 * math.log(10) for draw in draws) / len(draws)
    assert 0.88 <= inside <= 0.92
    assert abs(sum(draws) / len(draws)) < 10
