"""Vehicles counted over a line and not yet in sight of the next one."""

from pathlib import Path

import numpy as np
import pytest

from bocage.engines.signals.coming import JUNCTION_METRES, Coming
from bocage.engines.signals.layout import lay_out
from bocage.engines.signals.tests.town import NET, seen, town

# The street between the two signals is 180 m long.
LONG = NET.replace('length="20" shape="20,0', 'length="180" shape="180,0')
OVER, NEXT = 4, 1


@pytest.mark.parametrize("reach", [100.0, 250.0])
def test_who_was_counted_is_on_the_way_until_in_sight(tmp_path: Path, reach: float) -> None:
    network = town(tmp_path, LONG)
    one = Coming(network, lay_out(network))
    far = (0, reach, 12.0, 0.0)
    places = []
    for second in range(20):
        link, metres, due, many = one.beyond_sight(seen(network, far, passed={OVER: 2} if second == 1 else {}), 200.0)
        assert link.tolist() in ([], [NEXT])
        assert (metres > reach).all()
        assert due == pytest.approx(metres / 13.89)
        places += [(second, float(metres[0]), float(many[0]))] if len(link) else []
    if reach > 200.0:
        assert places == [], "the sensors see it all"
    else:
        length = 180.0 + JUNCTION_METRES
        assert [second for second, _, _ in places] == list(range(1, 8))
        assert [metres for _, metres, _ in places] == pytest.approx([length - 13.89 * age for age in range(7)])
        assert {many for _, _, many in places} == {2.0}


def test_they_take_the_lanes_that_those_before_took(tmp_path: Path) -> None:
    turning = LONG.replace(
        "</net>",
        '<connection from="e" to="no" fromLane="0" toLane="0" via=":cross_9_0" tl="cross" linkIndex="1"/></net>',
    )
    network = town(tmp_path, turning)
    assert [link.exit_lane for link in network.signals[0].links][1:3] == ["wo_0", "no_0"]
    one = Coming(network, lay_out(network))
    for _ in range(6):
        one.beyond_sight(seen(network, passed={2: 1}), 200.0)
    link, _, _, many = one.beyond_sight(seen(network, (0, 90.0, 12.0, 0.0), passed={5: 1}), 200.0)
    assert link.tolist() == [1, 2]
    assert many.tolist() == pytest.approx([1 / 8, 7 / 8], abs=0.01)
    assert np.isclose(many.sum(), 1.0)
