"""Prepared parts -> sums, as Ibis expressions: the same run on DuckDB and on Spark, equal to the last microgram.

All sums are of whole numbers, so that no order of adding and no engine changes them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from bocage.engines.carbon.batch.tables import quoted
from bocage.engines.carbon.types import CarbonError

_UNKNOWN_BITS = 31
_UNKNOWN_TALLY = 2**_UNKNOWN_BITS


def person_months(lines: ir.Table, rates: ir.Table) -> ir.Table:
    """A row for each person and month: `micrograms`, and how many lines there were, counted, and not recognised."""
    # Both counts in one number, as each sum costs a pass over the groups; neither reaches 31 bits.
    tallied = rates.select("rate", "micrograms_per_minor", tally=rates.counted + rates.unknown * _UNKNOWN_TALLY)
    joined = lines.join(tallied, "rate")
    added = joined.group_by("person", "month").agg(
        micrograms=(joined.spent_minor * joined.micrograms_per_minor).sum(),
        lines=joined.count(),
        tally=joined.tally.sum(),
    )
    counts = {"counted": added.tally & (_UNKNOWN_TALLY - 1), "unknown": added.tally >> _UNKNOWN_BITS}
    return added.select("person", "month", "micrograms", "lines", **counts)


def city_months(lines: ir.Table, rates: ir.Table) -> ir.Table:
    """A row for each month, category and factor: `micrograms`, the bounds that lines of one factor share, and lines.

    Money is added before it is weighed: a factor's lines differ in their amounts alone.
    """
    added = lines.group_by("month", "rate").agg(spent_minor=lines.spent_minor.sum(), lines=lines.count())
    joined = added.join(rates, "rate").filter(ibis._.counted == 1)
    return joined.group_by("month", "category", "factor").agg(
        micrograms=(joined.spent_minor.cast("decimal(38,0)") * joined.micrograms_per_minor.cast("decimal(38,0)")).sum(),
        low_micrograms=(joined.spent_minor.cast("decimal(38,0)") * joined.low_per_minor.cast("decimal(38,0)")).sum(),
        high_micrograms=(joined.spent_minor.cast("decimal(38,0)") * joined.high_per_minor.cast("decimal(38,0)")).sum(),
        lines=joined.lines.sum(),
    )


def weigh(
    db: duckdb.DuckDBPyConnection, folder: Path, *, progress: Callable[[str, int, int], None] = lambda _s, _d, _o: None
) -> int:
    """Weigh each prepared part of `folder` on DuckDB; goes on where it stopped. How many parts were done now.

    Writes `person-months-*.parquet` and `city-months-*.parquet` beside the parts. Raises `CarbonError` where the
    folder has no finished encoding.
    """
    parts = sorted(folder.glob("part-*.parquet"))
    if not parts or not (folder / "rates.parquet").exists():
        raise CarbonError("folder", f"{folder} holds no prepared lines; encode them first.")
    sums = _compiled(db, parts[0], folder / "rates.parquet")
    fresh = 0
    for number, part in enumerate(parts, 1):
        db.execute(f"create or replace temp view prepared as select * from read_parquet('{quoted(part)}')")
        made = False
        for name, sql in sums.items():
            target = folder / part.name.replace("part", name)
            if not target.exists():
                draft = target.with_suffix(".draft")
                db.execute(f"copy ({sql}) to '{quoted(draft)}' (format parquet)")
                draft.replace(target)
                made = True
        fresh += made
        progress("weighing", number, len(parts))
    return fresh


def _compiled(db: duckdb.DuckDBPyConnection, part: Path, rates_file: Path) -> dict[str, str]:
    """DuckDB's SQL of each sum, over the views `prepared` and `rates`; compiled once for all parts."""
    backend = ibis.duckdb.from_connection(db)
    rates = backend.read_parquet(rates_file, table_name="rates")
    lines = backend.read_parquet(part, table_name="prepared")
    return {
        "person-months": _exact(backend, person_months(lines, rates)),
        "city-months": _exact(backend, city_months(lines, rates)),
    }


def _exact(backend: Any, expression: ir.Table) -> str:
    """The SQL of an expression, whole numbers as such: DuckDB sums into 128 bits, which Parquet keeps as doubles."""
    whole = (f'"{name}"::bigint as "{name}"' for name, kind in expression.schema().items() if kind.is_int64())
    return f"select * replace ({', '.join(whole)}) from ({backend.compile(expression)})"
