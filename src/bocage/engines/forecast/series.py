"""Readings with their gaps filled as a live forecaster has to: from the past, the time of day and the neighbours."""

from dataclasses import dataclass

import numpy as np

from bocage.engines.forecast.types import Floats, ForecastError, Indices, Table

NEIGHBOURS = 12
HOLD_STEPS = 12  # a last reading stands in for this long
AGE_LIMIT = 13
DAYS_LEAST = 3


@dataclass(frozen=True)
class Graph:
    """`neighbours`: (detectors, up to 12), those first whose changes come before ours; `ties`: (detectors, detectors),
    rows sum to 1; `usual`: (slots, detectors), the mean by time of day; `level`: (detectors), the median."""

    neighbours: Indices
    ties: Floats
    usual: Floats
    level: Floats


@dataclass(frozen=True)
class Series:
    """`filled`: (steps, detectors) without gaps; `age`: steps since each one's last reading, at most 13; `smooth`:
    means over five steps; `slot`: (steps), the time of day."""

    filled: Floats
    age: Floats
    smooth: Floats
    slot: Indices


def learn_graph(table: Table, adjacency: Floats | None) -> Graph:
    """Who tells whose future.

    Raises:
        ForecastError: there are not three days of readings, or a detector that never reads.
    """
    steps, detectors = table.values.shape
    if steps < DAYS_LEAST * table.slots:
        raise ForecastError(f"{steps} steps are not {DAYS_LEAST} days of {table.slots}")
    silent = np.isnan(table.values).all(axis=0)
    if silent.any():
        raise ForecastError(f"detector {table.names[int(np.argmax(silent))]}: it has no reading")
    level = np.nanmedian(table.values, axis=0).astype(np.float32)
    usual = usual_day(table, level)
    filled, _age = hold(table.values)
    slot = _slots(table)
    filled = np.where(np.isnan(filled), usual[slot], filled)
    near = nearness(filled, adjacency)
    order = np.argsort(-near, axis=0, kind="stable")[: min(NEIGHBOURS, max(1, detectors - 1))].T
    if adjacency is None:
        ties = np.eye(detectors, dtype=np.float32)
        np.put_along_axis(ties, order[:, :8], 1.0, axis=1)
    else:
        ties = np.maximum(adjacency, np.eye(detectors, dtype=np.float32))
    return Graph(order, (ties / ties.sum(axis=1, keepdims=True)).astype(np.float32), usual, level)


def fill(table: Table, graph: Graph) -> Series:
    """The table without gaps: the last reading for an hour, then the usual one plus what the neighbours differ."""
    held, age = hold(table.values)
    slot = _slots(table)
    usual = graph.usual[slot]
    gone = np.isnan(held)
    if gone.any():
        differ = np.where(gone, np.nan, held - usual)
        total, count = np.zeros_like(usual), np.zeros_like(usual)
        for rank in range(min(4, graph.neighbours.shape[1])):
            theirs = differ[:, graph.neighbours[:, rank]]
            total += np.nan_to_num(theirs)
            count += np.isfinite(theirs)
        held = np.where(gone, np.maximum(usual + total / np.maximum(count, 1), 0), held)
    padded = np.pad(held, ((2, 2), (0, 0)), mode="edge")
    smooth = np.mean([padded[shift : shift + len(held)] for shift in range(5)], axis=0)
    return Series(held, age, smooth.astype(np.float32), slot)


def _slots(table: Table) -> Indices:
    return (table.first_slot + np.arange(len(table.values))) % table.slots


def hold(values: Floats) -> tuple[Floats, Floats]:
    """Each reading held for an hour, NaN after that, and its age in steps."""
    steps = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, steps), axis=0)
    age = np.where(last < 0, AGE_LIMIT, np.minimum(steps - last, AGE_LIMIT))
    held = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(age > HOLD_STEPS, np.nan, held).astype(np.float32), age.astype(np.float32)


def usual_day(table: Table, level: Floats) -> Floats:
    """Mean by time of day over half an hour around it, the median where nothing was read."""
    slot = _slots(table)
    total = np.zeros((table.slots, len(level)))
    count = np.zeros_like(total)
    np.add.at(total, slot, np.nan_to_num(table.values))
    np.add.at(count, slot, np.isfinite(table.values))
    wide = range(-3, 4)
    total = np.sum([np.roll(total, shift, axis=0) for shift in wide], axis=0)
    count = np.sum([np.roll(count, shift, axis=0) for shift in wide], axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), level).astype(np.float32)


def nearness(filled: Floats, adjacency: Floats | None) -> Floats:
    """(detectors, detectors): how well the column's next quarter of an hour is told by the row's last one."""
    change = filled[3:] - filled[:-3]
    before, after = _standard(change[:-3]), _standard(change[3:])
    lead = before.T @ after / len(before)
    level = _standard(filled)
    near = lead + 0.2 * (level.T @ level / len(level))
    if adjacency is not None:
        tied = (adjacency > 0) | (adjacency.T > 0)
        near = np.where(tied, near, 0.5 * near - 1)
    np.fill_diagonal(near, -np.inf)
    return near


def _standard(values: Floats) -> Floats:
    return ((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6)).astype(np.float32)
