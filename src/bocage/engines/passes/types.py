"""What verifying says: a verdict, made of steps that each passed, failed, or were not reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class PassError(ValueError):
    """A pass, a key or a value that is refused; the message says in one line what is wrong with it."""


class Kind(StrEnum):
    """What a pass is."""

    DCC = "dcc"
    SHC = "shc"
    TOKEN = "token"  # noqa: S105
    PAPER = "paper"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Step:
    """One step of verifying. `passed` is None where an earlier step failed before it was reached."""

    name: str
    passed: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of one pass. `content` is what it says, as plain values; None when a step before it failed."""

    kind: Kind
    steps: tuple[Step, ...]
    content: Mapping[str, Any] | None = None

    @property
    def valid(self) -> bool:
        """Whether every step passed."""
        return bool(self.steps) and all(step.passed for step in self.steps)

    @property
    def failed(self) -> Step | None:
        """The step that failed, or None."""
        return next((step for step in self.steps if step.passed is False), None)


@dataclass
class Trail:
    """Runs the steps of one kind in order, and stops at the first that fails."""

    kind: Kind
    names: tuple[str, ...]
    done: list[Step] = field(default_factory=list)
    content: Mapping[str, Any] | None = None

    def step[T](self, function: Callable[..., T], *arguments: Any, reason: Callable[[T], str] | None = None) -> T:
        """Run the next step; a PassError ends it as failed and goes on up."""
        name = self.names[len(self.done)]
        try:
            value = function(*arguments)
        except PassError as error:
            self.done.append(Step(name, False, str(error)))
            raise
        self.done.append(Step(name, True, reason(value) if reason else ""))
        return value

    def verdict(self) -> Verdict:
        """What was found, with the steps that were not reached."""
        rest = tuple(Step(name, None) for name in self.names[len(self.done) :])
        return Verdict(self.kind, (*self.done, *rest), self.content)
