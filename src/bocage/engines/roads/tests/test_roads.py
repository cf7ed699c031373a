"""Matrices against a plain Dijkstra over edges that knows each forbidden turn; tags and files one by one."""

import csv
import heapq
import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bocage.engines.roads import MODES, Graph, Mode, Network, RoadsError, load, save, town
from bocage.engines.roads.commands import read_points, roads
from bocage.engines.roads.travel import speeds
from bocage.engines.roads.types import Indices

pytest.importorskip("osmium", reason="needs ./bocage extras add parcel")

from bocage.engines.roads.building import build


def built(folder: Path, text: str) -> Graph:
    path = folder / "town.osm"
    path.write_text(text)
    return build(path)


def oracle(graph: Graph, mode: Mode, source: int) -> dict[int, float]:
    """Seconds to each junction: Dijkstra over edges, in plain Python, asking of each pair whether it may follow."""
    cost = graph.seconds[MODES.index(mode)].tolist()
    banned = {tuple(pair) for pair in graph.banned.tolist()} if mode in ("van", "bike") else set()
    out: dict[int, list[int]] = {}
    for edge, tail in enumerate(graph.tail.tolist()):
        if math.isfinite(cost[edge]):
            out.setdefault(tail, []).append(edge)
    best, done = {source: 0.0}, set[int]()
    queue = [(cost[edge], edge) for edge in out.get(source, [])]
    heapq.heapify(queue)
    while queue:
        seconds, edge = heapq.heappop(queue)
        if edge in done:
            continue
        done.add(edge)
        head = int(graph.head[edge])
        best[head] = min(best.get(head, math.inf), seconds)
        for after in out.get(head, []):
            if (edge, after) not in banned:
                heapq.heappush(queue, (seconds + cost[after], after))
    return best


def numbers(*junctions: int) -> Indices:
    return np.asarray(junctions, dtype=np.int64)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_matrix_is_that_of_a_plain_dijkstra(tmp_path: Path, mode: Mode, seed: int) -> None:
    graph = built(tmp_path, town.draw(9, seed))
    assert len(graph.banned) > 3
    network = Network(graph, mode)
    everywhere = np.arange(graph.junctions)
    found = network.matrix(everywhere[::7], everywhere)
    for row, source in zip(found, everywhere[::7].tolist(), strict=True):
        plain = oracle(graph, mode, source)
        assert row.tolist() == pytest.approx([plain.get(j, math.inf) for j in everywhere.tolist()], abs=1e-3)


def test_a_forbidden_turn_costs_a_detour_and_its_shape_goes_round(tmp_path: Path) -> None:
    # A square of four crossings; from the south coming north at 2, turning right into the way to 3 is forbidden.
    text = """<osm version="0.6">
<node id="1" version="1" lat="0" lon="0"/><node id="2" version="1" lat="0.001" lon="0"/>
<node id="3" version="1" lat="0.001" lon="0.001"/><node id="4" version="1" lat="0.003" lon="0"/>
<way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="oneway" v="yes"/></way>
<way id="2" version="1"><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
<way id="3" version="1"><nd ref="2"/><nd ref="4"/><tag k="highway" v="residential"/></way>
<way id="4" version="1"><nd ref="4"/><nd ref="3"/><tag k="highway" v="residential"/></way>
<way id="5" version="1"><nd ref="3"/><nd ref="1"/><tag k="highway" v="residential"/></way>
<relation id="1" version="1"><member type="way" ref="1" role="from"/><member type="node" ref="2" role="via"/>
<member type="way" ref="2" role="to"/><tag k="type" v="restriction"/><tag k="restriction" v="no_right_turn"/></relation>
</osm>"""
    graph = built(
        tmp_path,
        text.replace(
            '<way id="5" version="1"><nd ref="3"/><nd ref="1"/>',
            '<way id="5" version="1"><nd ref="3"/><nd ref="1"/><tag k="oneway" v="yes"/>',
        ),
    )
    at = {(round(x, 4), round(y, 4)): j for j, (x, y) in enumerate(zip(graph.longitude, graph.latitude, strict=True))}
    begin, north, end, corner = at[0.0, 0.0], at[0.0, 0.003], at[0.001, 0.001], at[0.0, 0.001]
    van, foot = Network(graph, "van"), Network(graph, "foot")
    line, metres, seconds = van.shape(begin, end)
    # By 4, or turning back at 4 and then right: 4 and on to 3 is shorter.
    assert [tuple(point) for point in line.round(4).tolist()] == [(0, 0), (0, 0.001), (0, 0.003), (0.001, 0.001)]
    assert seconds == pytest.approx(van.matrix(numbers(begin), numbers(end))[0, 0])
    assert metres > 2 * foot.shape(begin, end)[1] * 0.9
    # The junction where the turn is forbidden can itself be reached, and left to the north.
    assert van.shape(begin, corner)[1] == pytest.approx(111.2, abs=0.2)
    assert np.isfinite(van.matrix(numbers(begin), numbers(north))).all()


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({"highway": "residential"}, "van bike robot foot", "van bike robot foot"),
        ({"highway": "residential", "oneway": "yes"}, "van bike robot foot", "robot foot"),
        ({"highway": "residential", "oneway": "-1", "oneway:bicycle": "no"}, "bike robot foot", "van bike robot foot"),
        ({"highway": "tertiary", "junction": "roundabout"}, "van bike robot foot", "robot foot"),
        ({"highway": "motorway"}, "van", ""),
        ({"highway": "footway"}, "robot foot", "robot foot"),
        ({"highway": "footway", "bicycle": "yes"}, "bike robot foot", "bike robot foot"),
        ({"highway": "steps"}, "foot", "foot"),
        ({"highway": "cycleway", "foot": "no"}, "bike", "bike"),
        ({"highway": "service", "access": "private"}, "", ""),
        ({"highway": "service", "access": "no", "motor_vehicle": "yes"}, "van", "van"),
        ({"highway": "proposed"}, "", ""),
        ({"highway": "pedestrian", "area": "yes"}, "", ""),
    ],
)
def test_tags_say_who_may_go_where(tags: dict[str, str], along: str, against: str) -> None:
    assert [" ".join(one) for one in speeds(tags)] == [along, against]


