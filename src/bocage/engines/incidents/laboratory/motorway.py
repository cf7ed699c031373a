"""The motorway's network and demand as SUMO's own XML: eight kilometres, three lanes, a ramp that joins at five."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LENGTH_METRES = 8_000
LANES = 3
RAMP_METRES, MERGING_METRES = 5_000, 250
STATION_METRES = tuple(range(500, LENGTH_METRES, 500))
SECONDS, WARM_SECONDS = 2_700, 300  # the road is full after five minutes
LIMIT_METRES_A_SECOND = 33.33
# The edges one after the other, and where each begins.
EDGES = (("first", 0), ("merging", RAMP_METRES), ("last", RAMP_METRES + MERGING_METRES))

Level = Literal["night", "day", "busy", "congested"]
# Vehicles an hour on the road and on the ramp. The last one is more than the merge can take: queues without incident.
DEMAND: dict[Level, tuple[int, int]] = {
    "night": (1_500, 200),
    "day": (3_000, 400),
    "busy": (4_200, 600),
    "congested": (4_800, 1_100),
}


@dataclass(frozen=True)
class Files:
    """What SUMO is given."""

    network: Path
    routes: Path
    loops: Path
    loops_found: Path


def write(folder: Path, level: Level, netconvert: Path) -> Files:
    """Write network, demand and loops into `folder`."""
    (folder / "m.nod.xml").write_text(
        "<nodes>"
        '<node id="a" x="0" y="0" type="priority"/>'
        f'<node id="b" x="{RAMP_METRES}" y="0" type="priority"/>'
        f'<node id="c" x="{RAMP_METRES + MERGING_METRES}" y="0" type="priority"/>'
        f'<node id="d" x="{LENGTH_METRES}" y="0" type="priority"/>'
        f'<node id="r" x="{RAMP_METRES - 600}" y="-150" type="priority"/>'
        "</nodes>"
    )
    speed = f'speed="{LIMIT_METRES_A_SECOND}" priority="9"'
    (folder / "m.edg.xml").write_text(
        "<edges>"
        f'<edge id="first" from="a" to="b" numLanes="{LANES}" {speed}/>'
        '<edge id="ramp" from="r" to="b" numLanes="1" speed="22" priority="5"/>'
        f'<edge id="merging" from="b" to="c" numLanes="{LANES + 1}" {speed}/>'
        f'<edge id="last" from="c" to="d" numLanes="{LANES}" {speed}/>'
        "</edges>"
    )
    through = [("first", "merging", lane, lane + 1) for lane in range(LANES)]
    through += [("ramp", "merging", 0, 0)]
    through += [("merging", "last", lane + 1, lane) for lane in range(LANES)]
    (folder / "m.con.xml").write_text(
        "<connections>"
        + "".join(f'<connection from="{a}" to="{b}" fromLane="{x}" toLane="{y}"/>' for a, b, x, y in through)
        + "</connections>"
    )
    network = folder / "m.net.xml"
    named = [f"--{what}-files={folder / f'm.{short}.xml'}" for what, short in (("node", "nod"), ("edge", "edg"))]
    subprocess.run(
        [
            netconvert,
            *named,
            f"--connection-files={folder / 'm.con.xml'}",
            f"--output-file={network}",
            "--no-turnarounds",
        ],
        check=True,
        capture_output=True,
    )
    routes, loops, found = folder / "m.rou.xml", folder / "m.add.xml", folder / "m.loops.xml"
    routes.write_text(_demand(level))
    loops.write_text(_loops(found))
    return Files(network, routes, loops, found)


def place_of(metres: float) -> tuple[str, float, int]:
    """Edge, position on it, and by how much its lanes are numbered higher than the road's."""
    name, begin = max((edge for edge in EDGES if edge[1] <= metres), key=lambda edge: edge[1])
    return name, metres - begin, 1 if name == "merging" else 0


def _demand(level: Level) -> str:
    road, ramp = DEMAND[level]
    drives = f'departLane="best" departSpeed="desired" departPos="base" begin="0" end="{SECONDS}" type="mixed"'
    return f"""<routes>
    <vTypeDistribution id="mixed">
        <vType id="car" speedFactor="normc(1.0,0.1,0.7,1.2)" probability="0.88"/>
        <vType id="truck" vClass="truck" length="12" maxSpeed="25" probability="0.12"/>
    </vTypeDistribution>
    <vType id="debris" length="1" minGap="1" maxSpeed="1"/>
    <route id="road" edges="first merging last"/>
    <route id="ramp" edges="ramp merging last"/>
    <route id="from first" edges="first merging last"/>
    <route id="from merging" edges="merging last"/>
    <route id="from last" edges="last"/>
    <flow id="road" route="road" period="exp({road / 3600:.4f})" {drives}/>
    <flow id="ramp" route="ramp" period="exp({ramp / 3600:.4f})" {drives}/>
</routes>"""


def _loops(found: Path) -> str:
    lines = []
    for station, metres in enumerate(STATION_METRES):
        edge, position, shift = place_of(metres)
        for lane in range(LANES):
            where = f'lane="{edge}_{lane + shift}" pos="{position:.1f}"'
            lines.append(f'<inductionLoop id="{station} {lane}" {where} period="30" file="{found}"/>')
    return "<additional>" + "".join(lines) + "</additional>"
