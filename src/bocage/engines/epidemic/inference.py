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
from bocage.engines.epidemic.messages import Messages, begin, choose, pass_on
from bocage.engines.epidemic.privacy import Privacy, noise
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


@dataclass(frozen=True, slots=True, eq=False)
class Risk:
    """The answer for a day. [people] `infected` (in the window), `infectious` (today), `expected` infectiousness today.

    `posterior` [people, window + 1] is the probability of each infection day, the last "not in the window". The rest
    is what reasons are made of: `log_own`, the likelihood of a person's answers; `backward`, of what befell those
    they met; `infectiousness` [people, window], `background_per_day`.
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
    log_own: Floats
    backward: Floats
    noise: Floats | None
    infectiousness: Floats = field(repr=False)
    messages: Messages | None = field(repr=False)
    graph: Graph = field(repr=False)


def infer(
    contacts: Contacts,
    observations: Observations,
    day: int,
    parameters: Parameters | None = None,
    *,
    privacy: Privacy | None = None,
    background_per_day: float | None = None,
    graph: Graph | None = None,
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
    return _Run(contacts, observations, day, parameters, privacy, background_per_day, graph).answer()


class _Run:
    """One inference; its arrays are [people, window (+ 1)]."""

    def __init__(
        self,
        contacts: Contacts,
        observations: Observations,
        day: int,
        parameters: Parameters,
        privacy: Privacy | None,
        background: float | None,
        graph: Graph | None,
    ) -> None:
        self.contacts, self.observations, self.day = contacts, observations, day
        self.parameters, self.privacy = parameters, privacy
        window = parameters.window_days
        self.graph = build(contacts, day, window, graph)
        self.curves = course(parameters)
        self.by_day = by_infection_day(self.curves.infectiousness, window)
        own = log_likelihood(observations, contacts.people, day, parameters)
        self.log_own = own.astype(np.float64)
        given = observations.susceptibility
        self.susceptibility = np.ones(contacts.people) if given is None else np.asarray(given, dtype=np.float64)
        self.mobility = observations.mobility
        self.background = parameters.background_per_day or background or BACKGROUND_START
        self.messages: Messages | None = None
        self.infectiousness = np.zeros((contacts.people, window), dtype=np.float32)

    def answer(self) -> Risk:
        parameters, people = self.parameters, self.contacts.people
        posterior, hazard = self._posterior(np.zeros((people, parameters.window_days)), None, None)
        noisy = None
        for turn in range(parameters.rounds):
            self._set_infectiousness(posterior)
            if parameters.messages and self.privacy is None and turn == 0:
                self._choose_messages(posterior, hazard)
            contact = self._contact_hazard()
            if self.privacy is not None and turn == parameters.rounds - 1:
                noisy = noise(self.privacy, self.contacts, self.curves, self.day, parameters.window_days)
                contact = np.maximum(contact + noisy, 0.0)
            kept = added = None
            if self.messages is not None:
                kept, added = self.messages.sums()
            posterior, hazard = self._posterior(contact, kept, added)
            if turn == parameters.rounds - 1:
                break
            if self.messages is not None and kept is not None and added is not None:
                pass_on(self.messages, self.log_own, _spared(hazard - added) + kept, hazard)
            self._learn_background(posterior, hazard)
        return self._risk(posterior, noisy)

    def _contact_hazard(self) -> Floats:
        """Log-hazard from contacts outside the messages."""
        contact = self.graph.hazard(self.infectiousness)
        if self.mobility is not None:
            contact *= self.mobility
        if self.messages is not None:
            # Mobility of both ends is in the messages' weights, so take the sender's out of what is subtracted.
            plain = self.by_day_mean
            contact = np.maximum(contact - self.messages.plain_hazard(plain), 0.0)
        return contact * self.susceptibility[:, None]

    def _set_infectiousness(self, posterior: Floats) -> None:
        mean = (posterior[:, :-1] @ self.by_day).astype(np.float32)
        self.by_day_mean = mean
        self.infectiousness = mean if self.mobility is None else mean * self.mobility.astype(np.float32)

    def _choose_messages(self, posterior: Floats, hazard: Floats) -> None:
        prior = -np.expm1(-hazard.sum(axis=1))
        strength = (1 - posterior[:, -1]) / np.maximum(prior, 1e-12)
        edge = choose(self.graph, strength, self.parameters.message_reach_min, self.parameters.message_edges_max)
        self.messages = begin(self.graph, edge, self.by_day, self.susceptibility, self.mobility)

    def _posterior(self, contact: Floats, kept: Floats | None, added: Floats | None) -> tuple[Floats, Floats]:
        """Posterior [people, window + 1] and total log-hazard [people, window]."""
        hazard = contact + self.background * self.susceptibility[:, None]
        log_spared = _spared(hazard)
        if kept is not None and added is not None:
            log_spared = log_spared + kept
            hazard = hazard + added
        values = np.exp(self.log_own + log_spared)
        values[:, :-1] *= -np.expm1(-hazard)
        values /= values.sum(axis=1, keepdims=True)
        if self.observations.immune is not None:
            values[self.observations.immune] = 0.0
            values[self.observations.immune, -1] = 1.0
        return values, hazard

    def _learn_background(self, posterior: Floats, hazard: Floats) -> None:
        """Expectation-maximisation of the one rate at which infections come from outside the known contacts."""
        if self.parameters.background_per_day is not None:
            return
        cases = float(
            np.sum(posterior[:, :-1] * (self.background * self.susceptibility[:, None] / np.maximum(hazard, 1e-12)))
        )
        days = hazard.shape[1] * float(self.susceptibility.sum())
        # A weak prior (a tenth of a case at the start's rate) keeps it defined where nothing happened.
        rate = (cases + 0.1) / (days + 0.1 / BACKGROUND_START)
        self.background = float(np.clip(rate, BACKGROUND_MIN, BACKGROUND_MAX))

    def _risk(self, posterior: Floats, noisy: Floats | None) -> Risk:
        window = self.parameters.window_days
        ages = window - 1 - np.arange(window)
        backward = np.zeros_like(self.log_own)
        if self.messages is not None:
            kept, added = self.messages.sums()
            backward = kept - _spared(added)
        return Risk(
            day=self.day,
            parameters=self.parameters,
            contacts=self.contacts,
            observations=self.observations,
            posterior=posterior,
            infected=1 - posterior[:, -1],
            infectious=posterior[:, :-1] @ self.curves.infectious[ages],
            expected=posterior[:, :-1] @ self.curves.infectiousness[ages],
            background_per_day=self.background,
            log_own=self.log_own,
            backward=backward,
            noise=noisy,
            infectiousness=self.infectiousness,
            messages=self.messages,
            graph=self.graph,
        )


def _spared(hazard: Floats) -> Floats:
    """[people, window + 1]: log-probability of no infection before each day, and in the whole window."""
    total = np.zeros((hazard.shape[0], hazard.shape[1] + 1))
    np.cumsum(-hazard, axis=1, out=total[:, 1:])
    return total