def test_a_speed_limit_counts_in_its_own_unit_and_nonsense_does_not() -> None:
    def van(limit: str) -> float:
        return speeds({"highway": "residential", "maxspeed": limit})[0]["van"]

    assert van("50") == 35
    assert van("30 mph") == pytest.approx(0.7 * 30 * 1.609344)
    assert van("walk") == van("9999") == van("-5") == 28


def test_a_graph_comes_back_from_its_file_and_a_spoiled_one_does_not(tmp_path: Path) -> None:
    graph, path = built(tmp_path, town.draw(5)), tmp_path / "town.npz"
    save(graph, path)
    again = load(path)
    assert (again.seconds == graph.seconds).all()
    assert (again.shape == graph.shape).all()
    path.write_bytes(path.read_bytes()[:200])
    for bad in (path, tmp_path / "absent.npz"):
        with pytest.raises(RoadsError, match="npz"):
            load(bad)


def test_a_point_far_from_every_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RoadsError, match="point 2 is"):
        Network(built(tmp_path, town.draw(5)), "foot").nearest(np.asarray([[0.001, 0.001], [1.0, 1.0]]))


@pytest.mark.parametrize("text", ["", "hello", "<osm version='0.6'></osm>", "<osm version='0.6'><node id='1'"])
def test_what_is_no_extract_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RoadsError, match=r"town\.osm"):
        built(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lon\n1\n", "line 1, lat"),
        ("lon,lat\n1,x\n", "line 2, lat"),
        ("lon,lat\n1,1\n999,1\n", "line 3, lon"),
        ("lon,lat\nnan,1\n", "line 2, lon"),
        ("lon,lat\n", "no point"),
    ],
)
def test_bad_points_are_refused_by_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(RoadsError, match=said):
        read_points(path)


def test_the_commands_draw_build_and_measure(tmp_path: Path) -> None:
    osm, out, points = tmp_path / "t.osm", tmp_path / "t.npz", tmp_path / "p.csv"
    run = CliRunner().invoke
    assert run(roads, ["town", str(osm), "--size", "6"]).exit_code == 0
    assert "made-up" in osm.read_text()[:200]
    ran = run(roads, ["build", str(osm), str(out), "--json"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.output)["junctions"] == 36
    with points.open("w") as file:
        csv.writer(file).writerows([("lon", "lat"), (0.0, 0.0), (0.006, 0.006), (0.003, 0.0)])
    ran = run(roads, ["matrix", str(out), str(points), "--json", "--mode", "robot"])
    assert ran.exit_code == 0, ran.output
    seconds = json.loads(ran.output)["seconds"]
    assert [seconds[i][i] for i in range(3)] == [0, 0, 0]
    assert min(seconds[0][1], seconds[1][0]) > 1_334 * 0.6 / (6 / 3.6)
    assert run(roads, ["matrix", str(osm), str(points)]).exit_code == 2
