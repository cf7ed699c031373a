"""What if a street were closed, or had a bus lane: the same hour of the same traffic, twice, in SUMO.

    python -m bocage.services.city.twin.whatif QUESTION.json

Reads the question, plays the town as it is and changed with one seed, and prints what both cost as a line of JSON. A
process a seed: SUMO may take its process down with it.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lxml import etree

from bocage.engines.signals import Cabinets, Call, Observation, make_controller
from bocage.services.city.twin.eyes import Waits
from bocage.services.city.twin.lights import LIMITS
from bocage.services.city.twin.question import Question
from bocage.services.city.twin.roads import TwinError
from bocage.services.city.twin.running import Twin, open_town

# The quarter of an hour before the hour fills the streets.
WARM_SECONDS, MEASURED_SECONDS = 900, 3_600
END_SECONDS = WARM_SECONDS + MEASURED_SECONDS
MG_A_G = 1_000.0


@dataclass(frozen=True)
class Cost:
    """Means of those who set out, or wanted to, within the measured hour. `no_way`: trips of it that find no way;
    unfinished ones, and those that the full streets never let in, are counted with what they have lost so far.
    `walk_seconds`: the hour's mean wait on foot over all lights with a crossing."""

    trips: int
    unfinished: int
    no_way: int
    delay_seconds: float
    bus_delay_seconds: float
    walk_seconds: float
    co2_g: float


class Inside:
    """The planner within this process: a question is no street, and may wait for its answer."""

    def __init__(self, twin_network: Any) -> None:
        self._controller = make_controller("bocage", twin_network, LIMITS)
        self._calls: list[Call] = []

    def ask(self, seen: Observation, shown: Cabinets) -> None:
        """Plan this second."""
        assert self._controller is not None
        self._calls = self._controller.decide(seen, shown)

    def calls(self) -> list[Call]:
        """The plan of this second."""
        return self._calls


class Nobody:
    """No planner: the cabinets' fixed plan."""

    def ask(self, seen: Observation, shown: Cabinets) -> None:
        """Plan nothing."""

    def calls(self) -> None:
        """No plan."""


class Unwritten:
    """A question leaves no journal."""

    numbers: dict[str, int] = {}
    silent_seconds = 0.0

    def append(self, rows: Any) -> None:
        """Let the rows go."""
        for _row in rows:
            pass


def answer(question: Question) -> dict[str, Any]:
    """What the hour costs as it is and changed."""
    changed_is_fixed = question.change == "fixed_plan"
    now = _play(question, closed=(), bus_lanes=(), fixed=False)
    changed = _play(
        question,
        closed=(question.street,) if question.change == "close" else (),
        bus_lanes=(question.street,) if question.change == "bus_lane" else (),
        fixed=changed_is_fixed,
    )
    return {"seed": question.seed, "now": asdict(now), "changed": asdict(changed)}


def _play(question: Question, closed: Sequence[str], bus_lanes: Sequence[str], fixed: bool) -> Cost:
    with TemporaryDirectory() as place:
        folder = Path(place)
        trips = folder / "trips.xml"
        measuring = ["--tripinfo-output", str(trips)]
        measuring += ["--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted"]
        measuring += ["--device.emissions.probability", "1", "--time-to-teleport", "-1"]
        town = open_town(
            folder, question.streets, {}, question.seed, closed=closed, bus_lanes=bus_lanes, options=measuring
        )
        try:
            planner: Any = Nobody() if fixed else Inside(town.network)
            twin = Twin(town, Unwritten(), planner, question.seed)
            begun_no_way = 0
            for second in range(END_SECONDS):
                if second == WARM_SECONDS:
                    twin.waits, begun_no_way = Waits(town.network, memory=1.0), twin.traffic.no_way
                twin.second(second * 1000 + 1000, (question.hour + (second - WARM_SECONDS) / 3600) % 24)
            waits = [twin.waits.walk_seconds(number) for number in range(len(town.network.signals))]
            no_way = twin.traffic.no_way - begun_no_way
        finally:
            town.libsumo.close()
        return _cost(trips, no_way, [each for each in waits if each is not None])


def _cost(trips: Path, no_way: int, walks: Sequence[float]) -> Cost:
    delays: list[float] = []
    buses: list[float] = []
    co2_g, unfinished = 0.0, 0
    for _event, row in etree.iterparse(str(trips), tag="tripinfo", resolve_entities=False, no_network=True):
        depart, held = float(row.get("depart")), float(row.get("departDelay"))
        # Whoever was never let in has departed at -1, and waits until the end.
        if (depart if depart >= 0 else END_SECONDS) - held >= WARM_SECONDS:
            lost = max(float(row.get("timeLoss")), 0.0) + held
            (buses if row.get("vType") == "bus" else delays).append(lost)
            unfinished += float(row.get("arrival", "-1")) < 0
            emissions = row.find("emissions")
            co2_g += float(emissions.get("CO2_abs")) / MG_A_G if emissions is not None else 0.0
        # A tripinfo holds its emissions: it may go only now that both are read.
        row.clear()
    return Cost(
        len(delays) + len(buses),
        unfinished,
        no_way,
        sum(delays) / max(len(delays), 1),
        sum(buses) / max(len(buses), 1),
        sum(walks) / max(len(walks), 1),
        co2_g / max(len(delays) + len(buses), 1),
    )


if __name__ == "__main__":
    try:
        print(json.dumps(answer(Question.read(Path(sys.argv[1]).read_text(encoding="utf-8")))))
    except TwinError as error:
        sys.exit(str(error))
