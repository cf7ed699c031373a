"""The levels and errors of the book's money factors worked out again from the independent tables.

    python benchmarks/carbon_levels.py --tables FOLDER [--write FILE.csv] [--splits N] [--within]

FOLDER as for `benchmarks/carbon.py`. Says how many of the book's `level` and `gsd` differ from what the tables give,
and, for N other thirds held out, how often the refitted intervals cover them: what one split alone cannot show. With
`--within`, the other thirds are split off within the two that the book was calibrated on, as for choosing a method.
With `--write`, money.csv goes there with the columns worked out anew.
"""

import argparse
import csv
import math
import statistics
from pathlib import Path
from unittest.mock import patch

import carbon_tables
from rich.console import Console

from bocage.engines.carbon import BOOKS, LATEST, Book, calibration, load_folder
from bocage.engines.carbon.calibration import PARTS, Levels, Value, book_kg, calibrate, held_out, level_of_parts, merged

WORLD, EURO_AREA = "WORLD", "EA"
EURO_SIX = ("FR", "DE", "ES", "IT", "NL", "BE")
# The world fallback is the median of 49 regions that lie further apart than those covered.
WORLD_EXTRA_LOG = 0.30
DIGITS = 4
# EXIOBASE has meals and beds in one sector. The one table that tells them apart, the EPA's, has meals at 1.5 times
# beds, and the food and drink that British restaurants buy (29 % of their output, ONS 2018) weigh more by this book
# than that whole sector does. So no level comes from it; its values stay in the test.
#
# Water's bill holds sewerage, in Britain more than half of it; the sector is supply alone, so it sets no level either.
NOT_CALIBRATED = frozenset({"restaurant", "water"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--book", type=Path, default=BOOKS / LATEST)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--splits", type=int, default=0)
    parser.add_argument("--within", action="store_true")
    given = parser.parse_args()
    out = Console()
    book = load_folder(given.book, "levelled")
    values = [v for v in merged(carbon_tables.independent(given.tables, book)) if v.activity not in NOT_CALIBRATED]
    with (given.book / "money.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    new = levelled(rows, calibrate(book, values, others=(WORLD,)))
    differing = sum(a != b for a, b in zip(rows, new, strict=True))
    out.print(f"book {LATEST}: {differing} of {len(rows)} money factors differ from what the tables give")
    if given.write:
        with given.write.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(new[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(new)
    split = [v for v in values if not held_out(v.sector, v.country)] if given.within else values
    tried = [_split(book, split, str(seed)) for seed in range(given.splits)]
    if tried:
        shares, widths = zip(*tried, strict=True)
        out.print(
            f"refitted on {given.splits} other splits: {statistics.mean(shares):.3f} of the third held out inside "
            f"({min(shares):.3f} to {max(shares):.3f}), median high/low {statistics.mean(widths):.2f} "
            f"({min(widths):.2f} to {max(widths):.2f})"
        )


def levelled(rows: list[dict[str, str]], found: Levels) -> list[dict[str, str]]:
    """The rows of money.csv with their levels and errors; activities without any value have no level."""
    done = []
    for row in rows:
        key = (row["activity"], row["country"])
        if row["activity"] not in found.gsd:
            done.append({**row, "level": ""})
            continue
        log = math.log(found.gsd[row["activity"]]) + (WORLD_EXTRA_LOG if row["country"] == WORLD else 0)
        level = _of_euro_area(rows, row, found) if row["country"] == EURO_AREA else found.level[key]
        # Rounded up, so that no interval is narrower than what was worked out.
        gsd = math.ceil(math.exp(log) * 100) / 100
        done.append({**row, "gsd": f"{gsd:g}", "level": f"{level:.{DIGITS}g}"})
    return [
        {**row, "level": f"{level_of_parts(done, row['activity'], row['country']):.{DIGITS}g}"}
        if row["activity"] in PARTS and row["price_basis"] == "basic price"
        else row
        for row in done
    ]


def _of_euro_area(rows: list[dict[str, str]], row: dict[str, str], found: Levels) -> float:
    """What makes the area the mean of its six."""
    six = {r["country"]: float(r["value"]) for r in rows if r["activity"] == row["activity"]}
    mean = statistics.mean(six[code] * found.level[row["activity"], code] for code in EURO_SIX)
    return mean / float(row["value"])


def _split(book: Book, values: list[Value], seed: str) -> tuple[float, float]:
    def other(sector: str, country: str) -> bool:
        return held_out(f"{seed}|{sector}", country)

    with patch.object(calibration, "held_out", other):
        found = calibrate(book, values)
    misplaced = float(1 - calibration.CODED) * math.log(float(calibration.MISPLACED_GSD)) ** 2
    inside, widths = [], []
    for one in values:
        if one.activity in found.gsd and other(one.sector, one.country):
            half = float(calibration.QUANTILE_90) * math.hypot(math.log(found.gsd[one.activity]), math.sqrt(misplaced))
            ours = book_kg(book, one.activity, one.country) * found.level[one.activity, one.country]
            inside.append(abs(math.log(one.kg / ours)) <= half)
            widths.append(math.exp(2 * half))
    return statistics.mean(inside), statistics.median(widths)


if __name__ == "__main__":
    main()
