"""A question to the twin, as one process hands it to another."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

Change = Literal["close", "bus_lane", "fixed_plan"]


@dataclass(frozen=True)
class DrawnPiece:
    """A street as the question carries it."""

    name: str
    kind: str
    points_m: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Question:
    """What is changed where, in which hour of the day, played with which seed."""

    streets: tuple[DrawnPiece, ...]
    change: Change
    street: str
    hour: int
    seed: int

    @classmethod
    def read(cls, text: str) -> "Question":
        """From JSON."""
        said = json.loads(text)
        streets = tuple(
            DrawnPiece(each["name"], each["kind"], tuple((float(x), float(y)) for x, y in each["points_m"]))
            for each in said["streets"]
        )
        return cls(streets, said["change"], said["street"], int(said["hour"]), int(said["seed"]))

    def write(self) -> str:
        """To JSON."""
        return json.dumps(asdict(self))
