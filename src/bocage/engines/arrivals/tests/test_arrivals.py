"""Arrivals on simulated days: intervals hold on days that nobody trained on, files are read strictly."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bocage.engines.arrivals import Ahead, ArrivalsError, Table, read_table, write_table
from bocage.engines.arrivals.commands import arrivals
from bocage.engines.arrivals.forecasting import Arrivals, _moves
from bocage.engines.arrivals.simulating import simulate

NOW = Ahead(1800.0, 5.0, 7.0, 600.0, 1.2, 10.5, 2.0)


def test_a_table_is_the_same_after_being_written(tmp_path: Path) -> None:
    table = simulate(2, couriers=2, seed=3)
    write_table(table, tmp_path / "tours.csv")
    again = read_table(tmp_path / "tours.csv")
    assert np.array_equal(again.day, table.day)
    np.testing.assert_allclose(again.known, table.known, rtol=1e-9)
    np.testing.assert_allclose(again.actual_seconds, table.actual_seconds, rtol=1e-9)
    other = simulate(2, couriers=2, seed=4)
    assert not np.array_equal(other.actual_seconds, table.actual_seconds)


HEAD = "day,planned_seconds,stops_before,parcels_before,delay_seconds,pace,hour,weekday,actual_seconds\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1"),
        ("day,pace\n1,2\n", "line 1"),
        (HEAD, "no row"),
        (HEAD + "1,60,1,1,0,1,9,0,70\n1,60,1,1,0,1,9,0\n", "line 3"),
        (HEAD + "1,60,1,1,0,1,9,0,-1\n", "line 2, actual_seconds"),
        (HEAD + "1,60,1,1,0,nan,9,0,70\n", "line 2, pace"),
        (HEAD + "1.5,60,1,1,0,1,9,0,70\n", "line 2, day"),
        (HEAD + "1,1e9,1,1,0,1,9,0,70\n", "line 2, planned_seconds"),
        (HEAD + "1,\x00,1,1,0,1,9,0,70\n", "line 2, planned_seconds"),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_its_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "tours.csv"
    file.write_text(text)
    with pytest.raises(ArrivalsError, match=said):
        read_table(file)


def test_days_are_split_whole_and_in_their_order() -> None:
    table = simulate(10, couriers=1)
    early, late = table.split(0.8)
    assert (sorted(set(early.day)), sorted(set(late.day))) == (list(range(8)), [8, 9])
    with pytest.raises(ArrivalsError, match="two days"):
        simulate(1).split(0.5)


def test_ends_move_by_the_conformal_rank() -> None:
    # 999 scores 1 to 999: the 800th of 1,000 places.
    scores = np.arange(1.0, 1000.0)
    assert _moves(np.zeros(999, dtype=np.int64), scores) == (800.0, 800.0, 800.0)


@pytest.mark.parametrize(
    ("days", "couriers", "within"), [(24, 3, 0.12), pytest.param(150, 6, 0.03, marks=pytest.mark.heavy)]
)
def test_intervals_hold_on_days_that_were_not_trained_on(days: int, couriers: int, within: float) -> None:
    pytest.importorskip("lightgbm", reason="needs ./bocage extras add parcel")
    trained, judged = simulate(days, couriers, seed=1).split(2 / 3)
    model = Arrivals.train(trained)
    found = model.intervals(judged.known)
    inside = (found[:, 0] <= judged.actual_seconds) & (judged.actual_seconds <= found[:, 2])
    assert inside.mean() == pytest.approx(0.8, abs=within)
    assert (np.diff(found, axis=1) >= 0).all()
    if days > 100:
        ours = np.abs(found[:, 1] - judged.actual_seconds).mean()
        assert ours < np.abs(judged.known[:, 0] - judged.actual_seconds).mean()


def test_what_is_said_of_a_stop_adds_up_and_survives_a_file(tmp_path: Path) -> None:
    pytest.importorskip("lightgbm", reason="needs ./bocage extras add parcel")
    model = Arrivals.train(simulate(12, couriers=3))
    (said,) = model.at([NOW])
    assert said.early_seconds <= said.expected_seconds <= said.late_seconds
    sizes = [abs(seconds) for _, seconds in said.reasons]
    assert sizes == sorted(sizes, reverse=True)
    model.save(tmp_path / "arrivals.json")
    assert Arrivals.load(tmp_path / "arrivals.json").at([NOW]) == [said]
    assert model.at([]) == []
    with pytest.raises(ArrivalsError, match="finite"):
        model.at([replace(NOW, pace=float("nan"))])
    for spoiled in ("{", "[]", json.dumps({"version": 1, "features": []})):
        (tmp_path / "bad.json").write_text(spoiled)
        with pytest.raises(ArrivalsError, match=r"bad\.json"):
            Arrivals.load(tmp_path / "bad.json")
    with pytest.raises(ArrivalsError, match="rows"):
        Arrivals.train(Table(np.arange(9), np.ones((9, 7)), np.ones(9)))


def test_the_commands_draw_train_and_judge(tmp_path: Path) -> None:
    pytest.importorskip("lightgbm", reason="needs ./bocage extras add parcel")
    tours = tmp_path / "tours.csv"
    ran = CliRunner().invoke(arrivals, ["simulate", str(tours), "--days", "10", "--couriers", "3"])
    assert ran.exit_code == 0, ran.output
    ran = CliRunner().invoke(arrivals, ["evaluate", str(tours), "--json"])
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    assert (document["days_trained"], document["days_judged"]) == (8, 2)
    ran = CliRunner().invoke(arrivals, ["train", str(tmp_path / "none.csv"), str(tmp_path / "out.json")])
    assert (ran.exit_code, "none.csv" in ran.output) == (2, True)
