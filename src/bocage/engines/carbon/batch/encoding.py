"""Lines -> prepared parts: texts and money become a whole number (the rate), refunds are matched, persons sorted.

A part holds whole persons, so that parts are worked on apart, in any order, and a stopped run goes on where it was. In
a part: `person`, `month` (year x 12 + month - 1), `spent_minor` (negative for a refund, 0 where money only came in) and
`rate`, sorted by person and month. Beside the parts lie `rates.parquet`, `kinds.parquet` (what each text was taken
for) and `run.json` (what was encoded, with which book).
"""

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bocage.engines.carbon.assess import UNKNOWN
from bocage.engines.carbon.batch.kinds import KEY, in_groups, rates_of, read_kinds
from bocage.engines.carbon.batch.refunds import Entry, matched
from bocage.engines.carbon.batch.tables import open_lines, quoted
from bocage.engines.carbon.book import Book, load
from bocage.engines.carbon.types import CarbonError

LINES_A_PART = 4_000_000
PARTS_LIMIT = 4_096
ROWS_A_FETCH = 100_000
_SAME = " and ".join(
    f"k.{name} is not distinct from {'(l.amount_minor > 0)' if name == 'money_in' else f'l.{name}'}" for name in KEY
)
# The merchant's words tell whose refund it may be; lines of no words are never matched.
_SPOOL_SQL = f"""
copy (
    select {{person}} as person, l.booked_on, l.amount_minor, k.kind, l.line, hash(l.person) % {{parts}} as part
    from (select *, row_number() over () as line from lines) l join kinds k on {_SAME} {{people}}
) to '{{folder}}' (format parquet, partition_by (part), overwrite_or_ignore)
"""
_ENTRIES_SQL = """
with told as (
    select s.person, s.booked_on, s.amount_minor, s.line, k.words, k.currency, k.exponent, k.bought, r.rate
    from spooled s join kinds k using (kind) join rate_of_kind r on r.kind = s.kind and r.year = year(s.booked_on)
    where k.words <> '' and s.amount_minor <> 0
), refunded_at as (select distinct person, words, currency, exponent from told where amount_minor > 0)
select t.person, t.words, t.currency, t.exponent, t.line, datediff('day', date '1970-01-01', t.booked_on),
    t.amount_minor, t.rate, t.bought and t.rate > 0
from told t semi join refunded_at s using (person, words, currency, exponent)
order by t.person, t.words, t.currency, t.exponent, t.booked_on, t.amount_minor > 0, t.line
"""
# Money out counts at its own rate; money in at the purchase's that it takes back, else at its own where it names itself
# a refund of something recognised, else at nothing.
_PART_SQL = f"""
copy (
    select s.person, (year(s.booked_on) * 12 + month(s.booked_on) - 1)::integer as month,
        case when counts then -s.amount_minor else 0 end::bigint as spent_minor,
        case when counts then coalesce(m.rate, r.rate) else 0 end as rate
    from spooled s join kinds k using (kind) join rate_of_kind r on r.kind = s.kind and r.year = year(s.booked_on)
        left join refunded m using (line),
        lateral (select s.amount_minor < 0 or (s.amount_minor > 0 and (
            m.rate is not null or (k.refund and k.bought and k.item <> '{UNKNOWN}'))) as counts)
    order by s.person, month
) to '{{file}}' (format parquet, row_group_size 500000)
"""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What an encoding did: `lines` in `parts`, `new_texts` of `texts` read afresh, `refunds` matched."""

    lines: int
    parts: int
    texts: int
    new_texts: int
    refunds: int
    resumed_parts: int


def encode(
    db: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    folder: Path,
    *,
    book: Book | None = None,
    progress: Callable[[str, int, int], None] = lambda _step, _done, _of: None,
) -> Encoded:
    """Prepare lines (see `tables.open_lines`) in `folder`, going on where an earlier run of the same files stopped.

    `progress` is told (step, done, of). Raises `CarbonError` for bad lines, and for a folder of another run.
    """
    used = book or load()
    by_number = open_lines(db, files)
    ((lines,),) = db.execute("select count(*) from lines").fetchall()
    parts = max(1, math.ceil(lines / LINES_A_PART))
    if parts > PARTS_LIMIT:
        raise CarbonError("lines", f"{lines} lines, at most {PARTS_LIMIT * LINES_A_PART} are taken.")
    folder.mkdir(parents=True, exist_ok=True)
    run = {"book": used.version, "digest": used.digest, "files": _identity(files), "lines": lines, "parts": parts}
    _same_run(folder / "run.json", run)
    ((texts,),) = db.execute("select approx_count_distinct(merchant) from lines").fetchall()
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        progress("texts", done, max(texts, done))

    new = read_kinds(db, used, folder / "kinds.parquet", told)
    rates = rates_of(db, used)
    db.register("rate_of_kind", rates.by_kind)
    pq.write_table(rates.table, folder / "rates.parquet")
    _spool(db, folder, parts, by_number)
    refunds = resumed = 0
    for part in range(parts):
        target = folder / f"part-{part:04d}.parquet"
        resumed += target.exists()
        if not target.exists():
            refunds += _write_part(db, folder / "spool" / f"part={part}", target)
        progress("parts", part + 1, parts)
    shutil.rmtree(folder / "spool")
    ((texts,),) = db.execute("select count(*) from kinds").fetchall()
    return Encoded(lines, parts, texts, new, refunds, resumed)


def _identity(files: Sequence[Path]) -> str:
    """A digest of names, sizes and times of change: enough to tell that a folder holds another run."""
    told = [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _same_run(file: Path, run: dict[str, Any]) -> None:
    if not file.exists():
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(run, indent=1) + "\n")
        draft.replace(file)
        return
    known = json.loads(file.read_text())
    differing = [name for name in run if known.get(name) != run[name]]
    if differing:
        what = "lines" if "files" in differing else "book"
        raise CarbonError("out", f"{file.parent} holds a run of other {what}; choose another folder, or remove it.")


def _spool(db: duckdb.DuckDBPyConnection, folder: Path, parts: int, by_number: bool) -> None:
    """Lines by part, each with its kind; written whole or not at all."""
    spool, draft = folder / "spool", folder / "spool-draft"
    if spool.exists():
        return
    if all((folder / f"part-{part:04d}.parquet").exists() for part in range(parts)):
        spool.mkdir()
        return
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    people = ""
    if not by_number:
        numbered = (
            "select person as name, row_number() over (order by person) as number"
            " from (select distinct person from lines)"
        )
        db.execute("copy (" + numbered + ") to ? (format parquet)", [str(folder / "people.parquet")])
        people = f"join '{quoted(folder / 'people.parquet')}' p on p.name = l.person"
    person = "l.person::bigint" if by_number else "p.number"
    db.execute(_SPOOL_SQL.format(person=person, parts=parts, people=people, folder=quoted(draft)))
    draft.rename(spool)


def _write_part(db: duckdb.DuckDBPyConnection, spooled: Path, target: Path) -> int:
    """One part, with its refunds matched; how many were."""
    pattern = quoted(spooled / "*.parquet")
    there = any(spooled.glob("*.parquet")) if spooled.exists() else False
    source = f"select * from read_parquet('{pattern}')" if there else _NO_LINES
    db.execute(f"create or replace temp view spooled as {source}")
    found = list(matched(_entries(db)))
    refunded = pa.table(
        {"line": pa.array([line for line, _ in found], pa.int64()), "rate": pa.array([r for _, r in found], pa.int32())}
    )
    db.register("refunded", refunded)
    draft = target.with_suffix(".draft")
    db.execute(_PART_SQL.format(file=quoted(draft)))
    db.unregister("refunded")
    draft.replace(target)
    return len(found)


_NO_LINES = (
    "select 0::bigint as person, date '2000-01-01' as booked_on, 0::bigint as amount_minor, 0::integer as kind,"
    " 0::bigint as line where false"
)


def _entries(db: duckdb.DuckDBPyConnection) -> Iterator[list[Entry]]:
    """The lines of each person and merchant that money came in from, in the engine's order."""
    for group in in_groups(_rows(db.execute(_ENTRIES_SQL)), key=lambda row: row[:4]):
        yield [Entry(line, day, amount, rate, bought) for *_key, line, day, amount, rate, bought in group]


def _rows(reader: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := reader.fetchmany(ROWS_A_FETCH):
        yield from rows
