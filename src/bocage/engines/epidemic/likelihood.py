"""What a person's own answers say about the day of infection: tests, an illness that began, silence about symptoms."""

import numpy as np

from bocage.engines.epidemic.course import HORIZON_DAYS, course
from bocage.engines.epidemic.types import Bools, Floats, Ints, Observations, Parameters


def log_likelihood(observations: Observations, people: int, day: int, parameters: Parameters) -> Floats:
    """[people, window + 1]: log-likelihood of the answers for infection on each day of the window, or not in it (last).

    Relative to a person who was not infected, so that the last column is 0 and no answer means no change.
    """
    window = parameters.window_days
    values = np.zeros((people, window + 1))
    if observations.enrolled is not None:
        values[observations.enrolled] += silence(parameters)
    tests, onsets = observations.tests, observations.onsets
    persons, days = _within(onsets.person, onsets.day, day, window)
    if len(persons):
        # At most one of several illnesses is this infection: their chances add up, and take the place of silence.
        chances = np.zeros_like(values)
        np.add.at(chances, persons, onset_ratios(days, day, parameters))
        values[persons] = np.log1p(chances[persons])
    persons, days = np.asarray(tests.person), np.asarray(tests.day)
    recent = (days > day - window) & (days <= day)
    if recent.any():
        rows = test_rows(days[recent], np.asarray(tests.positive)[recent], day, parameters)
        np.add.at(values, persons[recent], rows)
    return values


def onset_ratios(days: Ints, day: int, parameters: Parameters) -> Floats:
    """[reports, window + 1]: how much likelier this infection made an illness that day than other causes did."""
    ages = _ages(days, day, parameters.window_days)
    onset = np.where(ages >= 0, course(parameters).onset[np.clip(ages, 0, HORIZON_DAYS - 1)], 0.0)
    rows = parameters.symptomatic * onset / parameters.background_illness_per_day
    return np.pad(rows, ((0, 0), (0, 1)))


def silence(parameters: Parameters) -> Floats:
    """[window + 1]: no illness was reported up to today: it need not show, nor be reported."""
    window = parameters.window_days
    shown = np.cumsum(course(parameters).onset)[np.arange(window)[::-1]]
    told = parameters.symptomatic * parameters.reporting * shown
    return np.append(np.log1p(-np.minimum(told, 0.999)), 0.0)


def test_rows(days: Ints, positive: Bools, day: int, parameters: Parameters) -> Floats:
    """[tests, window + 1]: a swab of `days` was positive or not."""
    ages = _ages(days, day, parameters.window_days)
    found = np.where(ages >= 0, course(parameters).infectious[np.clip(ages, 0, HORIZON_DAYS - 1)], 0.0)
    wrong = 1 - parameters.specificity
    positive_rate = found * parameters.sensitivity + (1 - found) * wrong
    rows = np.where(positive[:, None], np.log(positive_rate / wrong), np.log((1 - positive_rate) / (1 - wrong)))
    return np.pad(rows, ((0, 0), (0, 1)))


def _ages(days: Ints, day: int, window: int) -> Ints:
    """Days from each infection day of the window to the day observed; negative before infection."""
    return np.asarray(days, dtype=np.int32)[:, None] - (day - window + 1 + np.arange(window, dtype=np.int32))[None, :]


def _within(person: object, days: object, day: int, window: int) -> tuple[Ints, Ints]:
    persons, when = np.asarray(person), np.asarray(days)
    kept = (when > day - window) & (when <= day)
    return persons[kept], when[kept]
