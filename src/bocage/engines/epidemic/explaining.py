"""From one person's evidence to a colour and its reasons: what moved the risk, and what would move it back."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from bocage.engines.epidemic.course import HORIZON_DAYS, course
from bocage.engines.epidemic.evidence import Answer, Evidence, Exposure
from bocage.engines.epidemic.likelihood import log_likelihood
from bocage.engines.epidemic.types import EpidemicError, Floats, Observations, Onsets, Tests

RISK_DECIMALS = 6
REASONS_MAX = 5
AHEAD_MAX_DAYS = 21

MET = "On day {day} you were at a place of the kind “{place}” with somebody who may have been infectious."
MET_SOMEWHERE = "On day {day} somebody you met may have been infectious."
POSITIVE = "Your test of day {day} was positive."
NEGATIVE = "Your test of day {day} was negative."
ILL = "You reported an illness that began on day {day}."
SILENT = "You have reported no illness."
FOUND = "Somebody you met was found ill later, so that you may have been infected before them."
PREVALENCE = "Infections from unknown contacts: about {cases} a day among 100,000 people."

TEMPLATES = (MET, MET_SOMEWHERE, POSITIVE, NEGATIVE, ILL, SILENT, FOUND, PREVALENCE)


class Colour(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which probability of being infectious gives which colour. `release` ends yellow: below `yellow` (hysteresis).

    A positive test in the window is red whatever else is known, for as long as `release` is exceeded.
    """

    version: str = "2026.1"
    yellow: float = 0.02
    red: float = 0.3
    release: float = 0.01

    def __post_init__(self) -> None:
        if not 0 < self.release <= self.yellow <= self.red <= 1:
            raise EpidemicError("rule", "needs 0 < release <= yellow <= red <= 1.")


