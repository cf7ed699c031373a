"""Who is infected, since which day, and how infectious today: the posterior over infection days on a contact graph.

The model is CRISP's (Herbrich, Rastogi & Vollgraf, arXiv:2006.04942): a person is infected on one day of the window or
not in it, by anybody infectious they met or from outside. Most contacts act through the mean of their posterior
(factorised neighbours); those around people with strong evidence exchange belief-propagation messages.
"""

from dataclasses import dataclass, field

import numpy as np

from bocage.engines.epidemic.course import by_infection_day, course
from bocage.engines.epidemic.graph import Graph, build
from bocage.engines.epidemic.likelihood import log_likelihood
from bocage.engines.epidemic.messages import Messages, begin, caught, choose, pass_on, spared
from bocage.engines.epidemic.privacy import Privacy, Receiver, Release, release
from bocage.engines.epidemic.types import (
    DAY_MAX,
    Contacts,
    EpidemicError,
    Floats,
    Observations,
    Parameters,
)

BACKGROUND_START = 2e-4
BACKGROUND_MIN = 1e-6
BACKGROUND_MAX = 0.02
# An infection day that a person's answers make e^60 times less likely than another is as good as excluded.
LOG_OWN_RANGE = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Risk:
    """The answer for a day. [people] `infected` (in the window), `infectious` (today), `expected` infectiousness today.

    `posterior` [people, window + 1] is the probability of each infection day, the last "not in the window". The rest
    is what reasons are made of: `backward` [people, window + 1], the log-likelihood of what befell those they met;
    `infectiousness` [people, window], `background_per_day`. Single precision: probabilities to about six digits.
    Under privacy `released` is what was told to each person of their contacts; nothing else of them is in the risk, but
    for `background_per_day`, which is learnt from everybody.
    """

    day: int
    parameters: Parameters
    contacts: Contacts
    observations: Observations
    posterior: Floats
    infected: Floats
    infectious: Floats
    expected: Floats
    background_per_day: float
    backward: Floats
    released: Release | None
    infectiousness: Floats = field(repr=False)
    messages: Messages | None = field(repr=False)
    graph: Graph = field(repr=False)

    def weighed(self, by_infection_day: Floats) -> Floats:
        """[people] the mean of a value [window] that depends on the day of infection; 0 for those not infected."""
        return _weighed(self.posterior.T, by_infection_day)


def infer(
    contacts: Contacts,
    observations: Observations,
    day: int,
    parameters: Parameters | None = None,
    *,
    privacy: Privacy | None = None,
    background_per_day: float | None = None,
    graph: Graph | None = None,
    released: Release | None = None,
) -> Risk:
    """The posterior at the end of `day`, from contacts and observations up to it.

    `background_per_day` is where learning it begins: give the last day's, so that it follows the epidemic. `graph` may
    be the last day's too. With `privacy` only the mean of each contact is used, with noise, and no message goes
    backwards. Deterministic: equal inputs give equal bytes. Raises `EpidemicError`.
    """
    parameters = parameters or Parameters()
    if type(day) is not int or not 0 <= day <= DAY_MAX:
        raise EpidemicError("day", f"{day!r} is not a whole number from 0 to {DAY_MAX}.")
    observations.check(contacts.people, parameters.window_days)
    run = _Run(contacts, observations, day, parameters, background_per_day, graph)
    return run.answer() if privacy is None else run.answer_privately(privacy, released)


