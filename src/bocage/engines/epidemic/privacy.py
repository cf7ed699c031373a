"""Differential privacy of a released risk: log-normal noise on what the contacts' messages say.

After Romijnders et al., "Protect your score" (AAAI-24): a person's risk depends on others only through the logarithm
of the probability that their contacts spared them, so Gaussian noise there (log-normal on the probability) hides each
contact. Two sets of data are neighbours where all that one contact says in the window of one kind of place differs;
each day's release is then (epsilon, delta)-private by the Gaussian mechanism (Dwork & Roth 2014, theorem A.1; epsilon
<= 1). A pair that meets at m kinds of place has m times epsilon. Over d releases the loss composes: `composed` states
it by zero-concentrated privacy (Bun & Steinke 2016). The noise is on a person's released risk, not inside the engine:
the operator of the engine sees the data. What the whole town has in common (the learnt background, the mean and spread
of `shrunk`) is an average over everybody, and is not counted in epsilon.

With a small epsilon the noise is larger than what contacts say. `shrunk` is what remains to be believed (empirical
Bayes, Efron & Morris 1973): a function of what was released, so that it costs no privacy.
"""

import math
from dataclasses import dataclass

import numpy as np

from bocage.engines.epidemic.course import Course
from bocage.engines.epidemic.types import Contacts, EpidemicError, Floats


@dataclass(frozen=True, slots=True)
class Privacy:
    """`epsilon` and `delta` of one day's release to one person; `seed` of the noise (keep it secret in operation)."""

    epsilon: float
    delta: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        if not (isinstance(self.epsilon, (int, float)) and 0 < self.epsilon <= 1):
            raise EpidemicError("epsilon", f"{self.epsilon!r} is not above 0 and at most 1.")
        if not (isinstance(self.delta, float) and 0 < self.delta < 1):
            raise EpidemicError("delta", f"{self.delta!r} is not between 0 and 1.")
        if type(self.seed) is not int or self.seed < 0:
            raise EpidemicError("seed", f"{self.seed!r} is not a whole number from 0.")

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise for a contact whose messages can differ by 1 (in the L2 norm)."""
        return math.sqrt(2 * math.log(1.25 / self.delta)) / self.epsilon

    def composed(self, releases: int) -> float:
        """The epsilon, at the same delta, of `releases` days together."""
        rho = releases / (2 * self.sigma**2)
        return rho + 2 * math.sqrt(rho * math.log(1 / self.delta))


def sensitivity(contacts: Contacts, curves: Course, window: int) -> Floats:
    """[layers]: how far one contact of a layer can move a person's [window] log-hazard, in the L2 norm."""
    layer, weight = np.asarray(contacts.layer), np.asarray(contacts.weight)
    heaviest = np.zeros(len(contacts.layers))
    np.maximum.at(heaviest, layer, weight)
    # Whatever was infected when, its infectiousness over the window is a mixture of shifted curves: convexity bounds
    # the norm by that of the whole curve.
    norm = float(np.linalg.norm(np.sort(curves.infectiousness)[::-1][:window]))
    return heaviest * norm


def noise(privacy: Privacy, contacts: Contacts, curves: Course, day: int, window: int) -> tuple[Floats, Floats]:
    """[people, window] Gaussian noise on the log-hazard, of the layers together for whoever has contacts there.

    And its variance [people].
    """
    rng = np.random.default_rng((privacy.seed, day))
    layer, first, second = np.asarray(contacts.layer), np.asarray(contacts.first), np.asarray(contacts.second)
    variance = np.zeros(contacts.people)
    for each, reach in enumerate(sensitivity(contacts, curves, window)):
        met = np.zeros(contacts.people, dtype=bool)
        chosen = layer == each
        met[first[chosen]] = met[second[chosen]] = True
        variance += met * (reach * privacy.sigma) ** 2
    return rng.normal(size=(contacts.people, window)) * np.sqrt(variance)[:, None], variance


def shrunk(noisy: Floats, variance: Floats) -> Floats:
    """[people, window] log-hazards from `noisy` ones with noise of [people] `variance`: drawn towards their mean.

    By as much as the noise outweighs how far people really differ; that they do is believed only where the spread is
    two standard errors beyond the noise's. Not below 0.
    """
    told = variance > 0
    result: Floats = np.maximum(noisy, 0.0)
    if not told.any():
        return result
    values, precision = noisy[told], 1 / variance[told][:, None]
    count = noisy.shape[1]
    mean = max(float((values * precision).sum() / (precision.sum() * count)), 0.0)
    weight = float((precision**2).sum() * count)
    spread = float((((values - mean) ** 2 * precision - 1) * precision).sum() / weight) - 2 * math.sqrt(2 / weight)
    kept = max(spread, 0.0) / (max(spread, 0.0) + variance[told][:, None])
    result[told] = np.maximum(mean + kept * (values - mean), 0.0)
    return result
