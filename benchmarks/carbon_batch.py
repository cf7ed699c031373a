"""A city's lines weighed on DuckDB beside its bare group-by, on one core, in CPU time; with Spark beside where asked.

    ./bocage extras add analytics && python benchmarks/carbon_batch.py [--lines 20000000] [--folder FOLDER] [--spark]

The lines are made here (seeded; merchants by a power law over real kinds of text). `--spark` needs the extra `spark`
and Java, and compares every sum.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import ibis
from rich.console import Console
from rich.table import Table

from bocage.engines.carbon.batch import city_months, connect, encode, person_months, weigh

LINES_A_PERSON = 100
MERCHANTS = 50_000
COLD_LINES = 100_000
NAMES = ("TOTALENERGIES", "RATP", "CARREFOUR CITY", "SNCF CONNECT", "EDF CLIENTS", "ZARA", "QUXZY", "BOULANGERIE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=20_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--only-weigh", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="carbon-batch-"))
    if given.only_weigh:
        print(_weigh_alone(folder))
        return
    folder.mkdir(parents=True, exist_ok=True)
    table = Table("What", "CPU s", "M lines a CPU-second", title=f"{given.lines:,} lines, one thread")
    raw, run = folder / "lines.parquet", folder / "run"
    with connect(spill=folder / "spill") as db:
        _make(db, raw, given.lines, MERCHANTS)
        begun = time.process_time()
        encode(db, [raw], run)
        _told(table, f"encoding, {MERCHANTS:,} texts to read", given.lines, time.process_time() - begun)
        mixed, parts = folder / "mixed.parquet", run / "part-*.parquet"
        db.execute(f"copy (select * from '{raw}' order by hash(person, booked_on, amount_minor)) to '{mixed}'")
        for what, lines, day in (
            ("bare group-by person, month: lines as they come", mixed, "booked_on"),
            ("bare group-by person, month: sorted by person", raw, "booked_on"),
            ("bare group-by person, month: sorted, months prepared", parts, None),
        ):
            begun = time.process_time()
            _bare(db, lines, day)
            _told(table, what, given.lines, time.process_time() - begun)
    # In a process of its own, so that its memory is its own.
    told = subprocess.run(
        [sys.executable, __file__, "--folder", str(folder), "--only-weigh"], capture_output=True, text=True, check=True
    )
    seconds, peak_mib = told.stdout.split()
    table.add_row(
        "the pipeline, categories known", f"{float(seconds):.2f}", f"{given.lines / float(seconds) / 1e6:.2f}"
    )
    with connect(spill=folder / "spill") as db:
        cold = folder / "cold.parquet"
        _make(db, cold, COLD_LINES, None)
        begun = time.process_time()
        encode(db, [cold], folder / "cold")
        weigh(db, folder / "cold")
        spent = time.process_time() - begun
        table.add_row(f"cold: {COLD_LINES:,} lines, every text new", f"{spent:.2f}", f"{COLD_LINES / spent / 1e6:.3f}")
    out = Console(width=None if sys.stdout.isatty() else 120)
    out.print(table)
    out.print(f"peak memory of the pipeline {peak_mib} MiB; DuckDB {duckdb.__version__}, Ibis {ibis.__version__}")
    if given.spark:
        out.print(_spark(run))
    if given.folder is None:
        shutil.rmtree(folder)


def _make(db: duckdb.DuckDBPyConnection, file: Path, lines: int, merchants: int | None) -> None:
    """Lines sorted by person; `merchants` None makes every text new."""
    number = "i" if merchants is None else f"floor({merchants} * power((hash(i * 13) % 1000000) / 1e6, 3))::bigint"
    names = "[" + ", ".join(f"'{name}'" for name in NAMES) + "]"
    db.execute(
        f"copy (select (i // {LINES_A_PERSON})::bigint as person,"
        f" date '2025-01-01' + (hash(i) % 365)::int as booked_on,"
        f" (case when hash(i * 3) % 50 = 0 then 1 else -1 end * (100 + hash(i * 7) % 20000)::bigint) as amount_minor,"
        f" 'EUR' as currency, {names}[1 + ({number} % {len(NAMES)})] || ' ' || ({number}) || ' PARIS' as merchant,"
        f" 'FR' as country from range({lines}) t(i)) to '{file}' (format parquet)"
    )


def _told(table: Table, what: str, lines: int, seconds: float) -> None:
    table.add_row(what, f"{seconds:.2f}", f"{lines / seconds / 1e6:.2f}")


def _bare(db: duckdb.DuckDBPyConnection, files: Path, day: str | None) -> None:
    month = f"year({day}) * 12 + month({day})" if day else "month"
    amount = "amount_minor" if day else "spent_minor"
    db.execute(
        f"copy (select person, {month} as month, sum({amount}) as spent from read_parquet('{files}') group by 1, 2)"
        f" to '{files.parent / 'bare.out'}' (format parquet)"
    )


def _weigh_alone(folder: Path) -> str:
    for file in (folder / "run").glob("*-months-*.parquet"):
        file.unlink()
    with connect(spill=folder / "spill") as db:
        begun = time.process_time()
        weigh(db, folder / "run")
        spent = time.process_time() - begun
    return f"{spent} {_peak_kib() // 1024}"


def _peak_kib() -> int:
    """Of this program alone: `ru_maxrss` would begin with what the process had that started it."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


def _spark(run: Path) -> Table:
    """The same expressions on Spark, each sum compared."""
    backend = ibis.pyspark.connect()
    lines = backend.read_parquet(str(run / "part-*.parquet"))
    rates = backend.read_parquet(str(run / "rates.parquet"))
    table = Table("Sums on Spark", "rows", "differing from DuckDB's", title="Spark beside DuckDB")
    known = duckdb.connect()
    for name, expression, keys in (
        ("person-months", person_months, ("person", "month")),
        ("city-months", city_months, ("month", "category", "factor")),
    ):
        theirs = expression(lines, rates).to_pandas().sort_values(list(keys)).reset_index(drop=True)
        summed = ", ".join(f"sum({column}) as {column}" for column in theirs.columns if column not in keys)
        by = ", ".join(keys)
        ours = known.execute(
            f"select {by}, {summed} from read_parquet('{run}/{name}-*.parquet') group by all order by {by}"
        ).fetchall()
        rows = [
            tuple(row) for row in theirs[[*keys, *[c for c in theirs.columns if c not in keys]]].itertuples(index=False)
        ]
        differing = sum(_whole(a) != _whole(b) for a, b in zip(ours, rows, strict=True))
        table.add_row(name, f"{len(rows):,}", str(differing))
    return table


def _whole(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(value if isinstance(value, str) else int(value) for value in row)  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
