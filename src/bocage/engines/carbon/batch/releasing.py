"""What a city may publish of its people's months: sums of many, never of few, with noise that is stated.

A cell (month and category) with fewer than `PEOPLE_LEAST` people is left out. To each other cell goes noise of a
Laplace distribution (Dwork, McSherry, Nissim and Smith, 2006): a person moves a cell by at most `CAP_KG`, what is more
is cut off first, and a month's `epsilon` is divided among its categories. The noise of a cell depends on the town's
secret and on the cell alone, so that asking again gives the same figure and cannot average it away.
"""

import hmac
import math
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir

from bocage.engines.carbon.types import MICROGRAMS_A_KILOGRAM, CarbonError

PEOPLE_LEAST = 20
CAP_KG = 300
EPSILON = 1.0
SECRET_SHORTEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Released:
    """A cell as published: `kg` with noise, whose 90 % lies within +-`noise_90_kg`; `people` rounded down to tens."""

    month: str
    category: str
    people: int
    kg: int
    noise_90_kg: int
    epsilon: float


def person_categories(lines: ir.Table, rates: ir.Table) -> ir.Table:
    """A row for each month, category: people, and the sum of what each adds, cut off at `CAP_KG` either way."""
    cap = CAP_KG * MICROGRAMS_A_KILOGRAM
    joined = lines.join(rates, "rate").filter(ibis._.counted == 1)
    each = joined.group_by("person", "month", "category").agg(
        micrograms=(joined.spent_minor * joined.micrograms_per_minor).sum()
    )
    cut = each.mutate(micrograms=each.micrograms.clip(lower=-cap, upper=cap))
    return cut.group_by("month", "category").agg(people=cut.count(), micrograms=cut.micrograms.sum())


def release(
    db: duckdb.DuckDBPyConnection, folder: Path, secret: bytes, *, epsilon: float = EPSILON
) -> tuple[Released, ...]:
    """The publishable cells of the prepared lines in `folder`, by month and category.

    Raises `CarbonError` for a secret under 16 bytes, an epsilon not within 0.01 to 10, and a folder without lines.
    """
    if len(secret) < SECRET_SHORTEST_BYTES:
        raise CarbonError("secret", f"{len(secret)} bytes; at least {SECRET_SHORTEST_BYTES} are needed.")
    if not 0.01 <= epsilon <= 10:
        raise CarbonError("epsilon", f"{epsilon} is not within 0.01 to 10.")
    parts = sorted(folder.glob("part-*.parquet"))
    if not parts or not (folder / "rates.parquet").exists():
        raise CarbonError("folder", f"{folder} holds no prepared lines; encode them first.")
    backend = ibis.duckdb.from_connection(db)
    rates = backend.read_parquet(folder / "rates.parquet", table_name="rates")
    cells: dict[tuple[int, str], tuple[int, int]] = {}
    for part in parts:
        lines = backend.read_parquet(part, table_name="prepared")
        rows = db.execute(backend.compile(person_categories(lines, rates))).fetchall()
        for month, category, people, micrograms in rows:
            some, sum_micrograms = cells.get((month, category), (0, 0))
            cells[month, category] = (some + people, sum_micrograms + int(micrograms))
    categories = len({category for _, category in cells}) or 1
    scale_kg = CAP_KG * categories / epsilon
    return tuple(
        Released(
            month=f"{month // 12}-{month % 12 + 1:02d}",
            category=category,
            people=people // 10 * 10,
            kg=round(micrograms / MICROGRAMS_A_KILOGRAM + _laplace(secret, month, category, scale_kg)),
            noise_90_kg=math.ceil(scale_kg * math.log(10)),
            epsilon=epsilon,
        )
        for (month, category), (people, micrograms) in sorted(cells.items())
        if people >= PEOPLE_LEAST
    )


def _laplace(secret: bytes, month: int, category: str, scale: float) -> float:
    """A draw of the Laplace distribution, the same for the same cell."""
    digest = hmac.digest(secret, f"forest release {month} {category}".encode(), "sha256")
    uniform = (int.from_bytes(digest[:7], "big") + 0.5) / 2**56 - 0.5
    return -scale * math.copysign(math.log1p(-2 * abs(uniform)), uniform)