class _Run:
    """One inference. Arrays are float32 and, but for the sparse products, days first: [window (+ 1), people].

    A sum over days is then a few additions of whole vectors, and no small matrix product wakes the threads of a
    linear-algebra library, which cost more than they save.
    """

    def __init__(
        self,
        contacts: Contacts,
        observations: Observations,
        day: int,
        parameters: Parameters,
        background: float | None,
        graph: Graph | None,
    ) -> None:
        self.contacts, self.observations, self.day = contacts, observations, day
        self.parameters = parameters
        window = parameters.window_days
        self.graph = build(contacts, day, window, graph)
        self.curves = course(parameters)
        self.by_day = by_infection_day(self.curves.infectiousness, window).astype(np.float32)
        own = _days_first(log_likelihood(observations, contacts.people, day, parameters))
        self.log_own = np.maximum(own - own.max(axis=0), -LOG_OWN_RANGE)
        given = observations.susceptibility
        self.susceptibility = None if given is None else np.asarray(given, dtype=np.float32)
        self.mobility = None if observations.mobility is None else _days_first(observations.mobility)
        self.background = parameters.background_per_day or background or BACKGROUND_START
        self.messages: Messages | None = None
        # The one array with people first, as the sparse products need it.
        self.infectiousness = np.zeros((contacts.people, window), dtype=np.float32)

    def answer(self) -> Risk:
        mean = self._rounds()
        posterior, _ = self._posterior(self._contact_hazard(mean))
        return self._risk(posterior, None)

    def answer_privately(self, privacy: Privacy, before: Release | None) -> Risk:
        """The last round by what is released alone: messages among others have done their part in what they say."""
        self._rounds()
        own = np.exp(self.log_own[:-1] - self.log_own[:-1].max(axis=0)).T
        felt = np.ones_like(own)
        if self.mobility is not None:
            felt *= self.mobility.T
        if self.susceptibility is not None:
            felt *= self.susceptibility[:, None]
        receiver = Receiver(own, felt)
        told = release(privacy, self.graph, self.curves, self.infectiousness, receiver, self.day, before)
        self.messages = None
        posterior, _ = self._posterior(_days_first(told.told))
        # Until here it was what contacts told one another, without noise: no part of what is released.
        self._set_infectiousness(posterior)
        return self._risk(posterior, told)

    def _rounds(self) -> Floats:
        """All rounds but the last one's posterior: [window, people] mean infectiousness."""
        none = np.zeros((self.parameters.window_days, self.contacts.people), dtype=np.float32)
        posterior, hazard = self._posterior(none)
        mean = self._set_infectiousness(posterior)
        if self.parameters.messages:
            self._choose_messages(posterior, hazard)
        for _ in range(self.parameters.rounds - 1):
            posterior, hazard = self._posterior(self._contact_hazard(mean))
            if self.messages is not None:
                pass_on(self.messages, self.log_own, hazard)
            self._learn_background(posterior, hazard)
            mean = self._set_infectiousness(posterior)
        return mean

    def _set_infectiousness(self, posterior: Floats) -> Floats:
        """[window, people] mean infectiousness on each day; with mobility it becomes what others meet."""
        mean: Floats = np.einsum("ts,tn->sn", self.by_day, posterior[:-1])
        met = mean if self.mobility is None else mean * self.mobility
        self.infectiousness = np.ascontiguousarray(met.T)
        return mean

    def _contact_hazard(self, mean: Floats) -> Floats:
        """[window, people] log-hazard from contacts outside the messages."""
        contact = _days_first(self.graph.hazard(self.infectiousness))
        if self.mobility is not None:
            contact *= self.mobility
        if self.messages is not None:
            # Mobility of both ends is in the messages' weights, so `mean` is without the sender's.
            self.messages.take_out(contact, mean)
        if self.susceptibility is not None:
            contact *= self.susceptibility
        return contact

    def _choose_messages(self, posterior: Floats, hazard: Floats) -> None:
        strength = posterior[:-1].sum(axis=0) / np.maximum(caught(hazard.sum(axis=0)), np.float32(1e-12))
        edge = choose(self.graph, strength, self.parameters.message_reach_min, self.parameters.message_edges_max)
        self.messages = begin(self.graph, edge, self.by_day, self.susceptibility, self.mobility)

    def _outside(self) -> Floats:
        """[people], or one value for all: the rate of infection from outside the known contacts."""
        rate = np.float32(self.background)
        return np.asarray(rate if self.susceptibility is None else rate * self.susceptibility)

    def _posterior(self, contact: Floats) -> tuple[Floats, Floats]:
        """Posterior [window + 1, people] and total log-hazard [window, people], which takes the place of `contact`."""
        contact += self._outside()
        values = spared(contact)
        values += self.log_own
        if self.messages is not None:
            self.messages.put_in(values, contact)
        values -= values.max(axis=0)
        np.exp(values, out=values)
        values[:-1] *= caught(contact)
        values /= values.sum(axis=0)
        if self.observations.immune is not None:
            immune = np.flatnonzero(self.observations.immune)
            values[:-1, immune] = 0.0
            values[-1, immune] = 1.0
        return values, contact

    def _learn_background(self, posterior: Floats, hazard: Floats) -> None:
        """Expectation-maximisation of the one rate at which infections come from outside the known contacts."""
        if self.parameters.background_per_day is not None:
            return
        share = (posterior[:-1] / np.maximum(hazard, np.float32(1e-12))).sum(axis=0)
        cases = float((share * self._outside()).sum(dtype=np.float64))
        given = self.susceptibility
        people = self.contacts.people if given is None else float(given.sum(dtype=np.float64))
        # A weak prior (a tenth of a case at the start's rate) keeps it defined where nothing happened.
        rate = (cases + 0.1) / (hazard.shape[0] * people + 0.1 / BACKGROUND_START)
        self.background = float(np.clip(rate, BACKGROUND_MIN, BACKGROUND_MAX))

    def _risk(self, posterior: Floats, released: Release | None) -> Risk:
        window = self.parameters.window_days
        ages = window - 1 - np.arange(window)
        backward = np.zeros((self.contacts.people, window + 1), dtype=np.float32)
        if self.messages is not None:
            backward[self.messages.node] = self.messages.backward()
        return Risk(
            day=self.day,
            parameters=self.parameters,
            contacts=self.contacts,
            observations=self.observations,
            posterior=posterior.T,
            infected=posterior[:-1].sum(axis=0),
            infectious=_weighed(posterior, self.curves.infectious[ages]),
            expected=_weighed(posterior, self.curves.infectiousness[ages]),
            background_per_day=self.background,
            backward=backward,
            released=released,
            infectiousness=self.infectiousness,
            messages=self.messages,
            graph=self.graph,
        )


def _days_first(array: Floats) -> Floats:
    return np.ascontiguousarray(np.asarray(array, dtype=np.float32).T)


def _weighed(posterior: Floats, values: Floats) -> Floats:
    total: Floats = np.einsum("t,tn->n", values.astype(np.float32), posterior[:-1])
    return total
