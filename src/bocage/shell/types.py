"""What services hand to the shell's pages: cards and activity for home, places for a rail, trees for a scene."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bocage.kernel.manifest import Text

CardKind = Literal["wallet", "forest", "trip", "plain"]
TreeKind = Literal["oak", "pine", "poplar", "birch", "apple"]
CARD_ORDER = {"wallet": 0, "forest": 20, "trip": 40, "plain": 60}


@dataclass(frozen=True)
class Card:
    """One service's part of the home screen: a template of the service, rendered with `context`.

    Wallet cards stand above the tiles, all others below, by `order` (smaller first; by kind where it is not given).
    """

    kind: CardKind
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    order: int | None = None

    @property
    def rank(self) -> int:
        """Where the card stands among the others."""
        return CARD_ORDER[self.kind] if self.order is None else self.order


@dataclass(frozen=True)
class ActivityRow:
    """One line of what happened: on home, and wherever rows of activity are shown.

    `amount_minor` (signed, minor units of `currency`) or `amount` (words such as "86 g") stands at the end of the
    line, `gain` below it. `happened_at` is an instant; rows of several services are merged by it.
    """

    title: Text
    happened_at: datetime
    icon: str
    tint: str = ""
    url: str = ""
    note: Text = ""
    amount_minor: int | None = None
    currency: str = ""
    amount: Text = ""
    gain: Text = ""


@dataclass(frozen=True)
class Tile:
    """A service on the home screen."""

    title: Text
    url: str
    icon: str
    tint: str


@dataclass(frozen=True)
class Place:
    """A link of a tab bar or a rail. `prefix` marks it as the current place for every address below it."""

    title: Text
    url: str
    icon: str
    prefix: str = ""
    count: int = 0
    note: Text = ""

    def is_current(self, path: str) -> bool:
        """Whether a page at `path` belongs to this place."""
        return path == self.url or (bool(self.prefix) and path.startswith(self.prefix))


@dataclass(frozen=True)
class ActingFor:
    """Whom a person acts for: a name, and the first page of the business where it is one."""

    name: str
    business_url: str = ""


@dataclass(frozen=True)
class RailSection:
    """A titled group of places in a console's rail; the title may be empty."""

    title: Text
    places: Sequence[Place]


@dataclass(frozen=True)
class Hit:
    """A result of search: a service or something to do."""

    title: Text
    note: Text
    url: str
    icon: str
    tint: str


@dataclass(frozen=True)
class HitGroup:
    """Results of one sort, best first."""

    title: Text
    hits: Sequence[Hit]


@dataclass(frozen=True)
class Tree:
    """A tree of a forest scene: `growth` from 0 (just sown) to 1 (full grown)."""

    kind: TreeKind
    growth: float = 1.0
