"""Differential privacy of a released risk: noise on the sum of what a person's contacts say.

After Romijnders et al., "Protect your score: contact tracing with differential privacy guarantees" (AAAI-24), and with
their guarantee. In plain words: what is released to one person on one day is about as likely whatever *one contact said
to them of one meeting*, that is of one day at one kind of place: at most e^epsilon times as likely, but for a chance of
delta. Two sets of data are neighbours where one such message differs, from "surely not infectious" to "fully
infectious". `Contacts` names each meeting once; one that it names twice counts as two.

It promises less for more than one meeting, as theirs does. A positive test changes what a contact says of many days,
and a meeting counts in the releases of 14 days. `Privacy.of` gives the epsilon of any number of both. At epsilon = 1
and delta = 0.001: all that one contact says in a window, in one release, 11.4; one meeting in all of its 14 releases,
5.0; all of 14 days in 14 releases at most 82, which hides nothing. Who is met every day is hidden from chance glances,
not from an attacker who knows everybody else.

The noise is on what is released, not inside the engine, as in theirs: its operator sees the data. Not counted is what a
contact's illness changes in what *others* say, such as a friend in common; nor what the whole town has in common, which
is the learnt background and how `believed` reads one value by all. Noise is drawn by `seed`, the day and what it is to
hide: the same day inferred again on the same data says nothing new, and on other data it is one release more (the same
noise would show the difference bare). Whoever keeps the seed secret and counts those has `Privacy.of` of all.

The paper adds noise to each day's product. A person's risk needs their sum over the window, weighted by what their own
answers leave possible. One message moves that sum no further than it moves a day's, so the noise that hides it there
hides it here, once instead of fourteen times; each kind of place has a sum of its own, so that the faint messages of a
street do not drown in the noise that a household needs. A message counts up to `CEILING`, so that many days of likely
infection speak louder than one of certainty, and all of one contact up to `CONTACT_MAX`. Of the noisy sums only what
the noise leaves is believed (`believed`), on the average of the last days: functions of what was released, which cost
no privacy beyond the releases'.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from bocage.engines.epidemic.course import Course
from bocage.engines.epidemic.graph import Graph, by_layer
from bocage.engines.epidemic.types import EpidemicError, Floats, Ints

# The infectiousness up to which a message counts (1 is the mean of an infectious day), how many messages all that one
# contact says in a window counts for, and over how many days releases are averaged; chosen on seeds 101 and 103.
CEILING = 0.1
CONTACT_MAX = 7
AVERAGED_DAYS = 3
_BINS, _ATOMS, _ROUNDS = 600, 50, 100


@dataclass(frozen=True, slots=True)
class Privacy:
    """`epsilon` and `delta` of one message in one day's release; `seed` of the noise (keep it secret in operation)."""

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
        """The least standard deviation of Gaussian noise that hides a change by 1 (Balle & Wang, ICML 2018)."""
        return _bisect(lambda sigma: delta_of(self.epsilon, 1 / sigma) - self.delta, 1e-3, 1e6)

    def of(self, meetings: int, releases: int = 1) -> float:
        """The epsilon, at the same delta, of all that one contact says of `meetings` at one kind of place together.

        In `releases` days. A pair that meets at m kinds of place: ask for m times the releases. Exact for Gaussian
        noise (Dong, Roth & Su 2022): shifts add up, up to `CONTACT_MAX`; releases by the root of their number.
        """
        if meetings < 1 or releases < 1:
            raise EpidemicError("meetings", "and `releases` are whole numbers from 1.")
        shift = min(meetings, CONTACT_MAX) * math.sqrt(releases) / self.sigma
        return _bisect(lambda epsilon: delta_of(epsilon, shift) - self.delta, 0.0, 1e6)


def delta_of(epsilon: float, shift: float) -> float:
    """The delta of a Gaussian moved by `shift` standard deviations, at `epsilon` (Balle & Wang 2018, theorem 8)."""
    near, far = _below(shift / 2 - epsilon / shift), _below(-shift / 2 - epsilon / shift)
    # Beyond what a float holds, the second term is lost against the first: leaving it out errs on the safe side.
    return near - math.exp(epsilon) * far if far > 0 and epsilon < 700 else near


def _below(x: float) -> float:
    """The normal distribution function, exact far below 0 too."""
    return math.erfc(-x / math.sqrt(2)) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """What was released: `noisy` [layers, people], in messages; nan without contacts there.

    `told` [people, window] is the log-hazard that was believed of it; `recent` the `noisy` of the last days, today's
    first.
    """

    noisy: Floats
    told: Floats
    recent: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Receiver:
    """What is a person's own, and no contact's: [people, window].

    `own` is the likelihood of their answers by day of infection, `felt` how far they were exposed (mobility,
    susceptibility).
    """

    own: Floats
    felt: Floats