@dataclass(frozen=True, slots=True)
class Reason:
    """`template` is one of `TEMPLATES`, `values` fill it; `change` is how much it moved the probability (+ or -)."""

    kind: str
    template: str
    values: tuple[tuple[str, str], ...]
    change: float
    day: int | None = None
    place: str | None = None

    @property
    def text(self) -> str:
        return self.template.format(**dict(self.values))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A colour and why. Probabilities to six decimals: `infected` in the window, `infectious` today.

    `after_negative_test`: `infectious` had a test of today been negative, with the colour that gives.
    `green_on`: the first day on which the colour is green if nothing else happens; None beyond three weeks.
    `ahead`: `infectious` on each of the next days if nothing else happens, today first.
    """

    colour: Colour
    infected: float
    infectious: float
    reasons: tuple[Reason, ...]
    after_negative_test: float
    colour_after_negative_test: Colour
    green_on: int | None
    ahead: tuple[float, ...]
    rule: Rule


def explain(evidence: Evidence, rule: Rule | None = None, previous: Colour = Colour.GREEN) -> Explanation:
    """The colour of the day and its reasons, from the evidence alone: equal evidence, equal answer."""
    rule = rule or Rule()
    posterior = posterior_of(evidence)
    ahead = _ahead(evidence, posterior)
    infectious = ahead[0]
    tested = replace(evidence, answers=(*evidence.answers, ("negative", evidence.day)))
    after = _infectious(tested)
    colour = _colour(evidence, rule, infectious, previous)
    return Explanation(
        colour=colour,
        infected=round(float(1 - posterior[-1]), RISK_DECIMALS),
        infectious=infectious,
        reasons=_reasons(evidence, infectious),
        after_negative_test=after,
        colour_after_negative_test=_colour(tested, rule, after, colour),
        green_on=_green_on(evidence, rule, ahead, colour),
        ahead=ahead,
        rule=rule,
    )


def posterior_of(evidence: Evidence) -> Floats:
    """[window + 1]: the probability of each infection day, the last "not in the window"."""
    window = evidence.parameters.window_days
    if evidence.immune:
        return np.append(np.zeros(window), 1.0)
    hazard = np.full(window, evidence.background_per_day)
    backward = np.asarray(evidence.backward)
    start = evidence.day - window + 1
    for each in evidence.exposures:
        if 0 <= each.day - start < window:
            hazard[each.day - start] += each.hazard
    spared = np.append(0.0, -np.cumsum(hazard))
    values = np.exp(_own(evidence) + spared + backward - backward.max())
    values[:-1] *= -np.expm1(-hazard)
    normalised: Floats = values / values.sum()
    return normalised


def _own(evidence: Evidence) -> Floats:
    swabs = [(kind == "positive", day) for kind, day in evidence.answers if kind != "illness"]
    ill = [day for kind, day in evidence.answers if kind == "illness"]
    tests = Tests([0] * len(swabs), [day for _, day in swabs], np.array([found for found, _ in swabs], dtype=bool))
    observed = Observations(tests, Onsets([0] * len(ill), ill), np.array([evidence.enrolled]))
    own: Floats = log_likelihood(observed, 1, evidence.day, evidence.parameters)[0]
    return own


def _ahead(evidence: Evidence, posterior: Floats) -> tuple[float, ...]:
    infectious = course(evidence.parameters).infectious
    window = evidence.parameters.window_days
    ages = window - 1 - np.arange(window)
    days = np.arange(AHEAD_MAX_DAYS + 1)[:, None]
    values = infectious[np.minimum(ages[None, :] + days, HORIZON_DAYS - 1)] @ posterior[:-1]
    return tuple(round(float(value), RISK_DECIMALS) for value in values)


def _infectious(evidence: Evidence) -> float:
    return _ahead(evidence, posterior_of(evidence))[0]


def _colour(evidence: Evidence, rule: Rule, infectious: float, previous: Colour) -> Colour:
    positive = any(kind == "positive" for kind, _ in evidence.answers)
    if infectious >= rule.red or (positive and infectious >= rule.release):
        return Colour.RED
    if infectious >= rule.yellow or (previous != Colour.GREEN and infectious >= rule.release):
        return Colour.YELLOW
    return Colour.GREEN


def _green_on(evidence: Evidence, rule: Rule, ahead: tuple[float, ...], colour: Colour) -> int | None:
    if colour == Colour.GREEN:
        return evidence.day
    # The risk of one just infected rises before it falls: green only once it stays low.
    high = [days for days, value in enumerate(ahead) if value >= rule.release]
    if high and high[-1] == AHEAD_MAX_DAYS:
        return None
    return evidence.day + (high[-1] + 1 if high else 1)


def _reasons(evidence: Evidence, infectious: float) -> tuple[Reason, ...]:
    """What moved the risk most, each by leaving it out; the prevalence last, as it is always there."""
    found = [_reason_of_exposure(evidence, each, infectious) for each in evidence.exposures]
    found += [_reason_of_answer(evidence, index, infectious) for index in range(len(evidence.answers))]
    if evidence.enrolled and not any(kind == "illness" for kind, _ in evidence.answers):
        change = infectious - _infectious(replace(evidence, enrolled=False))
        found.append(Reason("silence", SILENT, (), round(change, RISK_DECIMALS)))
    if any(evidence.backward):
        without = replace(evidence, backward=(0.0,) * len(evidence.backward))
        found.append(Reason("found", FOUND, (), round(infectious - _infectious(without), RISK_DECIMALS)))
    moved = sorted((each for each in found if each.change), key=lambda each: (-abs(each.change), each.template))
    cases = Reason("prevalence", PREVALENCE, (("cases", f"{evidence.background_per_day * 1e5:.1f}"),), 0.0)
    return (*moved[:REASONS_MAX], cases)


def _reason_of_exposure(evidence: Evidence, exposure: Exposure, infectious: float) -> Reason:
    without = replace(evidence, exposures=tuple(each for each in evidence.exposures if each is not exposure))
    values = (("day", str(exposure.day)), ("place", exposure.place))
    change = round(infectious - _infectious(without), RISK_DECIMALS)
    template = MET if exposure.place else MET_SOMEWHERE
    return Reason("exposure", template, values, change, exposure.day, exposure.place or None)


def _reason_of_answer(evidence: Evidence, index: int, infectious: float) -> Reason:
    answer: Answer = evidence.answers[index]
    without = replace(evidence, answers=evidence.answers[:index] + evidence.answers[index + 1 :])
    template = {"positive": POSITIVE, "negative": NEGATIVE, "illness": ILL}[answer[0]]
    change = round(infectious - _infectious(without), RISK_DECIMALS)
    return Reason(answer[0], template, (("day", str(answer[1])),), change, answer[1])
