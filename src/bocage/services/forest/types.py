"""What Forest shows: frozen dataclasses. Masses are whole micrograms or whole grams, as the name says."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from bocage.shell.types import TreeKind


@dataclass(frozen=True)
class FootprintLine:
    """A line of a statement or a payment with its footprint, and the chain of reasons behind it.

    `counted` is False where nothing was bought, `assessed` where a figure is missing to say anything, and `corrected`
    says that the person gave the category herself. Of a shared account, the masses are those of `share_percent` of it.
    """

    id: UUID
    booked_on: date
    amount_minor: int
    currency: str
    exponent: int
    text: str
    category: str
    category_title: str
    probability: float
    counted: bool
    assessed: bool
    corrected: bool
    micrograms: int
    low_micrograms: int
    high_micrograms: int
    reasons: list[dict[str, str]]
    book: str
    origin: str
    share_percent: int


@dataclass(frozen=True)
class Noted:
    """What a person writes down by hand: `amount_minor` spent, of the country's currency, in hundredths."""

    booked_on: date
    amount_minor: int
    category: str
    text: str
    country: str


@dataclass(frozen=True)
class SharedView:
    """An account that two share: `state` is agreed, incoming (to be agreed to) or outgoing (the other has to)."""

    id: UUID
    name: str
    other_name: str
    percent: int
    state: str


@dataclass(frozen=True)
class CategorySum:
    """What one category weighs in a month, and its share of the month's sum in percent."""

    category: str
    title: str
    micrograms: int
    lines: int
    share_percent: int


@dataclass(frozen=True)
class Month:
    """A month's footprint: the exact sum of its lines, its 90% interval, and its categories, heaviest first."""

    first_day: date
    micrograms: int
    low_micrograms: int
    high_micrograms: int
    lines: int
    unknown_lines: int
    categories: tuple[CategorySum, ...]


@dataclass(frozen=True)
class MonthSum:
    """One bar of the trend."""

    first_day: date
    micrograms: int


@dataclass(frozen=True)
class AwardView:
    """Grams earned by an act. `state`: ripening, ripe, collected, returned or faded."""

    id: UUID
    act: str
    title: str
    icon: str
    grams: int
    day: date
    state: str
    ripe_at: datetime
    fades_at: datetime
    sums: str
    line_id: UUID


@dataclass(frozen=True)
class TreeView:
    """A tree that grows: `grams` it has drunk of the `price_grams` it needs."""

    id: UUID
    species: str
    title: str
    kind: TreeKind
    grams: int
    price_grams: int
    grown_at: datetime | None

    @property
    def growth(self) -> float:
        """From 0 (just sown) to 1 (full grown)."""
        return min(1.0, self.grams / self.price_grams)

    @property
    def percent(self) -> int:
        """Growth in whole percent, rounded down so that 100 means grown."""
        return min(100, self.grams * 100 // self.price_grams)

    @property
    def grams_missing(self) -> int:
        """What it still needs."""
        return max(0, self.price_grams - self.grams)


@dataclass(frozen=True)
class Grove:
    """All that a person's forest page shows: grams in hand, ripe and ripening, and her trees."""

    grams: int
    ripe_grams: int
    ripening_grams: int
    next_ripe_at: datetime | None
    trees: tuple[TreeView, ...]

    @property
    def growing(self) -> tuple[TreeView, ...]:
        return tuple(tree for tree in self.trees if tree.grown_at is None)

    @property
    def grown(self) -> tuple[TreeView, ...]:
        return tuple(tree for tree in self.trees if tree.grown_at is not None)


@dataclass(frozen=True)
class UploadView:
    """A statement that was handed in."""

    id: UUID
    name: str
    state: str
    country: str
    created_at: datetime
    lines_added: int
    lines_known: int
    lines_bad: int


@dataclass(frozen=True)
class Columns:
    """Which column of a CSV holds what, by its place from 0. Either `amount`, or `debit` and `credit`.

    `spent_is_positive`: amounts without a sign are money out.
    """

    date: int
    amount: int | None = None
    debit: int | None = None
    credit: int | None = None
    text: int | None = None
    currency: int | None = None
    spent_is_positive: bool = False


@dataclass(frozen=True)
class Choices:
    """A CSV whose columns a person says: its first rows, what stands on top of each column, and a guess."""

    upload_id: UUID
    name: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...]
    guess: Columns | None


@dataclass(frozen=True)
class Preview:
    """What a statement would add: nothing is kept of it until it is confirmed."""

    upload: UploadView
    format: str
    accounts: tuple[str, ...]
    lines_new: int
    lines_known: int
    micrograms: int
    first: tuple[FootprintLine, ...]
    bad_lines: tuple[tuple[int, str, str], ...]
    bad_lines_total: int
    notes: tuple[str, ...]
    reconciles: bool | None
