"""How much room there is beyond a junction."""

from pathlib import Path

import numpy as np
import pytest

from bocage.engines.signals.beyond import Beyond
from bocage.engines.signals.tests.town import NET, town
from bocage.engines.signals.types import Stretch

# The way east of the crossing in two pieces, the second of two lanes, up to a stop line of its own.
LONGER = NET.replace(
    "</net>",
    """  <edge id="far" from="E" to="walk"><lane id="far_0" index="0" speed="13.89" length="30" shape="220,9 0,9"/>
    <lane id="far_1" index="1" speed="13.89" length="30" shape="220,9 0,9"/></edge>
  <connection from="eo" to="far" fromLane="0" toLane="0" dir="s" state="M"/>
  <connection from="eo" to="far" fromLane="0" toLane="1" dir="s" state="M"/>
  <connection from="far" to="e" fromLane="0" toLane="0" via=":walk_2_0" tl="walk" linkIndex="2" dir="s" state="O"/>
</net>""",
).replace('id="eo_0" index="0" speed="13.89" length="200"', 'id="eo_0" index="0" speed="13.89" length="45"')


def test_the_road_beyond_goes_on_to_the_next_line(tmp_path: Path) -> None:
    network = town(tmp_path, LONGER)
    east = network.exits.index("eo_0")
    assert network.beyond[east] == (Stretch(("eo_0",), 45.0), Stretch(("far_0", "far_1"), 30.0))
    assert network.held[east]
    assert not network.held[network.exits.index("no_0")], "it leaves the town"


@pytest.mark.parametrize(
    ("cars", "room"),
    [
        ([], 10.0),
        ([("eo_0", 10.0, 12.0)], 9.0),
        ([("far_0", 30.0, 0.0)], 10.0),
        ([("far_0", 7.5, 0.0), ("far_1", 15.0, 0.0)], 7.0),
        ([("eo_0", 45.0, 0.0), ("eo_0", 30.0, 0.0)], 3.0),
        ([("eo_0", 5.0, 0.0), ("far_0", 3.0, 9.0)], 0.0),
    ],
    ids=["free", "one moves", "the other lane is free", "both lanes stand", "a queue", "full"],
)
def test_room_is_what_is_left_before_the_tail(
    tmp_path: Path, cars: list[tuple[str, float, float]], room: float
) -> None:
    network = town(tmp_path, LONGER)
    beyond = Beyond(network)
    found = beyond.room([(beyond.number[lane], metres, speed) for lane, metres, speed in cars])
    assert found[network.exits.index("eo_0")] == pytest.approx(room)
    assert np.isinf(found[network.exits.index("no_0")])


def test_ways_from_lanes_side_by_side_may_share_a_lamp(tmp_path: Path) -> None:
    """SUMO lets one place in the state rule several lanes: each is a link of its own."""
    shared = NET.replace(
        'index="0" speed="13.89" length="200" shape="220,0 20,0"/>',
        'index="0" speed="13.89" length="200" shape="220,0 20,0"/>'
        '<lane id="ee_1" index="1" speed="13.89" length="200" shape="220,3 20,3"/>',
    ).replace(
        "</net>",
        '<connection from="ee" to="e" fromLane="1" toLane="0" via=":walk_0_1" tl="walk" linkIndex="0" dir="s"/></net>',
    )
    walk = town(tmp_path, shared).signals[1]
    assert [(link.position, link.lane) for link in walk.links] == [(0, "ee_0"), (0, "ee_1")]
