"""What may be said in each stream: its fields, their units, ranges and words, read from `streams.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "streams.toml"


@dataclass(frozen=True, slots=True)
class Field:
    """A number within [low, high] in `unit` (`words` None), or one of `words` (an empty tuple: any word)."""

    name: str
    label: Mapping[str, str]
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    words: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """A family of records. `every_seconds` is a healthy source's rhythm, 0 when it has none."""

    name: str
    title: Mapping[str, str]
    fields: Mapping[str, Field]
    every_seconds: float
    silent_seconds: float
    passing: bool

    @property
    def gap_seconds(self) -> float:
        """A longer gap breaks a condition's persistence: three records missed, within the silence."""
        return min(self.silent_seconds, max(3.5 * self.every_seconds, 3.0))


@cache
def streams() -> Mapping[str, Stream]:
    """Every stream by name."""
    found = {}
    for name, stream in tomllib.loads(FILE.read_text()).items():
        found[name] = Stream(
            name=name,
            title=stream["title"],
            fields={field: _field(field, said) for field, said in stream["fields"].items()},
            every_seconds=stream["every_seconds"],
            silent_seconds=stream["silent_seconds"],
            passing=stream.get("passing", False),
        )
    return found


def _field(name: str, said: Mapping[str, object]) -> Field:
    label = {language: str(said[language]) for language in ("en", "fr")}
    words = said.get("words")
    if isinstance(words, list):
        return Field(name, label, words=tuple(words))
    return Field(name, label, str(said["unit"]), float(str(said["low"])), float(str(said["high"])))
