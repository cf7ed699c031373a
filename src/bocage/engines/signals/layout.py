"""A network as arrays for the planner: junctions that are planned as one, their movements, lanes and phases.

A junction is one signal, or several so close that what one lets go fills the street before the other. Its movements
are ways over one stop line, or over two in a row that must be open together; its phases are those of its signals in
every combination.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from bocage.engines.signals.types import Floats, Indices, Network, Signal

# Four cars: less does not hold the queue that one green lets go.
CLOSE_METRES = 30.0
JOINT_PHASES_LIMIT = 27
# Saturation flow of 1,800 vehicles/h (HCM 2016); giving way costs two fifths; first stop, then go: a fifth is left.
BEGIN_RATE = {"G": 0.5, "g": 0.3, "s": 0.1}
SLOWEST_METRES_PER_SECOND = 5.0


@dataclass(frozen=True)
class Layout:
    """Arrays over all junctions. Movements, lanes and phases of junction j are `x_start[j]` to `x_start[j + 1]`.

    `members[j]`: signals of junction j. `joint[j]`: (phases, members), the phase of each. `rate`: flat, (phases,
    movements) of junction j from `rate_start[j]` on. A junction's roads are the exits that its movements lead to:
    `movement_road`: which of its own roads, from 0; `road_exit`: the network's number of each.
    `first_link`: of each signal. `link_movement`: movement of each link alone. `pair_movement[link, next link]`: the
    movement over both.
    """

    members: tuple[tuple[int, ...], ...]
    joint: tuple[Indices, ...]
    lane_start: Indices
    movement_start: Indices
    phase_start: Indices
    rate_start: Indices
    rate: Floats
    movement_lane: Indices
    movement_exit: Indices
    movement_road: Indices
    road_exit: Indices
    road_start: Indices
    lane_speed: Floats
    first_link: Indices
    link_movement: Indices
    pair_movement: dict[tuple[int, int], int]
    junction_of_signal: Indices
    movement_links: tuple[tuple[int, ...], ...]


def lay_out(network: Network, close_metres: float = CLOSE_METRES) -> Layout:
    """Arrays of a network, with signals nearer than `close_metres` to one another in one junction."""
    first_link = np.cumsum([0, *(len(one.links) for one in network.signals)])
    exit_number = {name: number for number, name in enumerate(network.exits)}
    groups = _groups(network, close_metres)
    ends: dict[str, list[int]] = {name: [0] for name in ("lane", "movement", "phase", "rate", "road")}
    joint, rates, lanes_of, exits_of, roads_of, speeds = [], [], [], [], [], []
    road_exits: list[int] = []
    link_movement = np.full(first_link[-1], -1, np.int64)
    pairs: dict[tuple[int, int], int] = {}
    links_of: list[tuple[int, ...]] = []
    owner = np.zeros(len(network.signals), np.int64)
    for junction, group in enumerate(groups):
        owner[list(group)] = junction
        combined = np.asarray(list(product(*(range(len(network.signals[one].phases)) for one in group))), np.int64)
        movements = _movements(network, group, first_link)
        lanes: dict[str, int] = {}
        roads: dict[int, int] = {}
        table = np.zeros((len(combined), len(movements)))
        for number, ways in enumerate(movements):
            signal, link = ways[0]
            lane = network.signals[signal].links[link].lane
            if lane not in lanes:
                lanes[lane] = ends["lane"][-1] + len(lanes)
                speeds.append(max(network.signals[signal].links[link].speed_limit, SLOWEST_METRES_PER_SECOND))
            out = network.signals[ways[-1][0]].links[ways[-1][1]]
            lanes_of.append(lanes[lane])
            exits_of.append(exit_number[out.exit_lane])
            roads_of.append(roads.setdefault(exits_of[-1], len(roads)))
            globals_ = tuple(int(first_link[one] + way) for one, way in ways)
            links_of.append(globals_)
            if len(ways) == 1:
                link_movement[globals_[0]] = ends["movement"][-1] + number
            else:
                pairs[globals_[0], globals_[1]] = ends["movement"][-1] + number
            table[:, number] = _rates(network, group, combined, ways)
        joint.append(combined)
        rates.append(table.ravel())
        road_exits += roads
        for name, more in zip(ends, map(len, (lanes, movements, combined, rates[-1], roads)), strict=True):
            ends[name].append(ends[name][-1] + more)
    start = {name: np.asarray(values, np.int64) for name, values in ends.items()}
    return Layout(
        tuple(groups),
        tuple(joint),
        start["lane"],
        start["movement"],
        start["phase"],
        start["rate"],
        np.concatenate(rates),
        np.asarray(lanes_of, np.int64),
        np.asarray(exits_of, np.int64),
        np.asarray(roads_of, np.int64),
        np.asarray(road_exits, np.int64),
        start["road"],
        np.asarray(speeds),
        first_link,
        link_movement,
        pairs,
        owner,
        tuple(links_of),
    )


def _groups(network: Network, close_metres: float) -> list[tuple[int, ...]]:
    """Signals joined where the way from one to the next is short, as long as their phases stay few enough."""
    at_lane = {link.lane: number for number, one in enumerate(network.signals) for link in one.links}
    near = sorted(
        (link.exit_metres, number, at_lane[link.exit_lane])
        for number, one in enumerate(network.signals)
        for link in one.links
        if link.exit_metres <= close_metres and at_lane.get(link.exit_lane, number) != number
    )
    group: dict[int, tuple[int, ...]] = {number: (number,) for number in range(len(network.signals))}
    for _, one, two in near:
        together = tuple(sorted({*group[one], *group[two]}))
        if np.prod([len(network.signals[each].phases) for each in together]) <= JOINT_PHASES_LIMIT:
            group.update(dict.fromkeys(together, together))
    return sorted(set(group.values()))


def _movements(network: Network, group: tuple[int, ...], first_link: Indices) -> list[tuple[tuple[int, int], ...]]:
    """Ways as (signal, link): each alone, then each into another signal of the group."""
    alone = [((signal, link),) for signal in group for link in range(len(network.signals[signal].links))]
    if len(group) == 1:
        return list(alone)
    edge = [
        (signal, link, network.signals[signal].links[link]) for signal in group for link in _numbers(network, signal)
    ]
    through = [
        ((signal, link), (other, way))
        for signal, link, out in edge
        for other, way, into in edge
        if other != signal and out.exit_lane.rsplit("_", 1)[0] == into.lane.rsplit("_", 1)[0]
    ]
    return [*alone, *through]


def _numbers(network: Network, signal: int) -> range:
    return range(len(network.signals[signal].links))


def _rates(network: Network, group: tuple[int, ...], combined: Indices, ways: tuple[tuple[int, int], ...]) -> Floats:
    """Vehicles/s of one movement in each phase: that of its slowest stop line, none where one is closed."""
    columns = []
    for signal, link in ways:
        one: Signal = network.signals[signal]
        begin = np.asarray([BEGIN_RATE.get(phase.state[one.links[link].position], 0.0) for phase in one.phases])
        columns.append(begin[combined[:, group.index(signal)]])
    return np.asarray(np.min(columns, axis=0))
