"""Pixels and metres: homographies, polygons and the scene file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.video import VideoError, footprint, read, scene_of
from bocage.engines.video.ground import fit, inside
from bocage.engines.video.tests.streets import described, seen, street

places = st.lists(st.tuples(st.floats(-20, 20), st.floats(3, 80)), min_size=1, max_size=20).map(np.array)


@settings(max_examples=30, deadline=None)
@given(places)
def test_the_ground_is_found_where_it_was_surveyed(ground: np.ndarray) -> None:
    homography = street().homography
    assert np.allclose(homography.to_ground(seen(ground)), ground, atol=1e-6)
    assert np.allclose(homography.to_image(ground), seen(ground), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(places)
def test_a_pixel_is_worth_what_a_small_step_says(ground: np.ndarray) -> None:
    homography, image = street().homography, seen(ground)
    slope = homography.metres_a_pixel(image)
    for column, step in enumerate(np.eye(2) * 1e-4):
        moved = (homography.to_ground(image + step) - homography.to_ground(image - step)) / 2e-4
        assert np.allclose(slope[:, :, column], moved, rtol=1e-3, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(4, 30), st.integers(0, 10_000))
def test_more_points_average_the_survey_out(count: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    ground = np.concatenate([[[-10, 10], [10, 10], [10, 60], [-10, 60]], draw.uniform((-10, 8), (10, 60), (count, 2))])
    found = fit(seen(ground), ground + draw.normal(0, 0.05, ground.shape))
    assert found.residual_metres < 0.2
    assert np.hypot(*(found.to_ground(seen(ground)) - ground).T).max() < 0.4


def test_above_the_horizon_there_is_no_ground() -> None:
    assert np.isnan(street().homography.to_ground(np.array([[320.0, 2.0]]))).all()


@pytest.mark.parametrize(
    ("image", "ground", "says"),
    [
        ([[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 0], [1, 1]], "3 points"),
        ([[0, 0], [1, 1], [2, 2], [3, 3]], [[0, 0], [1, 0], [1, 1], [0, 1]], "on one line"),
        ([[0, 0], [1, 0], [2, 0], [1, 1]], [[0, 0], [1, 0], [2, 0], [1, 1]], "on one line"),
        ([[0, 0], [1, 0], [1, 1], [0, np.nan]], [[0, 0], [1, 0], [1, 1], [0, 1]], "not a number"),
        ([[0, 0], [1, 0], [1, 1], [0, 1]], [[0, 0], [1, 0], [0, 1], [1, 1]], "horizon"),
    ],
)
def test_points_that_say_nothing_are_refused(image: Any, ground: Any, says: str) -> None:
    with pytest.raises(VideoError, match=says):
        fit(np.array(image, dtype=float), np.array(ground, dtype=float))


@settings(max_examples=50, deadline=None)
@given(st.tuples(st.floats(-3, 3), st.floats(-3, 3)))
def test_inside_is_the_distance_to_the_edge(point: tuple[float, float]) -> None:
    square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    x, y = abs(point[0]), abs(point[1])
    within = min(1 - x, 1 - y)
    expected = within if within >= 0 else -np.hypot(max(x - 1, 0), max(y - 1, 0))
    assert inside(square, np.array([point]))[0] == pytest.approx(expected, abs=1e-9)


sizes = st.sampled_from([(4.5, 1.8), (12, 2.5), (0.5, 0.5)])


@settings(max_examples=50, deadline=None)
@given(st.floats(-8, 8), st.floats(15, 60), st.floats(-np.pi, np.pi), sizes)
def test_a_footprint_is_found_under_its_box(x: float, y: float, angle: float, size: tuple[float, float]) -> None:
    ground, heading = street().homography, np.array([[np.cos(angle), np.sin(angle)]])
    length, width = np.array([size[0]]), np.array([size[1]])
    true = np.array([[x, y]])
    across, low = footprint.foot(ground, true, heading, length, width)[0]
    box = np.array([[across - 10, low - 30, across + 10, low]])
    assert np.hypot(*(footprint.fitted(ground, box, heading, length, width) - true)[0]) < 0.01


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    value = described()
    change(value)
    return value


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda v: v.pop("width"), "scene.width: is missing"),
        (lambda v: v.update(format=2), "format: only 1"),
        (lambda v: v.update(wide=3), "scene.wide: is not known"),
        (lambda v: v["lanes"][1].update(use="tram"), r"lanes\[1\].use: one of"),
        (lambda v: v["lanes"][1].update(direction=[0, 0]), r"lanes\[1\].direction: has no length"),
        (lambda v: v["lanes"][1].update(name="away"), "two of them have one name"),
        (lambda v: v["lanes"][0].update(name="a\x00b"), r"lanes\[0\].name: 1 to 80 printable"),
        (lambda v: v["lanes"][0].update(polygon=[[0, 0], [1, 1]]), r"lanes\[0\].polygon: at least 3"),
        (lambda v: v["lanes"][0].update(polygon=[[0, 0], [1, 1], [True, 2]]), "no number"),
        (lambda v: v["lanes"][0].update(polygon=[[0, 0], [1, 1], [1e9, 2]]), "no number within"),
        (lambda v: v["speed_lines"][0].update(limit_kmh=0), r"speed_lines\[0\].limit_kmh: a number from 1 to 300"),
        (lambda v: v["speed_lines"][0].update(second=[[0, 11], [7, 11]]), "less than 5 m"),
        (lambda v: v["stop_lines"][0].update(exit_line=[[0, 30], [7, 30]]), "is the stop line"),
        (lambda v: v.update(no_stopping={}), "scene.no_stopping: a list"),
        (lambda v: v.update(lanes=[7]), r"lanes\[0\]: an object"),
        (lambda v: v["calibration"].update(image=[[0, 0]]), "calibration.image: at least 4"),
    ],
)
def test_a_scene_says_which_field_is_wrong(change: Callable[[dict[str, Any]], object], says: str) -> None:
    with pytest.raises(VideoError, match=says):
        scene_of(changed(change))


def test_a_scene_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "scene.json"
    file.write_text(json.dumps(described()))
    assert [lane.use for lane in read(file).lanes] == ["all", "bus", "all", "emergency"]
    for text in ("{", "[" * 100_000, "\x00"):
        file.write_text(text)
        with pytest.raises(VideoError, match=r"scene\.json: not JSON"):
            read(file)
    with pytest.raises(VideoError, match="No such file"):
        read(tmp_path / "none.json")
