"""Tracks: one each, in metres, with error bars that hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.video import Detections, Tracker, VideoError, footprint
from bocage.engines.video.tests.streets import street
from bocage.engines.video.tracking import iou
from bocage.engines.video.types import CAR, LENGTH, PERSON, WIDTH, TrackState

NOTHING = Detections(np.zeros((0, 4)), np.zeros(0, dtype=np.int64), np.zeros(0))


def boxes(places: list[tuple[float, float]], kind: int = CAR, noise: np.ndarray | None = None) -> Detections:
    """What a camera would box of road users that face away from it."""
    count = len(places)
    ground, heading = street().homography, np.tile([0.0, 1.0], (count, 1))
    length, width = np.full(count, LENGTH[kind]), np.full(count, WIDTH[kind])
    foot = footprint.foot(ground, np.array(places), heading, length, width)
    corners = ground.to_image(footprint.corners(np.array(places), heading, length, width).reshape(-1, 2))
    wide = np.ptp(corners.reshape(count, 4, 2)[:, :, 0], axis=1)
    box = np.stack([foot[:, 0] - wide / 2, foot[:, 1] - wide, foot[:, 0] + wide / 2, foot[:, 1]], axis=1)
    box = box if noise is None else box + noise
    return Detections(box, np.full(count, kind), np.ones(count))


def followed(frames: list[Detections], fps: float = 10.0) -> list[list[TrackState]]:
    tracker = Tracker(street())
    return [tracker.step(at / fps, seen) for at, seen in enumerate(frames)]


@settings(max_examples=5, deadline=None)
@given(st.floats(4, 20), st.integers(0, 1_000))
def test_speed_and_place_are_right_within_their_error_bars(speed: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    frames = [boxes([(1.7, 8 + speed * at / 10)], noise=draw.normal(0, 1, (1, 4))) for at in range(20)]
    [last] = followed(frames)[-1]
    off = last.position - [1.7, 8 + speed * 1.9]
    assert (np.abs(off) < 5 * np.sqrt(np.diag(last.covariance)[:2]) + 0.1).all()
    along, sigma = last.along(np.array([0.0, 1.0]))
    assert abs(along - speed) < 5 * sigma
    assert sigma < 2
    assert np.hypot(*(last.rear - last.position + [0, 2.25])) < 0.8  # headings come from speed


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_boxes_changes_nothing(order: list[int]) -> None:
    places = [(1.7, 10.0), (1.7, 22.0), (5.2, 12.0), (-1.7, 30.0)]
    plain, mixed = [], []
    for at in range(12):
        moved = [(x, y + 0.8 * at) for x, y in places]
        plain.append(boxes(moved))
        mixed.append(boxes([moved[each] for each in order]))
    key = lambda each: (round(float(each.position[0]), 6), round(float(each.position[1]), 6))  # noqa: E731
    assert sorted(map(key, followed(plain)[-1])) == sorted(map(key, followed(mixed)[-1]))


def test_one_vehicle_is_one_track_through_a_second_unseen() -> None:
    frames = [NOTHING if 15 <= at < 25 else boxes([(1.7, 8 + 0.8 * at)]) for at in range(40)]
    moments = followed(frames)
    assert {each.track for moment in moments for each in moment} == {moments[-1][0].track}
    assert [each.seen for each in moments[20]] == [False]
    assert moments[20][0].position_sigma(np.array([0.0, 1.0])) > 3 * moments[14][0].position_sigma(np.array([0.0, 1.0]))


def test_two_that_pass_keep_their_numbers() -> None:
    moments = followed([boxes([(1.7, 8 + 1.0 * at), (-1.7, 40 - 1.0 * at)]) for at in range(30)])
    ends = [{each.track: each.position[0] > 0 for each in moments[at]} for at in (6, 29)]
    assert ends[0] == ends[1]
    assert len(ends[0]) == 2


def test_a_flicker_is_no_track_and_somebody_gone_is_forgotten() -> None:
    assert all(not moment for moment in followed([boxes([(1.7, 20)]), *[NOTHING] * 5, boxes([(1.7, 20)])]))
    moments = followed([*[boxes([(1.7, 20)])] * 10, *[NOTHING] * 60])
    assert moments[9]
    assert not moments[-1]


def test_a_kind_is_what_most_frames_say() -> None:
    frames = [boxes([(1.7, 15)], PERSON if at == 10 else CAR) for at in range(20)]
    assert {each.kind for each in followed(frames)[-1]} == {"car"}


def test_what_lies_above_the_horizon_stands_nowhere() -> None:
    sky = Detections(np.array([[300.0, 0, 320, 3]]), np.array([CAR]), np.ones(1))
    assert all(not moment for moment in followed([sky] * 10))


def test_bad_frames_are_refused() -> None:
    tracker = Tracker(street())
    tracker.step(1.0, NOTHING)
    with pytest.raises(VideoError, match="second 1 comes after one of 1"):
        tracker.step(1.0, NOTHING)
    with pytest.raises(VideoError, match="no area"):
        Detections(np.array([[5.0, 5, 5, 9]]), np.array([CAR]), np.ones(1))
    with pytest.raises(VideoError, match="more than 500"):
        Detections(np.tile([0.0, 0, 9, 9], (501, 1)), np.full(501, CAR), np.ones(501))
    with pytest.raises(VideoError, match="a kind is unknown"):
        Detections(np.array([[0.0, 0, 9, 9]]), np.array([99]), np.ones(1))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, 100)] * 2, *[st.floats(1, 50)] * 2), min_size=1, max_size=5))
def test_overlap_is_one_with_oneself_and_symmetric(raw: list[tuple[float, float, float, float]]) -> None:
    box = np.array([[x, y, x + w, y + h] for x, y, w, h in raw])
    found = iou(box, box)
    assert np.allclose(np.diag(found), 1)
    assert np.allclose(found, found.T)
    assert ((found >= 0) & (found <= 1 + 1e-9)).all()
