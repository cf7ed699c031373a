"""Gaps in a queue are filled, an empty lane is remembered, and whole sensors are left alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bocage.engines.signals.tests.town import town

pytest.importorskip("numba")

from bocage.engines.signals.layout import lay_out
from bocage.engines.signals.rollout import Queue
from bocage.engines.signals.unseen import Unseen

# Compiled once a run, by one worker.
pytestmark = pytest.mark.xdist_group("signals")

# Lanes of `town`: 0 from the north, 1 from the east, 2 from the south, 3 from the west, 4 at the crossing on foot.
WEST = 3


def standing(metres: list[float]) -> Queue:
    count = len(metres)
    start = np.asarray([0, 0, 0, 0, count, count], dtype=np.int64)
    ones = np.ones(count)
    return Queue(start, np.full(count, 3, dtype=np.int64), np.asarray(metres), 0.0 * ones, ones, 9.0 * ones)


def watched(tmp_path: Path, queue: Queue, seconds: int) -> tuple[Unseen, Queue]:
    unseen = Unseen(lay_out(town(tmp_path), close_metres=10.0))
    answer = queue
    for _ in range(seconds):
        answer = unseen.completed(queue, np.zeros(5, np.int64), np.zeros(2, np.int64))
    return unseen, answer


def test_whole_queues_are_left_as_they_are(tmp_path: Path) -> None:
    queue = standing([1.0, 8.5, 16.2, 23.4])
    unseen, answer = watched(tmp_path, queue, 60)
    assert unseen.share == 1.0
    assert answer is queue


def test_gaps_are_filled_and_empty_lanes_remembered(tmp_path: Path) -> None:
    unseen, answer = watched(tmp_path, standing([8.5, 16.0, 31.0]), 300)
    assert unseen.share == pytest.approx(0.5, abs=0.05), "two of four before the last"
    assert int(np.diff(answer.start)[WEST]) == 5
    assert int(np.diff(answer.start)[1]) == 1, "somebody may stand in the east by now"
    assert int(np.diff(answer.start)[0]) == 0, "the north has green"


def test_who_stands_far_off_is_in_no_queue(tmp_path: Path) -> None:
    unseen, answer = watched(tmp_path, standing([1.0, 8.5, 90.0]), 60)
    assert unseen.share == 1.0
    assert int(np.diff(answer.start)[WEST]) == 3
    assert replace(answer, start=answer.start).rank.tolist() == [0, 1, 2]


def test_one_who_is_still_coming_hides_nobody_at_the_line(tmp_path: Path) -> None:
    queue = standing([8.5, 16.0, 31.0])
    east = replace(
        queue,
        start=np.asarray([0, 0, 1, 1, 4, 4], np.int64),
        **{name: np.insert(getattr(queue, name), 0, value) for name, value in (("metres", 80.0), ("due", 6.0))},
        **{name: np.insert(getattr(queue, name), 0, value) for name, value in (("weight", 1.0), ("waiting", 0.0))},
        movement=np.insert(queue.movement, 0, 1),
    )
    _, answer = watched(tmp_path, east, 300)
    here = slice(answer.start[1], answer.start[2])
    assert answer.metres[here].tolist() == [0.0, 80.0], "one who may stand there unseen, and the one who comes"
