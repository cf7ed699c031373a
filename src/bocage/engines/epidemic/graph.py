"""The contacts of one window as sparse matrices: one for what is the same every day, one for each single day."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from bocage.engines.epidemic.types import EVERY_DAY, Bools, Contacts, EpidemicError, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Meetings that fall into the window: [edges] arrays, `column` the day of the window or `EVERY_DAY`; matrices.

    `heaviest` is the largest weight, 0 without meetings. `parts` are kept by `by_layer` once asked for.
    """

    people: int
    first: Ints
    second: Ints
    layer: Ints
    column: Ints
    weight: Floats
    daily: Any
    single: tuple[tuple[int, Any], ...]
    heaviest: float
    parts: dict[int, "Graph"] = field(default_factory=dict, repr=False)

    def met(self) -> Bools:
        """[people] who meets anybody at all."""
        found = np.zeros(self.people, dtype=bool)
        found[self.first] = found[self.second] = True
        return found

    def hazard(self, infectiousness: Floats) -> Floats:
        """[people, window] float32: expected infections of each person a day from [people, window] infectiousness."""
        total = np.zeros(infectiousness.shape, dtype=np.float32)
        # Who was infected in the window is not infectious on its first days: those columns need no product.
        spread = np.flatnonzero(infectiousness.any(axis=0))
        if len(spread):
            total[:, spread[0] :] = self.daily @ np.ascontiguousarray(infectiousness[:, spread[0] :])
        for column, matrix in self.single:
            total[:, column] += matrix @ np.ascontiguousarray(infectiousness[:, column])
        return total


def build(contacts: Contacts, day: int, window: int, before: Graph | None = None) -> Graph:
    """The graph of the `window` days that end with `day`.

    A graph of an earlier day of the *same* `contacts` may be given: what is the same every day is then taken from it.
    """
    count = np.size(contacts.first)
    if before is not None and before.people == contacts.people and not before.single and len(before.first) == count:
        # All of the contacts are of every day: nothing changes with the day.
        return before
    days = np.asarray(contacts.day)
    inside = (days == EVERY_DAY) | ((days > day - window) & (days <= day))
    everything = bool(inside.all())
    kept = slice(None) if everything else np.flatnonzero(inside)
    first, second = np.asarray(contacts.first)[kept], np.asarray(contacts.second)[kept]
    column = np.where(days[kept] == EVERY_DAY, EVERY_DAY, days[kept] - (day - window + 1)).astype(np.int32)
    weight = np.asarray(contacts.weight)[kept]
    daily = before.daily if before is not None and before.people == contacts.people else None
    return _graph(contacts.people, first, second, np.asarray(contacts.layer)[kept], column, weight, daily)


def by_layer(graph: Graph) -> dict[int, Graph]:
    """The graph of each kind of place that has meetings; made once for a graph."""
    if not graph.parts:
        for layer in np.unique(graph.layer[graph.weight > 0]):
            chosen = np.flatnonzero(graph.layer == layer)
            first, second, column = graph.first[chosen], graph.second[chosen], graph.column[chosen]
            made = _graph(graph.people, first, second, graph.layer[chosen], column, graph.weight[chosen])
            graph.parts[int(layer)] = made
    return graph.parts


def people_of(contacts: Contacts, expected: int) -> None:
    """Raise `EpidemicError` where observations and contacts count different people."""
    if contacts.people != expected:
        raise EpidemicError("people", f"contacts are of {contacts.people}, observations of {expected}.")


def _graph(
    people: int, first: Ints, second: Ints, layer: Ints, column: Ints, weight: Floats, daily: Any = None
) -> Graph:
    if daily is None:
        daily = _matrix(people, first, second, weight, np.flatnonzero(column == EVERY_DAY))
    single = []
    for each in np.unique(column[column != EVERY_DAY]):
        chosen = np.flatnonzero(column == each)
        single.append((int(each), _matrix(people, first, second, weight, chosen)))
    return Graph(people, first, second, layer, column, weight, daily, tuple(single), float(weight.max(initial=0.0)))


def _matrix(people: int, first: Ints, second: Ints, weight: Floats, chosen: Ints) -> Any:
    a, b, w = first[chosen], second[chosen], weight[chosen].astype(np.float32)
    rows, columns = np.concatenate((a, b)), np.concatenate((b, a))
    return sparse.csr_array((np.concatenate((w, w)), (rows, columns)), shape=(people, people))
