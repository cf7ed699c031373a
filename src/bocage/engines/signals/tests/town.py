"""A hand-written network: one crossing of two streets, and 20 m east of it a signal where people cross on foot."""

from pathlib import Path

import numpy as np

from bocage.engines.signals import Network, Observation, Vehicles, read_network

# Links of `cross`: 0 from the north, 1 from the east, 2 from the south, 3 from the west, all straight on.
FOES = ["1010", "0101", "1010", "0101"]
NET = """<net version="1.20">
  <edge id="n" from="N" to="cross"><lane id="n_0" index="0" speed="13.89" length="200" shape="0,200 0,0"/></edge>
  <edge id="e" from="walk" to="cross"><lane id="e_0" index="0" speed="13.89" length="20" shape="20,0 0,0"/></edge>
  <edge id="s" from="S" to="cross"><lane id="s_0" index="0" speed="13.89" length="200" shape="0,-200 0,0"/></edge>
  <edge id="w" from="W" to="cross"><lane id="w_0" index="0" speed="13.89" length="200" shape="-200,0 0,0"/></edge>
  <edge id="ee" from="E" to="walk"><lane id="ee_0" index="0" speed="13.89" length="200" shape="220,0 20,0"/></edge>
  <edge id="no" from="cross" to="N"><lane id="no_0" index="0" speed="13.89" length="200" shape="0,0 0,200"/></edge>
  <edge id="eo" from="cross" to="E"><lane id="eo_0" index="0" speed="13.89" length="200" shape="0,0 220,0"/></edge>
  <edge id="so" from="cross" to="S"><lane id="so_0" index="0" speed="13.89" length="200" shape="0,0 0,-200"/></edge>
  <edge id="wo" from="cross" to="W"><lane id="wo_0" index="0" speed="13.89" length="200" shape="0,0 -200,0"/></edge>
  <tlLogic id="cross" type="static" programID="0" offset="0">
    <phase duration="30" state="GrGr"/>
    <phase duration="3" state="yryr"/>
    <phase duration="30" state="rGrG"/>
    <phase duration="4" state="ryry"/>
  </tlLogic>
  <tlLogic id="walk" type="static" programID="0" offset="0">
    <phase duration="30" state="GrG"/>
    <phase duration="3" state="yrG"/>
    <phase duration="10" state="rGr"/>
    <phase duration="3" state="ryr"/>
  </tlLogic>
  <junction id="cross" type="traffic_light" x="0" y="0">{requests}</junction>
  <connection from="n" to="so" fromLane="0" toLane="0" via=":cross_0_0" tl="cross" linkIndex="0" dir="s" state="O"/>
  <connection from="e" to="wo" fromLane="0" toLane="0" via=":cross_1_0" tl="cross" linkIndex="1" dir="s" state="O"/>
  <connection from="s" to="no" fromLane="0" toLane="0" via=":cross_2_0" tl="cross" linkIndex="2" dir="s" state="O"/>
  <connection from="w" to="eo" fromLane="0" toLane="0" via=":cross_3_0" tl="cross" linkIndex="3" dir="s" state="O"/>
  <connection from="ee" to="e" fromLane="0" toLane="0" via=":walk_0_0" tl="walk" linkIndex="0" dir="s" state="O"/>
</net>
""".format(requests="".join(f'<request index="{n}" response="0000" foes="{row}"/>' for n, row in enumerate(FOES)))


def town(folder: Path, text: str = NET) -> Network:
    """The network, read from a file."""
    path = folder / "town.net.xml"
    path.write_text(text)
    return read_network(path)


def seen(network: Network, *cars: tuple[int, float, float, float], passed: dict[int, int] | None = None) -> Observation:
    """An observation of cars as (link, metres, speed, waiting), and of those counted over a link's line."""
    table = np.asarray(cars, dtype=np.float64).reshape(len(cars), 4)
    none = np.full(len(cars), -1, np.int64)
    vehicles = Vehicles(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3], none, none.astype(float))
    counts = np.zeros(sum(len(one.links) for one in network.signals), np.int64)
    for link, count in (passed or {}).items():
        counts[link] = count
    empty = np.zeros(len(network.exits), np.int64)
    return Observation(vehicles, counts, empty, empty.copy())