def release(
    privacy: Privacy, graph: Graph, curves: Course, sent: Floats, receiver: Receiver, day: int, before: Release | None
) -> Release:
    """The noisy sums of a day, and what to believe of them.

    `sent` [people, window] is each person's infectiousness to others; `before` yesterday's release, if there was one.
    """
    noisy = sums(graph, sent, receiver)
    rng = np.random.default_rng((privacy.seed, day, int.from_bytes(blake2b(noisy.tobytes()).digest())))
    noisy += privacy.sigma * rng.normal(size=noisy.shape)
    parts = by_layer(graph)
    worth = _worth(curves)
    recent = (noisy, *(before.recent if before is not None and before.noisy.shape == noisy.shape else ()))
    recent = recent[:AVERAGED_DAYS]
    mean, count = _averaged(recent)
    hazard = np.zeros(len(sent))
    for layer, part in parts.items():
        for days in range(1, len(recent) + 1):
            alike = count[layer] == days
            found = believed(mean[layer][alike], privacy.sigma / math.sqrt(days))
            hazard[alike] += found * worth * part.heaviest
    # Spread evenly over the days, so that the weighted sum is what was believed.
    even = hazard / np.maximum(_share(receiver).sum(axis=1), 1.0)
    return Release(noisy, even[:, None] * receiver.felt, recent)


def sums(graph: Graph, sent: Floats, receiver: Receiver) -> Floats:
    """[layers, people] what contacts say to each, in messages; nan without contacts there. What noise is to hide."""
    messages, share = _messages(sent), _share(receiver)
    parts = by_layer(graph)
    total = np.full((max(parts, default=-1) + 1, len(sent)), np.nan)
    for layer, part in parts.items():
        said = (share * part.hazard(messages)).sum(axis=1) / part.heaviest
        total[layer] = np.where(part.met(), said, np.nan)
    return total


def _share(receiver: Receiver) -> Floats:
    """[people, window] how much each day counts, at most 1: one message moves the sum by at most 1."""
    weight = receiver.own * receiver.felt
    top = weight.max(axis=1)
    share: Floats = weight / np.where(top > 0, top, 1.0)[:, None]
    return share


def _worth(curves: Course) -> float:
    """The infectiousness that one message stands for, of somebody infected on a day that nobody knows."""
    said = min(float(np.minimum(curves.infectiousness, CEILING).sum()) / CEILING, CONTACT_MAX)
    return float(curves.infectiousness.sum()) / said


def _messages(sent: Floats) -> Floats:
    """[people, window] what each says of each day, 0 to 1."""
    capped = np.minimum(sent, CEILING) / CEILING
    capped *= np.minimum(1, CONTACT_MAX / np.maximum(capped.sum(axis=1), 1e-9))[:, None]
    return capped.astype(np.float32)


def _averaged(recent: tuple[Floats, ...]) -> tuple[Floats, Ints]:
    """[layers, people] the mean of the last releases, and of how many; 0 where there was none today."""
    values = np.array(recent)
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    return mean, np.where(known[0], count, 0)


def believed(noisy: Floats, sigma: float) -> Floats:
    """The mean of each value from 0 on that was released with noise of `sigma`, given all the values released.

    By the non-parametric maximum likelihood of what is behind them (Kiefer & Wolfowitz 1956; Jiang & Zhang 2009), on a
    grid, by expectation-maximisation. Where noise alone explains the values, little of any is left.
    """
    if not len(noisy):
        return noisy
    low, high = float(noisy.min()), float(noisy.max())
    edges = np.linspace(low, high + 1e-9 * (1 + abs(high)), _BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    counts = np.histogram(noisy, edges)[0]
    atoms = np.concatenate(([0.0], np.geomspace(0.02, max(high, 1.0), _ATOMS)))
    likelihood = np.exp(-0.5 * ((middle[:, None] - atoms) / sigma) ** 2) + 1e-300
    prior = np.full(len(atoms), 1e-3)
    prior[0] = 1.0
    for _ in range(_ROUNDS):
        joint = likelihood * prior
        # By `einsum`: so small a product must not wake the threads of a linear-algebra library.
        prior = np.einsum("b,ba->a", counts / joint.sum(axis=1), joint)
        prior /= prior.sum()
    joint = likelihood * prior
    mean: Floats = np.interp(noisy, middle, (joint * atoms).sum(axis=1) / joint.sum(axis=1))
    return mean


def _bisect(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function is 0, from the side on which it is not above 0."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return high
