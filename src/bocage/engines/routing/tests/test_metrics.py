"""Metrics agree with one another: what is along a way is what stands in the block."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.engines.routing.metrics import OUT_OF_REACH, Euclid, Excerpt, Flight
from bocage.engines.routing.types import Metric

COORDINATES = np.random.default_rng(7).uniform(0, 100, (12, 2))


@given(st.lists(st.integers(0, 11), min_size=2, max_size=9), st.sampled_from(["exact", "flight", "excerpt"]))
def test_along_is_what_the_block_says(way: list[int], name: str) -> None:
    places = np.asarray(way, dtype=np.int64)
    plain = Euclid(COORDINATES)
    metrics: dict[str, Metric] = {
        "exact": plain,
        "flight": Flight(COORDINATES, base=3, reach=40.0, times=0.5),
        "excerpt": Excerpt.of(plain, places),
    }
    metric = metrics[name]
    block = metric.block(places, places)
    np.testing.assert_allclose(metric.along(places), np.diagonal(block, 1))
    if name == "excerpt":
        np.testing.assert_allclose(block, plain.block(places, places))


def test_what_lies_beyond_the_reach_cannot_be_flown_to() -> None:
    flight = Flight(np.asarray([[0.0, 0.0], [3.0, 4.0], [6.0, 0.0]]), base=0, reach=5.0)
    everywhere = np.arange(3)
    assert flight.block(everywhere, everywhere).tolist() == [
        [0.0, 5.0, OUT_OF_REACH],
        [5.0, 0.0, OUT_OF_REACH],
        [OUT_OF_REACH, OUT_OF_REACH, 0.0],
    ]
    assert flight.along(np.asarray([0, 1, 2, 2], dtype=np.int64)).tolist() == pytest.approx([5.0, OUT_OF_REACH, 0.0])
