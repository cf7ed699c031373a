"""All that one person's risk stands on, small enough for a decision record: the risk recomputes from it alone."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np

from bocage.engines.epidemic.inference import Risk
from bocage.engines.epidemic.types import EVERY_DAY, EpidemicError, Floats, Parameters

HAZARD_DECIMALS = 8
LOG_DECIMALS = 6
RECORD_CHARACTERS_MAX = 200_000

Answer = tuple[Literal["positive", "negative", "illness"], int]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What meetings at one kind of place on one day add: `hazard`, about the probability of infection, no names."""

    day: int
    place: str
    hazard: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One person's: exposures by day and kind of place, answers as (kind, day), and evidence from people they met.

    `backward` [window + 1] is the log-likelihood, by day of infection, of what befell those they met afterwards.
    `background_per_day` is the rate of infections from unknown contacts, for this person's susceptibility. Values are
    rounded, so that the record and not the run that made it is what decides.
    """

    day: int
    exposures: tuple[Exposure, ...]
    answers: tuple[Answer, ...]
    backward: tuple[float, ...]
    background_per_day: float
    enrolled: bool
    immune: bool
    parameters: Parameters


def evidence(risk: Risk, person: int) -> Evidence:
    """The evidence of one person in a result of `infer`."""
    return gather(risk, (person,))[0]


def gather(risk: Risk, persons: Sequence[int]) -> tuple[Evidence, ...]:
    """The evidence of several people, in their order; one pass over the contacts."""
    for person in persons:
        if not 0 <= person < risk.contacts.people:
            raise EpidemicError("person", f"{person!r} is not among 0 to {risk.contacts.people - 1}.")
    wanted = np.zeros(risk.contacts.people, dtype=bool)
    wanted[np.asarray(persons, dtype=np.int64)] = True
    hazards = _hazards(risk, wanted) if risk.released is None else {}
    tests, onsets = risk.observations.tests, risk.observations.onsets
    answers: dict[int, list[Answer]] = {person: [] for person in persons}
    since = risk.day - risk.parameters.window_days
    for who, day, positive in _rows(wanted, tests.person, tests.day, tests.positive):
        if since < day <= risk.day:
            answers[who].append(("positive" if positive else "negative", day))
    for who, day in _rows(wanted, onsets.person, onsets.day):
        if since < day <= risk.day:
            answers[who].append(("illness", day))
    return tuple(_one(risk, person, hazards.get(person, {}), answers[person]) for person in persons)


def dumps(each: Evidence) -> str:
    """Canonical JSON: equal evidence gives equal bytes."""
    return json.dumps(asdict(each), sort_keys=True, separators=(",", ":"), allow_nan=False)


def loads(text: str) -> Evidence:
    """The evidence that `dumps` wrote. Raises `EpidemicError` naming the field."""
    if len(text) > RECORD_CHARACTERS_MAX:
        raise EpidemicError("evidence", f"{len(text)} characters; at most {RECORD_CHARACTERS_MAX} are taken.")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EpidemicError("evidence", f"is not JSON ({error}).") from error
    names = {each.name for each in fields(Evidence)}
    if not isinstance(raw, dict) or set(raw) != names:
        raise EpidemicError("evidence", f"has the fields {', '.join(sorted(names))}, and no other.")
    try:
        parameters = Parameters(**raw["parameters"])
        exposures = tuple(_exposure(item) for item in raw["exposures"])
        answers = tuple(_answer(item) for item in raw["answers"])
        backward = tuple(float(value) for value in raw["backward"])
        background, day = float(raw["background_per_day"]), raw["day"]
    except (TypeError, ValueError, KeyError) as error:
        if isinstance(error, EpidemicError):
            raise
        raise EpidemicError("evidence", f"holds a value of the wrong kind ({error}).") from error
    if len(backward) != parameters.window_days + 1 or not all(np.isfinite(backward)):
        raise EpidemicError("backward", f"needs {parameters.window_days + 1} finite numbers.")
    if not 0 < background < 1 or type(day) is not int:
        raise EpidemicError("background_per_day", "needs a number between 0 and 1, and `day` a whole number.")
    flags = raw["enrolled"], raw["immune"]
    if not all(isinstance(flag, bool) for flag in flags):
        raise EpidemicError("enrolled", "and `immune` are true or false.")
    return Evidence(day, exposures, answers, backward, background, *flags, parameters)


def _exposure(item: dict[str, Any]) -> Exposure:
    made = Exposure(int(item["day"]), str(item["place"]), float(item["hazard"]))
    if not 0 <= made.hazard < 1000:
        raise EpidemicError("exposures", f"hazard {made.hazard!r} is not between 0 and 1000.")
    return made


def _answer(item: Sequence[Any]) -> Answer:
    kind, day = item
    if kind not in ("positive", "negative", "illness") or type(day) is not int:
        raise EpidemicError("answers", f"{item!r} is not a kind of answer and a day.")
    return kind, day


def _hazards(risk: Risk, wanted: np.ndarray[Any, Any]) -> dict[int, dict[tuple[int, int], float]]:
    """{person: {(column, layer): hazard}} from the edges that touch the people wanted."""
    graph, window = risk.graph, risk.parameters.window_days
    mobility, given = risk.observations.mobility, risk.observations.susceptibility
    found: dict[int, dict[tuple[int, int], float]] = {}
    place = _message_places(risk)
    for receiver, sender, direction in ((graph.second, graph.first, 0), (graph.first, graph.second, 1)):
        for edge in np.flatnonzero(wanted[receiver]):
            who, other = int(receiver[edge]), int(sender[edge])
            if (index := place.get(int(edge))) is not None and risk.messages is not None:
                values: Floats = risk.messages.hazard[direction, index]
            else:
                values = risk.infectiousness[other] * graph.weight[edge]
                values = values * (1.0 if mobility is None else mobility[who])
                values = values * (1.0 if given is None else given[who])
            columns = range(window) if graph.column[edge] == EVERY_DAY else (int(graph.column[edge]),)
            sums = found.setdefault(who, {})
            for column in columns:
                key = column, int(graph.layer[edge])
                sums[key] = sums.get(key, 0.0) + float(values[column])
    return found


def _message_places(risk: Risk) -> dict[int, int]:
    if risk.messages is None:
        return {}
    return {int(edge): index for index, edge in enumerate(risk.messages.edge)}


def _rows(wanted: np.ndarray[Any, Any], person: Any, *columns: Any) -> Iterable[tuple[int, ...]]:
    for row in np.flatnonzero(wanted[np.asarray(person)]) if np.size(person) else ():
        yield int(person[row]), *(int(column[row]) for column in columns)


def _one(risk: Risk, person: int, hazards: dict[tuple[int, int], float], answers: list[Answer]) -> Evidence:
    start = risk.day - risk.parameters.window_days + 1
    exposures = [
        Exposure(start + column, risk.contacts.layers[layer], round(max(hazard, 0.0), HAZARD_DECIMALS))
        for (column, layer), hazard in sorted(hazards.items())
    ]
    if risk.released is not None:
        # Under differential privacy only what was released may be told, by day: the parts and places are left out.
        exposures = [
            Exposure(start + column, "", round(float(hazard), HAZARD_DECIMALS))
            for column, hazard in enumerate(risk.released.told[person])
        ]
    enrolled, immune = risk.observations.enrolled, risk.observations.immune
    susceptibility = risk.observations.susceptibility
    given = 1.0 if susceptibility is None else float(susceptibility[person])
    return Evidence(
        day=risk.day,
        exposures=tuple(each for each in exposures if each.hazard > 0),
        answers=tuple(sorted(answers, key=lambda answer: (answer[1], answer[0]))),
        backward=tuple(round(float(value), LOG_DECIMALS) for value in risk.backward[person]),
        background_per_day=float(f"{max(risk.background_per_day * given, 1e-12):.{LOG_DECIMALS}g}"),
        enrolled=bool(enrolled is not None and enrolled[person]),
        immune=bool(immune is not None and immune[person]),
        parameters=risk.parameters,
    )
