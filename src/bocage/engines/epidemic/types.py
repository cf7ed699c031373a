"""What goes into the epidemic engine: contacts, observations and the course of the disease; one error."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.floating[Any]]
# What a caller gives: a scalar or a sequence; after checking, an array.
type Given = Any
type Ints = NDArray[np.integer[Any]]
type Bools = NDArray[np.bool_]

EVERY_DAY = -1
PEOPLE_MAX = 5_000_000
CONTACTS_MAX = 200_000_000
LAYERS_MAX = 100
DAY_MAX = 1_000_000
WINDOW_MAX_DAYS = 60


class EpidemicError(ValueError):
    """Something the engine cannot take: which `field`, what is wrong, and what to do next."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Parameters:
    """The course of the disease and what its signs are worth. Times are log-normal, in days.

    Defaults are of SARS-CoV-2, wild type, as Kerr et al. (PLOS Comput. Biol. 17(7):e1009149, 2021, table 1) gathered
    them: infection to infectiousness 4.5 ± 1.5 (Lauer et al., Ann. Intern. Med. 2020), on to symptoms 1.1 ± 0.9 more
    (Linton et al., J. Clin. Med. 2020: incubation 5.6), infectious for 8 ± 2 (Wölfel et al., Nature 2020), twice as
    infectious in the first 30 % of it, at most 4 days (Lescure et al., Lancet Infect. Dis. 2020), 70 % with symptoms.
    `sensitivity` is of a swab while infectious, `specificity` the least that the ONS Infection Survey (2020) found; a
    test counts for the day of its sample, whenever its result comes. `reporting` is the share of those with the app who
    report an illness; `background_illness_per_day` how often an illness of another cause begins; `background_per_day`
    how often an infection comes from outside the known contacts (None: learnt by expectation-maximisation). Messages
    are exchanged on at most `message_edges_max` contacts, of those that can multiply somebody's probability by more
    than `message_reach_min` (all contacts, and so exact on trees, at 0).
    """

    latent_mean_days: float = 4.5
    latent_sd_days: float = 1.5
    onset_mean_days: float = 1.1
    onset_sd_days: float = 0.9
    infectious_mean_days: float = 8.0
    infectious_sd_days: float = 2.0
    early_ratio: float = 2.0
    early_share: float = 0.3
    early_max_days: float = 4.0
    symptomatic: float = 0.7
    reporting: float = 0.6
    sensitivity: float = 0.85
    specificity: float = 0.9992
    background_illness_per_day: float = 0.002
    background_per_day: float | None = None
    window_days: int = 14
    rounds: int = 4
    messages: bool = True
    message_edges_max: int = 10_000
    message_reach_min: float = 0.1

    def __post_init__(self) -> None:
        for name in ("latent", "onset", "infectious"):
            for part in ("mean", "sd"):
                _number(f"{name}_{part}_days", getattr(self, f"{name}_{part}_days"), 0.05, 100)
        _number("early_ratio", self.early_ratio, 1, 100)
        _number("early_share", self.early_share, 0, 1)
        _number("early_max_days", self.early_max_days, 0, 100)
        for name in ("symptomatic", "reporting", "sensitivity"):
            _number(name, getattr(self, name), 0, 1)
        _number("message_reach_min", self.message_reach_min, 0, 1e9)
        _number("specificity", self.specificity, 0.5, 1 - 1e-9)
        _number("background_illness_per_day", self.background_illness_per_day, 1e-9, 0.5)
        if self.background_per_day is not None:
            _number("background_per_day", self.background_per_day, 1e-12, 0.5)
        for name, low, high in (("window_days", 2, WINDOW_MAX_DAYS), ("rounds", 1, 100)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise EpidemicError(name, f"{value!r} is not a whole number from {low} to {high}.")
        if type(self.message_edges_max) is not int or not 0 <= self.message_edges_max <= CONTACTS_MAX:
            raise EpidemicError("message_edges_max", f"{self.message_edges_max!r} is not a whole number from 0.")


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Who met whom, at which kind of place, on which day; each meeting once, in either order.

    All arrays are [meetings]: `first`, `second` are people 0..people-1; `layer` counts into `layers` (kinds of place);
    `day` is a day's number or `EVERY_DAY` (a household); `weight` is the probability that a fully infectious person
    infects a fully susceptible one in one such day. Scalars stand for all. Raises `EpidemicError`.
    """

    people: int
    layers: tuple[str, ...]
    first: Given
    second: Given
    layer: Given = 0
    day: Given = EVERY_DAY
    weight: Given = 0.05

    def __post_init__(self) -> None:
        people(self.people)
        if not 0 < len(self.layers) <= LAYERS_MAX or not all(isinstance(name, str) and name for name in self.layers):
            raise EpidemicError("layers", f"name between 1 and {LAYERS_MAX} kinds of place.")
        count = np.size(self.first)
        if count > CONTACTS_MAX:
            raise EpidemicError("first", f"{count} meetings; at most {CONTACTS_MAX} are taken.")
        for name, high in (("first", self.people - 1), ("second", self.people - 1), ("layer", len(self.layers) - 1)):
            object.__setattr__(self, name, integers(name, getattr(self, name), count, 0, high))
        object.__setattr__(self, "day", integers("day", self.day, count, EVERY_DAY, DAY_MAX))
        object.__setattr__(self, "weight", numbers("weight", self.weight, count, 0.0, 0.999))
        alone = np.flatnonzero(np.asarray(self.first) == np.asarray(self.second))
        if len(alone):
            raise EpidemicError(f"second[{alone[0]}]", "a person does not meet themselves; leave the line out.")


@dataclass(frozen=True, slots=True, eq=False)
class Tests:
    """Results that are known: [tests] `person`, `day` of the sample, `positive`. Raises `EpidemicError`."""

    __test__ = False

    person: Given = ()
    day: Given = ()
    positive: Given = ()

    def __post_init__(self) -> None:
        count = np.size(self.person)
        object.__setattr__(self, "person", integers("tests.person", self.person, count, 0, PEOPLE_MAX))
        object.__setattr__(self, "day", integers("tests.day", self.day, count, 0, DAY_MAX))
        positive = np.asarray(self.positive)
        if positive.shape != (count,) or (count and positive.dtype != np.bool_):
            raise EpidemicError("tests.positive", f"give {count} values that are true or false.")


@dataclass(frozen=True, slots=True, eq=False)
class Onsets:
    """Illnesses that people reported: [reports] `person` and the `day` on which it began."""

    person: Given = ()
    day: Given = ()

    def __post_init__(self) -> None:
        count = np.size(self.person)
        object.__setattr__(self, "person", integers("onsets.person", self.person, count, 0, PEOPLE_MAX))
        object.__setattr__(self, "day", integers("onsets.day", self.day, count, 0, DAY_MAX))


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """What is known on a day. [people] arrays may be None for "nothing particular".

    `enrolled`: has the app, so that silence about symptoms says something. `susceptibility`: 1 for all that is known
    to lower it, such as a vaccination (1 - its efficacy against infection). `immune`: had it before the window.
    `mobility` [people, window]: the share of usual contacts kept on each day of the window (isolation, quarantine).
    """

    tests: Tests = field(default_factory=Tests)
    onsets: Onsets = field(default_factory=Onsets)
    enrolled: Bools | None = None
    susceptibility: Floats | None = None
    immune: Bools | None = None
    mobility: Floats | None = None

    def check(self, count: int, window: int) -> None:
        """Raise `EpidemicError` where these do not fit `count` people and `window` days."""
        for name, array in (("tests.person", self.tests.person), ("onsets.person", self.onsets.person)):
            integers(name, array, np.size(array), 0, count - 1)
        shapes = {"enrolled": (count,), "susceptibility": (count,), "immune": (count,), "mobility": (count, window)}
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array is not None and np.shape(array) != shape:
                raise EpidemicError(name, f"has shape {np.shape(array)}; {shape} is needed.")
        for name, high in (("susceptibility", 10.0), ("mobility", 1.0)):
            array = getattr(self, name)
            if array is not None and not bool(np.all((array >= 0) & (array <= high))):
                raise EpidemicError(name, f"holds values outside 0 to {high:g}.")


def people(count: int) -> None:
    """Raise `EpidemicError` unless `count` is a number of people that the engine takes."""
    if type(count) is not int or not 1 <= count <= PEOPLE_MAX:
        raise EpidemicError("people", f"{count!r} is not a whole number from 1 to {PEOPLE_MAX}.")


def integers(name: str, values: Given, count: int, low: int, high: int) -> Ints:
    """`values` as [count] int32 within low..high; names the first that is not."""
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iu":
        raise EpidemicError(name, f"holds {array.dtype} where whole numbers are needed.")
    array = _spread(name, array, count)
    wrong = np.flatnonzero((array < low) | (array > high))
    if len(wrong):
        raise EpidemicError(f"{name}[{wrong[0]}]", f"{array[wrong[0]]} is not between {low} and {high}.")
    return np.ascontiguousarray(array, dtype=np.int32)


def numbers(name: str, values: Given, count: int, low: float, high: float) -> Floats:
    """`values` as [count] floats within low..high; names the first that is not."""
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iuf":
        raise EpidemicError(name, f"holds {array.dtype} where numbers are needed.")
    array = _spread(name, array, count)
    wrong = np.flatnonzero(~((array >= low) & (array <= high)))
    if len(wrong):
        raise EpidemicError(f"{name}[{wrong[0]}]", f"{array[wrong[0]]} is not between {low:g} and {high:g}.")
    return np.ascontiguousarray(array, dtype=np.float64)


def _spread[A: NDArray[np.generic]](name: str, array: A, count: int) -> A:
    if array.ndim == 0:
        return np.broadcast_to(array, (count,))  # type: ignore[return-value]
    if array.shape != (count,):
        raise EpidemicError(name, f"has shape {array.shape}; one value, or {count} of them, are needed.")
    return array


def _number(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise EpidemicError(name, f"{value!r} is not a number.")
    if not low <= value <= high:
        raise EpidemicError(name, f"{value!r} is not between {low:g} and {high:g}.")
