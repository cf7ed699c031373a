"""Tables read or refused, no look into the future, gaps, intervals, saving; on a made-up road whose future is known."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bocage.engines.forecast import ForecastError, Table, baselines, boosting, forecast_soon, intervals, model, network
from bocage.engines.forecast.commands import forecast
from bocage.engines.forecast.features import learn_scale, rows_of
from bocage.engines.forecast.reading import read_adjacency, read_table
from bocage.engines.forecast.series import fill, learn_graph

SLOTS = 288


def road(days: int = 5, detectors: int = 6, seed: int = 1) -> Table:
    """Waves that run upstream, a detector every quarter of an hour, a rush hour a day, and noise."""
    dice = np.random.default_rng(seed)
    steps = np.arange(days * SLOTS)
    rush = 25 * np.exp(-(((steps % SLOTS) - 100) ** 2) / 200)
    surprise = 20 * np.convolve(dice.random(len(steps) + 60) < 0.01, np.ones(12))[: len(steps) + 60].clip(0, 1)
    columns = [65 - rush - surprise[3 * each : 3 * each + len(steps)][: len(steps)] for each in range(detectors)]
    values = np.stack(columns, axis=1) + dice.normal(0, 1, (len(steps), detectors))
    return Table(values.clip(3).astype(np.float32), tuple(f"d{each}" for each in range(detectors)))


def written(folder: Path, text: str) -> Path:
    path = folder / "speeds.csv"
    path.write_bytes(text.encode())
    return path


def test_zeros_and_gaps_are_missing_readings_and_a_column_of_times_is_none(tmp_path: Path) -> None:
    path = written(tmp_path, "timestamp,a,b\n2012-03-01 00:00,60,0\n2012-03-01 00:05,,nan\n")
    table = read_table(path)
    assert table.names == ("a", "b")
    assert np.array_equal(table.values, [[60, np.nan], [np.nan, np.nan]], equal_nan=True)
    assert read_table(path, zero_is_missing=False).values[0, 1] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n3\n", "line 3: 1 fields where the header has 2"),
        ("a,b\n1,fast\n", "line 2, b: 'fast' is not a number"),
        ("a,b\n ,fast\n", "line 2, b: 'fast' is not a number"),
        ("a,b\n1,-4\n", "line 2, b: '-4' is not a number from 0"),
        ("a,b\n1,inf\n", "line 2, b: 'inf' is not"),
        ("a,a\n1,2\n", "two detectors have one name"),
        ("", "line 1: there is no header"),
        ("a,b\n", "line 2: there is no reading"),
        ("a,b\n1,\x002\n", "speeds.csv"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_by_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ForecastError, match=r"^speeds\.csv") as raised:
        read_table(written(tmp_path, text))
    assert said in str(raised.value)


def test_distances_become_weights_as_published_and_strangers_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "ties.csv"
    path.write_text("from,to,cost\na,b,100\nb,a,2000\na,zz,5\na,c,900\n")
    weights = read_adjacency(path, ("a", "b", "c"))
    spread = np.std([100, 2000, 900])
    assert weights[0, 1] == pytest.approx(math.exp(-((100 / spread) ** 2)))
    assert weights[1, 0] == 0  # exp(-(2000 / 781)^2) is below a tenth
    assert np.diag(weights).tolist() == [1, 1, 1]
    path.write_text("1,0\n0,1\n")
    with pytest.raises(ForecastError, match="2 rows for 3 detectors"):
        read_adjacency(path, ("a", "b", "c"))


def test_a_forecast_looks_at_nothing_that_comes_after_it() -> None:
    """Whatever is written over the future, what is known at an origin stays the same to the bit."""
    table = road()
    graph = learn_graph(replace(table, values=table.values[:1000]), None)
    series = fill(replace(table, values=table.values[:1000]), graph)
    scale, origins = learn_scale(series, graph), np.arange(1100, 1110)
    changed = table.values.copy()
    changed[1110:] = np.random.default_rng(5).uniform(1, 90, changed[1110:].shape)
    one, other = (
        rows_of(fill(replace(table, values=values), graph), graph, scale, origins, (1, 3, 6, 12), hindsight=False)
        for values in (table.values, changed)
    )
    assert np.array_equal(one.shared, other.shared)
    assert np.array_equal(one.ahead, other.ahead)


def test_neighbours_are_those_whose_changes_come_first() -> None:
    graph = learn_graph(road(days=8), None)
    # Waves reach detector 3 three steps after detector 4.
    assert graph.neighbours[3, 0] == 4


@given(st.lists(st.booleans(), min_size=40, max_size=40), st.integers(0, 5))
def test_gaps_are_filled_from_the_past_and_their_age_is_known(read: list[bool], detector: int) -> None:
    table = GAPS
    values = table.values.copy()
    values[-40:, detector] = np.where(read, values[-40:, detector], np.nan)
    series = fill(replace(table, values=values), GAPS_GRAPH)
    assert np.isfinite(series.filled).all()
    assert (series.filled >= 0).all()
    age = 0
    for back, here in enumerate(read):
        age = 0 if here else age + 1
        step = len(values) - 40 + back
        assert series.age[step, detector] == min(age, 13)
        if 0 < age <= 12:
            assert series.filled[step, detector] == series.filled[step - 1, detector]


GAPS = road(days=3)
GAPS_GRAPH = learn_graph(GAPS, None)


def test_too_little_and_silence_are_refused() -> None:
    with pytest.raises(ForecastError, match="are not 3 days"):
        learn_graph(road(days=2), None)
    values = road().values.copy()
    values[:, 2] = np.nan
    with pytest.raises(ForecastError, match="detector d2: it has no reading"):
        learn_graph(replace(road(), values=values), None)


def test_the_network_learns_what_neighbours_tell_and_the_ridge_too() -> None:
    """A wave three steps away is worth more than the last value: on days that were not learnt from."""
    table = road(days=10)
    cut = 8 * SLOTS
    trained = replace(table, values=table.values[:cut])
    graph = learn_graph(trained, None)
    past, series = fill(trained, graph), fill(table, graph)
    scale = learn_scale(past, graph)
    rows = rows_of(past, graph, scale, np.arange(11, cut - 3), (3,), hindsight=True)
    truth = np.stack([trained.values[np.arange(11, cut - 3) + 3].ravel()], axis=1)
    learnt = network.fit(rows, truth - rows.now[:, None], len(table.names), 1)
    origins = np.arange(cut, len(table.values) - 3)
    test = rows_of(series, graph, scale, origins, (3,), hindsight=False)
    actual = table.values[origins + 3]
    by_network = (test.now + learnt.predict(test)[:, 0]).reshape(actual.shape)
    by_ridge = baselines.Ridge(past, graph, trained.values, 3)(series, origins)
    last = np.abs(baselines.last_value(series, origins) - actual)[:, :-1].mean()
    assert np.abs(by_network - actual)[:, :-1].mean() < 0.7 * last
    assert np.abs(by_ridge - actual)[:, :-1].mean() < last


def test_the_gradient_is_the_slope_of_the_error() -> None:
    dice = np.random.default_rng(3)
    inputs, target, who = dice.normal(size=(64, 5)), dice.normal(size=(64, 2)) + 3, np.arange(64) % 3
    weights: network.Weights = {
        name: each.astype(np.float64) for name, each in network._fresh(dice, 5 + 12, 3, 2).items()
    }

    def error(changed: network.Weights) -> float:
        seen = np.hstack([inputs, changed["embedding"][who]])
        wrong = np.abs(network._forward(seen, changed)[2] - target)
        core = network.CORE
        return float(np.where(wrong < core, wrong**2 / (2 * core), wrong - core / 2).sum() / len(inputs))

    dropped, network.DROPPED = network.DROPPED, 0.0
    try:
        slope = network._slope(dice, inputs, who, target, weights)
    finally:
        network.DROPPED = dropped
    for name, each in weights.items():
        at = np.unravel_index(int(np.argmax(np.abs(slope[name]))), each.shape)
        ahead, behind = {**weights, name: each.copy()}, {**weights, name: each.copy()}
        ahead[name][at] += 1e-5
        behind[name][at] -= 1e-5
        assert (error(ahead) - error(behind)) / 2e-5 == pytest.approx(slope[name][at], rel=1e-3)


@given(st.integers(0, 2**31), st.sampled_from([0.5, 3.0]))
def test_intervals_hold_what_they_promise_where_days_are_alike(seed: int, spread: float) -> None:
    dice = np.random.default_rng(seed)
    wrong = dice.standard_t(3, size=40_000) * spread
    low_80, high_80, low_90, high_90 = intervals._ends(wrong[:20_000])
    fresh = wrong[20_000:]
    # Five standard errors of both halves below what is promised.
    assert np.mean((fresh >= low_80) & (fresh <= high_80)) > 0.78
    assert np.mean((fresh >= low_90) & (fresh <= high_90)) > 0.885
    assert low_90 <= low_80 < high_80 <= high_90


def test_a_live_forecaster_says_what_the_evaluation_says_and_is_the_same_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("lightgbm", reason="needs ./bocage extras add city")
    from bocage.engines.forecast.forecaster import Forecaster

    monkeypatch.setattr(boosting, "TREES", 20)
    monkeypatch.setattr(network, "EPOCHS", 2)
    table = road(days=6)
    cut = 5 * SLOTS
    alive = Forecaster.train(replace(table, values=table.values[:cut]))
    for row in table.values[cut : cut + 7].tolist():
        alive.observe(row)
    fitted = alive._fitted
    rows = fitted.rows(fill(table, fitted.graph), np.array([cut + 6]))
    assert [each.value for each in alive.forecast(30)] == pytest.approx(fitted.predict(rows)[:, 2], abs=0.01)
    alive.save(tmp_path / "road.npz")
    again = Forecaster.load(tmp_path / "road.npz")
    for minutes in (5, 22, 60):
        assert again.forecast(minutes) == alive.forecast(minutes)
    with pytest.raises(ForecastError, match="not between 5 and 60"):
        alive.forecast(90)
    with pytest.raises(ForecastError, match="5 readings for 6"):
        alive.observe([1.0] * 5)
    fresh = {each.detector: each for each in alive.forecast(15)}
    for row in table.values[cut + 7 : cut + 27].tolist():
        row[3] = None
        alive.observe(row)
    gone = {each.detector: each for each in alive.forecast(15)}
    assert gone["d3"].high_90 - gone["d3"].low_90 > fresh["d3"].high_90 - fresh["d3"].low_90
    assert "silent for more than an hour" in gone["d3"].reasons[0]
    (tmp_path / "other.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(ForecastError, match="no forecaster"):
        Forecaster.load(tmp_path / "other.npz")


def test_the_command_measures_and_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lightgbm", reason="needs ./bocage extras add city")
    monkeypatch.setattr(boosting, "TREES", 20)
    monkeypatch.setattr(network, "EPOCHS", 2)
    table = road(days=6)
    path = tmp_path / "speeds.csv"
    np.savetxt(path, table.values, delimiter=",", header=",".join(table.names), comments="", fmt="%.2f")
    answer = CliRunner().invoke(forecast, ["evaluate", str(path), "--json"])
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert set(found["mae"]) == {"15", "30", "60"}
    assert found["mae"]["15"] < found["horizons"]["15"]["others"]["last value"]
    assert found["horizons"]["15"]["silent"]["width"]["90"] > found["horizons"]["15"]["intervals"]["width"]["90"]
    assert found["trained_steps"] == int(0.8 * len(table.values))
    path.write_text("a,b\n1,2\n")
    answer = CliRunner().invoke(forecast, ["evaluate", str(path), "--json"])
    assert answer.exit_code == 2
    assert "steps are not 3 days" in answer.stderr


def test_silencing_takes_what_it_says() -> None:
    table = road(days=40)
    gone = np.isnan(model.silenced(table, 1, share=0.2).values).mean()
    assert 0.1 < gone < 0.3


def test_soon_beats_the_last_value_and_holds_what_it_promises() -> None:
    """Asked 25 times on the fourth and fifth day, each time from what had been read by then."""
    table = road()
    wrong, last, inside = [], [], []
    for now in range(3 * SLOTS, 5 * SLOTS - 12, 23):
        said = forecast_soon(replace(table, values=table.values[:now]), [15])
        for each, truth, before in zip(said, table.values[now + 2], table.values[now - 1], strict=True):
            wrong.append(abs(each.value - truth))
            last.append(abs(before - truth))
            inside.append(each.low <= truth <= each.high)
    assert np.mean(wrong) < 0.9 * np.mean(last)
    assert 0.72 < np.mean(inside) < 0.9


def test_soon_leaves_out_whoever_is_silent_and_refuses_less_than_a_day() -> None:
    table = road(2)
    table.values[-1, 2], table.values[:, 4] = np.nan, np.nan
    assert [each.detector for each in forecast_soon(table, [60])] == ["d0", "d1", "d3", "d5"]
    with pytest.raises(ForecastError, match="less than a day"):
        forecast_soon(replace(table, values=table.values[:200]), [15])
    with pytest.raises(ForecastError, match="not steps"):
        forecast_soon(table, [7])
