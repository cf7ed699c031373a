"""Where a robot charges on a route whose stops and their order are fixed, so that the route is as short as can be.

The fixed-route vehicle-charging problem, solved exactly by labels along the route under the policy of charging until
full: A. Montoya, C. Guéret, J. E. Mendoza, J. G. Villegas, "The electric vehicle routing problem with nonlinear
charging function", Transportation Research Part B 103 (2017) 87-110; labels as in A. Froger, J. E. Mendoza, O. Jabali,
G. Laporte, "Improved formulations and algorithmic components for the electric vehicle routing problem with nonlinear
charging functions", Computers & Operations Research 104 (2019) 256-294. A label is (length so far, energy used since
the last charge, clock); one that is no better in any of the three is dropped. Several stations in a row are allowed:
what lies between the first and the last of them is their shortest path within a battery's range.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from bocage.engines.routing.checking import released
from bocage.engines.routing.types import Battery, Floats, Indices, Problem, Route, Vehicle, Visit

SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Detour:
    """From one place to the next by way of stations: lengths to the first, in all, and from the last; time in all."""

    first: float
    total: float
    last: float
    takes: float
    first_station: int
    last_station: int


@dataclass(frozen=True, slots=True)
class Label:
    """How a place can be reached."""

    length: float
    used: float
    clock: float
    before: "Label | None" = field(repr=False)
    by: tuple[int, ...]


@dataclass
class Charger:
    """Charging of one kind of vehicle. Remembers detours and routes, so that a search may ask again and again."""

    problem: Problem
    vehicle: Vehicle
    _detours: dict[tuple[int, int], tuple[Detour, ...]] = field(default_factory=dict, repr=False)
    _routes: dict[tuple[Visit, ...], Route | None] = field(default_factory=dict, repr=False)

    @property
    def battery(self) -> Battery:
        """The vehicle's battery."""
        assert self.vehicle.battery is not None
        return self.vehicle.battery

    @property
    def range(self) -> float:
        """How far a full battery takes it."""
        use = self.battery.use_per_distance
        return self.battery.capacity / use if use else np.inf

    @cached_property
    def _stations(self) -> Indices:
        return np.asarray([station.place for station in self.problem.stations], dtype=np.int64)

    @cached_property
    def _between(self) -> tuple[Floats, Indices]:
        """Shortest way from station to station in hops that a full battery can make, and the station before each."""
        direct = self.problem.profiles[self.vehicle.profile].distances.block(self._stations, self._stations)
        # A length of nothing is no edge to the sparse graph: two stations at one place are next to nothing apart.
        reach = np.where(direct <= self.range + SLACK, np.maximum(direct, SLACK), 0.0)
        lengths, before = dijkstra(csr_matrix(reach), return_predecessors=True)
        return lengths, before

    @cached_property
    def _times_between(self) -> Floats:
        """How long the shortest way from station to station takes; the shorter way is taken to be the quicker one."""
        lengths, _ = self._between
        durations = self.problem.profiles[self.vehicle.profile].durations
        times = np.zeros_like(lengths)
        for first, last in zip(*np.nonzero(np.isfinite(lengths)), strict=True):
            path = self._stations[list(self._path(int(first), int(last)))]
            times[first, last] = durations.along(path).sum()
        return times

    def best(self, kind: int, visits: tuple[Visit, ...]) -> Route | None:
        """The route with the stations that make it shortest; None when no way of charging lets it arrive."""
        if visits not in self._routes:
            self._routes[visits] = self._solve(kind, visits)
        return self._routes[visits]

    def _solve(self, kind: int, visits: tuple[Visit, ...]) -> Route | None:
        problem, vehicle = self.problem, self.vehicle
        start, end = problem.depots[vehicle.start], problem.depots[vehicle.end]
        begun = max(vehicle.shift_early, start.early, released(problem, visits, 0))
        labels = [Label(0.0, 0.0, begun, None, ())]
        here = start.place
        for position, visit in enumerate(visits):
            stop = problem.depots[visit.index] if visit.kind == "depot" else problem.of(visit)
            service = 0.0 if visit.kind == "depot" else problem.of(visit).service
            early = stop.early
            if visit.kind == "depot":
                early = max(early, released(problem, visits, position + 1))
            labels = self._step(labels, here, stop.place, early, stop.late, service)
            if visit.kind == "depot":
                labels = [self._charged(label) for label in labels]
            here = stop.place
        labels = self._step(labels, here, end.place, end.early, min(end.late, vehicle.shift_late), 0.0)
        if not labels:
            return None
        return Route(kind, self._woven(min(labels, key=lambda one: one.length), visits))

    def _charged(self, label: Label) -> Label:
        clock = label.clock + label.used / self.battery.charge_per_duration
        return Label(label.length, 0.0, clock, label.before, label.by)

    def _step(
        self, labels: list[Label], here: int, there: int, early: float, late: float, service: float
    ) -> list[Label]:
        """All labels at `there` that no other one beats."""
        battery = self.battery
        use, capacity = battery.use_per_distance, battery.capacity + SLACK
        profile = self.problem.profiles[self.vehicle.profile]
        leg = np.asarray([here, there], dtype=np.int64)
        direct, takes = float(profile.distances.along(leg)[0]), float(profile.durations.along(leg)[0])
        found = []
        for label in labels:
            if label.used + use * direct <= capacity:
                clock = max(label.clock + takes, early)
                if clock <= late + SLACK:
                    by = Label(label.length + direct, label.used + use * direct, clock + service, label, ())
                    found.append(by)
            for detour in self._ways(here, there):
                if label.used + use * detour.first > capacity:
                    continue
                charged = label.used + use * (detour.total - detour.last)
                clock = max(label.clock + detour.takes + charged / battery.charge_per_duration, early)
                if clock <= late + SLACK:
                    by_stations = self._path(detour.first_station, detour.last_station)
                    length = label.length + detour.total
                    found.append(Label(length, use * detour.last, clock + service, label, by_stations))
        return _unbeaten(found)

    def _ways(self, here: int, there: int) -> tuple[Detour, ...]:
        """The detours from here to there that no other one beats in length to the first, in all, and from the last."""
        if (here, there) not in self._detours:
            self._detours[here, there] = self._find_ways(here, there)
        return self._detours[here, there]

    def _find_ways(self, here: int, there: int) -> tuple[Detour, ...]:
        if not self._stations.size:
            return ()
        profile = self.problem.profiles[self.vehicle.profile]
        begin, end = np.asarray([here], dtype=np.int64), np.asarray([there], dtype=np.int64)
        to, back = (
            profile.distances.block(begin, self._stations)[0],
            profile.distances.block(self._stations, end)[:, 0],
        )
        takes = (
            profile.durations.block(begin, self._stations)[0][:, None]
            + self._times_between
            + profile.durations.block(self._stations, end)[:, 0][None, :]
        )
        between, _ = self._between
        total = to[:, None] + between + back[None, :]
        possible = (to[:, None] <= self.range + SLACK) & (back[None, :] <= self.range + SLACK) & np.isfinite(total)
        first, last = np.nonzero(possible)
        order = np.argsort(total[first, last], kind="stable")
        kept: list[Detour] = []
        for index in order:
            s, t = int(first[index]), int(last[index])
            one = Detour(float(to[s]), float(total[s, t]), float(back[t]), float(takes[s, t]), s, t)
            if not any(k.first <= one.first and k.last <= one.last and k.takes <= one.takes for k in kept):
                kept.append(one)
        return tuple(kept)

    def _path(self, first: int, last: int) -> tuple[int, ...]:
        """The stations from the first to the last, both included."""
        _, before = self._between
        path = [last]
        while path[-1] != first:
            path.append(int(before[first, path[-1]]))
        return tuple(reversed(path))

    def _woven(self, label: Label, visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
        """The visits with the stations of a label between them."""
        hops: list[tuple[int, ...]] = []
        at: Label | None = label
        while at is not None and at.before is not None:
            hops.append(at.by)
            at = at.before
        hops.reverse()
        woven: list[Visit] = []
        for hop, visit in zip(hops, [*visits, None], strict=True):
            woven += [Visit("station", station) for station in hop]
            if visit is not None:
                woven.append(visit)
        return tuple(woven)


def _unbeaten(labels: list[Label]) -> list[Label]:
    """Those that no other label beats or equals in all three."""
    kept: list[Label] = []
    for one in sorted(labels, key=lambda label: (label.length, label.used, label.clock)):
        if not any(k.used <= one.used and k.clock <= one.clock for k in kept):
            kept.append(one)
    return kept
