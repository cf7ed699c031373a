"""The same expressions on Spark: every sum equal to DuckDB's, to the last microgram."""

from pathlib import Path

import pytest

pytest.importorskip("pyspark", reason="needs the extra `spark` and Java")

import ibis
import pyarrow.parquet as pq

from bocage.engines.carbon.batch import city_months, connect, encode, encoding, person_months, weigh
from bocage.engines.carbon.batch.tests.test_batch import _people, _table

pytestmark = pytest.mark.heavy


def test_spark_and_duckdb_agree_on_every_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "LINES_A_PART", 3000)
    pq.write_table(_table(_people(11, 200, 60)), tmp_path / "lines.parquet")
    run = tmp_path / "run"
    with connect() as db:
        encode(db, [tmp_path / "lines.parquet"], run)
        weigh(db, run)
        for name, expression, keys in (
            ("person-months", person_months, "person, month"),
            ("city-months", city_months, "month, category, factor"),
        ):
            backend = ibis.pyspark.connect()
            lines = backend.read_parquet(str(run / "part-*.parquet"))
            theirs = expression(lines, backend.read_parquet(str(run / "rates.parquet"))).to_pyarrow().to_pylist()
            columns = ", ".join(keys.split(", ") + [f"sum({c}) as {c}" for c in theirs[0] if c not in keys])
            found = db.execute(f"select {columns} from read_parquet('{run}/{name}-*.parquet') group by {keys}")
            assert found.description is not None
            names = [column[0] for column in found.description]
            ours = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            assert _whole(ours) == _whole(theirs)


def _whole(rows: list[dict[str, object]]) -> list[str]:
    """Rows as comparable text: Spark gives decimals where DuckDB gives integers."""
    whole = [{n: v if isinstance(v, str) else int(str(v).split(".")[0]) for n, v in row.items()} for row in rows]
    return sorted(str(sorted(row.items())) for row in whole)
