"""The verbs that need two people. A package registers its own when its app is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bocage.kernel.identity.types import Role

type Payload = dict[str, Any]
type Execute = Callable[[Payload, UUID], None]


@dataclass(frozen=True)
class Verb:
    """`execute(payload, maker_id)` does it in the transaction of the decision and raises a `Refusal` when it cannot.

    `says(payload)` tells the checker in one sentence what will happen; it also checks the payload when proposed.
    """

    kind: str
    says: Callable[[Payload], str]
    execute: Execute
    maker: Role = Role.OPERATOR
    checker: Role = Role.APPROVER


_verbs: dict[str, Verb] = {}


def register(verb: Verb) -> None:
    """Make `verb` known under its kind. Raises ValueError for a kind that another verb has."""
    if _verbs.get(verb.kind, verb) != verb:
        raise ValueError(f"two verbs are called {verb.kind}")
    _verbs[verb.kind] = verb


def verb(kind: str) -> Verb | None:
    """The verb of this kind, or None."""
    return _verbs.get(kind)


def kinds() -> list[str]:
    """Every kind that can be proposed, sorted."""
    return sorted(_verbs)
