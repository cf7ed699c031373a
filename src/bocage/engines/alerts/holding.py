"""Persistence and hysteresis, for every source of a kind at once: when a condition becomes an alert, and when it ends.

A condition that held at each record for `for_ms` turns the source on; the clearing condition, held for `clear_ms`,
turns it off; between the two it stays as it was (a Schmitt trigger). A gap longer than `gap_ms` breaks a run: what was
not seen is not known to have lasted. After `silent_ms` without a record the source is off. `hold_ms` is how long a
record's condition goes on being true after it, for streams that only speak when something changes: then the source
turns on at the instant at which the run has lasted, not at the next record.

Everything is decided by the records' own times, so that any division of a stream into batches gives the same answer.
"""

from dataclasses import dataclass

import numpy as np

from bocage.engines.alerts.types import Flags, Integers

NEVER = -(1 << 61)
FOREVER = 1 << 59


@dataclass
class Carry:
    """What a kind remembers of each source between batches: four arrays, one entry a source."""

    last_ms: Integers
    on_since_ms: Integers
    off_since_ms: Integers
    state: Flags

    @staticmethod
    def empty() -> "Carry":
        nothing = np.empty(0, np.int64)
        return Carry(nothing, nothing.copy(), nothing.copy(), np.empty(0, np.bool_))

    def grow(self, count: int) -> None:
        """Make room for `count` sources."""
        more = count - len(self.last_ms)
        if more > 0:
            fill = np.full(more, NEVER, np.int64)
            self.last_ms = np.concatenate([self.last_ms, fill])
            self.on_since_ms = np.concatenate([self.on_since_ms, fill])
            self.off_since_ms = np.concatenate([self.off_since_ms, fill])
            self.state = np.concatenate([self.state, np.zeros(more, np.bool_)])

    def keep(self, codes: Integers) -> None:
        """Forget every source but these, which take the numbers 0, 1, ..."""
        for name in ("last_ms", "on_since_ms", "off_since_ms", "state"):
            setattr(self, name, getattr(self, name)[codes])


@dataclass(frozen=True, slots=True)
class Limits:
    """The durations of a kind, in milliseconds."""

    for_ms: int
    clear_ms: int
    gap_ms: int
    silent_ms: int
    hold_ms: int = 0


@dataclass(frozen=True, slots=True)
class Turns:
    """Where sources turned on or off: sample index (-1: by the clock alone), source, time, direction, by silence."""

    sample: Integers
    code: Integers
    at_ms: Integers
    rising: Flags
    silent: Flags


def turns(
    code: Integers, at_ms: Integers, on: Flags, off: Flags, renewed: Flags | None, carry: Carry, limits: Limits
) -> Turns:
    """Judge samples sorted by source and time; `renewed` marks those at which a run begins anew. Updates `carry`."""
    count = len(code)
    if count == 0:
        nothing = np.empty(0, np.int64)
        return Turns(nothing, nothing, nothing, np.empty(0, np.bool_), np.empty(0, np.bool_))
    place = np.arange(count)
    first = np.empty(count, np.bool_)
    first[0] = True
    first[1:] = code[1:] != code[:-1]
    before_ms = np.where(first, carry.last_ms[code], np.concatenate([[NEVER], at_ms[:-1]]))
    broken = at_ms - before_ms > limits.gap_ms
    on_since = _since(
        place, first, at_ms, on, broken | (renewed if renewed is not None else False), carry.on_since_ms[code]
    )
    off_since = _since(place, first, at_ms, off, broken, carry.off_since_ms[code])
    raises = on & (at_ms - on_since >= limits.for_ms)
    clears = off & (at_ms - off_since >= limits.clear_ms) & ~raises
    run_before = np.where(first, carry.on_since_ms[code], np.concatenate([[NEVER], np.where(on, on_since, NEVER)[:-1]]))
    due_ms = run_before + limits.for_ms
    held = (run_before > NEVER) & (due_ms < at_ms) & (due_ms <= before_ms + limits.hold_ms) & (limits.hold_ms > 0)
    quiet = (before_ms > NEVER) & (at_ms - before_ms > limits.silent_ms)

    steps = np.zeros((count, 3), np.int8)
    steps[:, 0] = held
    steps[:, 1] = -quiet.astype(np.int8)
    steps[:, 2] = raises.astype(np.int8) - clears
    times = np.stack([due_ms, before_ms + limits.silent_ms, at_ms], axis=1).ravel()
    flat = steps.ravel()
    spot = np.arange(count * 3)
    latest = np.maximum.accumulate(np.where(flat != 0, spot, -1))
    opening = np.repeat(np.maximum.accumulate(np.where(first, place, 0)), 3) * 3
    known = latest >= opening
    state = np.where(known, flat[np.maximum(latest, 0)] > 0, np.repeat(carry.state[code], 3))
    was = np.concatenate([[False], state[:-1]])
    was[opening == spot] = carry.state[code[first]]
    turned = np.flatnonzero(state != was)

    last = np.flatnonzero(np.concatenate([first[1:], [True]]))
    sources = code[last]
    carry.last_ms[sources] = at_ms[last]
    carry.on_since_ms[sources] = np.where(on[last], on_since[last], NEVER)
    carry.off_since_ms[sources] = np.where(off[last], off_since[last], NEVER)
    carry.state[sources] = state[last * 3 + 2]
    sample = turned // 3
    return Turns(sample, code[sample], times[turned], state[turned], turned % 3 == 1)


def clock_turns(carry: Carry, before_ms: int, limits: Limits) -> Turns:
    """What happens before the instant `before_ms` though no record says so: runs that are held, sources gone silent."""
    heard = carry.last_ms > NEVER
    due_ms = carry.on_since_ms + limits.for_ms
    within = due_ms <= carry.last_ms + limits.hold_ms
    raised = np.flatnonzero(
        heard & ~carry.state & (carry.on_since_ms > NEVER) & (due_ms < before_ms) & within & (limits.hold_ms > 0)
    )
    raised_ms = due_ms[raised]
    carry.state[raised] = True
    gone_ms = carry.last_ms + limits.silent_ms
    gone = np.flatnonzero(heard & carry.state & (gone_ms < before_ms))
    carry.state[gone] = False
    carry.on_since_ms[gone] = NEVER
    carry.off_since_ms[gone] = NEVER
    code = np.concatenate([raised, gone])
    rising = np.arange(len(code)) < len(raised)
    return Turns(np.full(len(code), -1), code, np.concatenate([raised_ms, gone_ms[gone]]), rising, ~rising)


def _since(place: Integers, first: Flags, at_ms: Integers, holds: Flags, anew: Flags, carried_ms: Integers) -> Integers:
    """When the run of `holds` that each sample stands in began; meaningless where it does not hold."""
    went_on = np.where(first, carried_ms > NEVER, np.concatenate([[False], holds[:-1]]))
    begins = first | anew | ~went_on
    start_ms = np.where(first & ~anew & (carried_ms > NEVER), carried_ms, at_ms)
    result: Integers = start_ms[np.maximum.accumulate(np.where(begins, place, 0))]
    return result
