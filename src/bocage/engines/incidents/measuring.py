"""How much of what happened was found, how soon, and how often nothing had happened."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np

from bocage.engines.incidents.types import Alarm

# An alarm belongs to an incident if it is just behind it, or no farther before it than its queue may have grown.
BEFORE_METRES, AFTER_METRES, NEAR_METRES = 2_500.0, 700.0, 600.0
WAVE_METRES_A_SECOND = 8.0  # faster than any queue grows
RECOVERY_SECONDS = 300.0
FOUND_METRES_TRACKS = 150.0
WILSON_Z = 1.96


class Happened(Protocol):
    """An incident of the laboratory."""

    @property
    def metres(self) -> float: ...
    @property
    def began_seconds(self) -> float: ...
    @property
    def ended_seconds(self) -> float: ...


@dataclass(frozen=True)
class Score:
    """`false_a_station_day` counts alarms that no incident explains; `precision_95` is a Wilson interval."""

    incidents: int
    found: int
    detection_rate: float
    mean_seconds: float | None
    p95_seconds: float | None
    alarms: int
    false_alarms: int
    false_a_station_day: float
    precision: float | None
    precision_95: tuple[float, float]

    def facts(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)


@dataclass
class Tally:
    """Counts over runs."""

    behind_metres: float = BEFORE_METRES
    ahead_metres: float = AFTER_METRES
    incidents: int = 0
    alarms: int = 0
    false_alarms: int = 0
    station_seconds: float = 0.0
    delays: list[float] | None = None

    def add(self, happened: Sequence[Happened], alarms: Sequence[Alarm], station_seconds: float) -> None:
        """One run. Alarms in an incident's reach, from its begin to five minutes after its end, are the incident's."""
        self.delays = self.delays or []
        self.incidents += len(happened)
        self.station_seconds += station_seconds
        first: dict[int, float] = {}
        for alarm in alarms:
            self.alarms += 1
            which = next((at for at, each in enumerate(happened) if self._belongs(alarm, each)), None)
            if which is None:
                self.false_alarms += 1
            elif alarm.seconds <= happened[which].ended_seconds:
                first.setdefault(which, alarm.seconds - happened[which].began_seconds)
        self.delays += first.values()

    def score(self) -> Score:
        """What it comes to."""
        delays = self.delays or []
        true = self.alarms - self.false_alarms
        return Score(
            incidents=self.incidents,
            found=len(delays),
            detection_rate=round(len(delays) / self.incidents, 4) if self.incidents else 0.0,
            mean_seconds=round(float(np.mean(delays)), 1) if delays else None,
            p95_seconds=round(float(np.percentile(delays, 95)), 1) if delays else None,
            alarms=self.alarms,
            false_alarms=self.false_alarms,
            false_a_station_day=round(self.false_alarms * 86_400 / max(self.station_seconds, 1), 3),
            precision=round(true / self.alarms, 4) if self.alarms else None,
            precision_95=wilson(true, self.alarms),
        )

    def _belongs(self, alarm: Alarm, each: Happened) -> bool:
        since = alarm.seconds - each.began_seconds
        behind = min(self.behind_metres, NEAR_METRES + WAVE_METRES_A_SECOND * since)
        near = -behind <= alarm.metres - each.metres <= self.ahead_metres
        return near and 0 <= since <= each.ended_seconds - each.began_seconds + RECOVERY_SECONDS


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927)."""
    if not trials:
        return 0.0, 1.0
    share, z = hits / trials, WILSON_Z
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)
