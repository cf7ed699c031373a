"""How good tracks and suggestions are where the truth is known.

MOTA: Bernardin and Stiefelhagen 2008. IDF1: Ristani and others 2016. Precision with Wilson's interval (Wilson 1927).
"""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from bocage.engines.video.tracking import iou
from bocage.engines.video.types import Floats

MATCH_IOU = 0.5
WILSON_Z = 1.96


@dataclass
class Tracking:
    """Counts over the frames of many clips."""

    truths: int = 0
    boxes: int = 0
    misses: int = 0
    false: int = 0
    switches: int = 0
    shared: Counter[tuple[str, int]] = field(default_factory=Counter)
    _last: dict[str, int] = field(default_factory=dict)

    def add(self, truth: Floats, names: list[str], counts: list[bool], found: Floats, tracks: list[int]) -> None:
        """One frame: true boxes (n, 4) and who they are; those that do not count (hidden, cut) may be found or not."""
        overlap = iou(truth, found)
        # Whoever was matched before stays matched while that holds.
        sticky = np.array([[self._last.get(name) == track for track in tracks] for name in names]).reshape(
            overlap.shape
        )
        good = overlap >= MATCH_IOU
        cost = np.where(good, 1 - overlap - sticky, 1e3)
        rows, columns = linear_sum_assignment(cost)
        pairs = [(row, column) for row, column in zip(rows, columns, strict=True) if good[row, column]]
        hit = dict(pairs)
        for row, name in enumerate(names):
            if not counts[row]:
                continue
            self.truths += 1
            if row not in hit:
                self.misses += 1
                continue
            track = tracks[hit[row]]
            self.switches += self._last.get(name, track) != track
            self._last[name] = track
            self.shared[name, track] += 1
        ignored = {column for row, column in pairs if not counts[row]}
        self.boxes += len(tracks) - len(ignored)
        self.false += len(tracks) - len(pairs)

    def score(self) -> dict[str, float]:
        """MOTA and IDF1, and what they are made of."""
        names, tracks = sorted({name for name, _ in self.shared}), sorted({track for _, track in self.shared})
        table = np.zeros((len(names), len(tracks)))
        for (name, track), count in self.shared.items():
            table[names.index(name), tracks.index(track)] = count
        same = table[linear_sum_assignment(-table)].sum()
        return {
            "mota": round(1 - (self.misses + self.false + self.switches) / max(self.truths, 1), 4),
            "idf1": round(float(2 * same / max(self.truths + self.boxes, 1)), 4),
            "truths": self.truths,
            "misses": self.misses,
            "false": self.false,
            "switches": self.switches,
        }


@dataclass
class Finding:
    """Suggestions of one kind: right, wrong, and what happened without one."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def facts(self) -> dict[str, object]:
        """Precision with its interval, and recall beside it; null where there is nothing to divide by."""
        told, happened = self.right + self.wrong, self.right + self.missed
        return {
            "suggested": told,
            "right": self.right,
            "happened": happened,
            "precision": round(self.right / told, 4) if told else None,
            "precision_95": wilson(self.right, told),
            "recall": round(self.right / happened, 4) if happened else None,
            "recall_95": wilson(self.right, happened),
        }


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not trials:
        return 0.0, 1.0
    share, z = hits / trials, WILSON_Z
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)
