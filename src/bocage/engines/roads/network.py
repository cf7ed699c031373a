"""Shortest ways of one mode: matrices and shapes, turn restrictions kept.

Each edge that some turn is forbidden from ends in a copy of its junction, which has every way out but the forbidden
ones. So an ordinary Dijkstra on the copies obeys each restriction, and only restricted junctions cost anything.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from bocage.engines.roads.types import MODES, POINTS_LIMIT, Floats, Graph, Indices, Mode, RoadsError

EARTH_METRES = 6_371_008.8
SNAP_LIMIT_METRES = 2_000.0
# An edge of no length is no edge to a sparse matrix.
LEAST_SECONDS = 1e-6
SOURCES_AT_A_TIME = 200
OBEYS_TURNS: frozenset[Mode] = frozenset({"van", "bike"})


@dataclass
class Network:
    """The part of a graph that one mode may use."""

    graph: Graph
    mode: Mode

    @cached_property
    def _edges(self) -> Indices:
        return np.flatnonzero(np.isfinite(self.graph.seconds[MODES.index(self.mode)]))

    @cached_property
    def _expanded(self) -> tuple[Indices, Indices, Indices, Indices]:
        """Tail, head, edge of the graph behind each edge here, and the junction behind each node here."""
        graph, edges = self.graph, self._edges
        tail, head, behind = graph.tail[edges].copy(), graph.head[edges].copy(), edges.copy()
        junction = list(range(graph.junctions))
        banned = graph.banned if self.mode in OBEYS_TURNS else graph.banned[:0]
        usable = np.zeros(len(graph.tail), dtype=bool)
        usable[edges] = True
        banned = banned[usable[banned].all(axis=1)] if len(banned) else banned
        at = {int(edge): position for position, edge in enumerate(edges)}
        leaving = np.argsort(tail, kind="stable")
        first = np.searchsorted(tail[leaving], np.arange(graph.junctions + 1))
        more: list[tuple[int, int, int]] = []
        for edge in np.unique(banned[:, 0]):
            via, copy = int(graph.head[edge]), len(junction)
            junction.append(via)
            forbidden = set(banned[banned[:, 0] == edge, 1].tolist())
            head[at[int(edge)]] = copy
            ways = edges[leaving[first[via] : first[via + 1]]]
            more += [(copy, at[int(way)], int(way)) for way in ways if int(way) not in forbidden]
        if more:
            extra = np.asarray(more, dtype=np.int64)
            # A copied way out leads where the original leads, which may itself be a copy.
            tail, head = np.concatenate([tail, extra[:, 0]]), np.concatenate([head, head[extra[:, 1]]])
            behind = np.concatenate([behind, extra[:, 2]])
        return tail, head, behind, np.asarray(junction, dtype=np.int64)

    @cached_property
    def _csr(self) -> csr_matrix:
        """Seconds; of several edges between the same two nodes the quickest."""
        tail, head, behind, junction = self._expanded
        seconds = np.maximum(self.graph.seconds[MODES.index(self.mode)][behind], LEAST_SECONDS)
        order = np.lexsort((seconds, head, tail))
        keep = np.ones(len(order), dtype=bool)
        keep[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
        kept = order[keep]
        size = len(junction)
        return csr_matrix((seconds[kept], (tail[kept], head[kept])), shape=(size, size))

    @cached_property
    def main(self) -> Indices:
        """The junctions from which most others can be reached and that most others reach."""
        _, label = connected_components(self._csr, directed=True, connection="strong")
        largest = int(np.bincount(label).argmax())
        return np.unique(self._expanded[3][label == largest])

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(_flat(self.graph.longitude[self.main], self.graph.latitude[self.main]))

    def nearest(self, points: Floats) -> tuple[Indices, Floats]:
        """The junction of this mode next to each point (longitude, latitude), and how far away it is in metres.

        Raises:
            RoadsError: a point is more than two kilometres from the network.
        """
        if not len(self._edges):
            raise RoadsError(f"no way here may be used by {self.mode}")
        if len(points) > POINTS_LIMIT:
            raise RoadsError(f"at most {POINTS_LIMIT:,} points at a time")
        metres, index = self._tree.query(_flat(points[:, 0], points[:, 1]))
        far = np.flatnonzero(metres > SNAP_LIMIT_METRES)
        if far.size:
            raise RoadsError(f"point {int(far[0]) + 1} is {metres[far[0]]:,.0f} m from the nearest way for {self.mode}")
        return self.main[index], metres

    def matrix(self, sources: Indices, targets: Indices) -> Floats:
        """Seconds from each source to each target junction, (sources, targets); infinite where there is no way."""
        junction = self._expanded[3]
        # A target is reached at the junction or at any copy of it.
        copies = {
            int(t): np.flatnonzero(junction == t)
            for t in np.unique(targets[np.isin(targets, junction[self.graph.junctions :])])
        }
        out = np.empty((len(sources), len(targets)))
        for begin in range(0, len(sources), SOURCES_AT_A_TIME):
            rows = slice(begin, begin + SOURCES_AT_A_TIME)
            found = dijkstra(self._csr, indices=sources[rows])
            for target, nodes in copies.items():
                found[:, target] = found[:, nodes].min(axis=1)
            out[rows] = found[:, targets]
        return out

    def shape(self, source: int, target: int) -> tuple[Floats, float, float]:
        """The way from one junction to another: its line (longitude, latitude), metres and seconds.

        Raises:
            RoadsError: there is no way.
        """
        tail, head, behind, junction = self._expanded
        seconds, before = dijkstra(self._csr, indices=source, return_predecessors=True)
        ends = np.flatnonzero(junction == target)
        node = int(ends[np.argmin(seconds[ends])])
        if not np.isfinite(seconds[node]):
            raise RoadsError("there is no way from the one to the other")
        total, path = float(seconds[node]), [node]
        while path[-1] != source:
            path.append(int(before[path[-1]]))
        path.reverse()
        cost = self.graph.seconds[MODES.index(self.mode)]
        lines, metres = [self.graph_point(source)], 0.0
        for here, there in pairwise(path):
            between = behind[np.flatnonzero((tail == here) & (head == there))]
            edge = int(between[np.argmin(cost[between])])
            lines.append(self.graph.shape[self.graph.shape_start[edge] + 1 : self.graph.shape_start[edge + 1]])
            metres += float(self.graph.metres[edge])
        return np.vstack(lines), metres, total

    def graph_point(self, junction: int) -> Floats:
        """A junction as a line of one point."""
        return np.asarray([[self.graph.longitude[junction], self.graph.latitude[junction]]])


def _flat(longitude: Floats, latitude: Floats) -> Floats:
    """Points of the globe in three dimensions, metres: straight distances are right for what is near."""
    x, y = np.radians(longitude), np.radians(latitude)
    return EARTH_METRES * np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
