"""One run of a world in Covasim under a policy. Needs the extra `epidemic`.

Covasim (Kerr et al., PLOS Comput. Biol. 2021) is the judge: it knows who is infected; the policy sees test results
after their delay, reports of illness, and the contacts it may see.
"""

import time
from typing import Any

import covasim
import numpy as np
import starsim

from bocage.engines.epidemic.laboratory.deciding import ByContact, ByRisk, Decision, Seen
from bocage.engines.epidemic.laboratory.measuring import Outcome, Tally
from bocage.engines.epidemic.laboratory.world import World
from bocage.engines.epidemic.types import Contacts

BETA = 0.016
ILLNESS_DAYS = 5
FIRST_CASES_PER_PERSON = 1 / 2000
FIRST_CASES_MIN = 5
LAYERS = ("h", "s", "w", "c")
PLACES = ("home", "school", "work", "community")


def play(world: World) -> Outcome:
    """Run it and measure it."""
    covasim.options(verbose=0)
    begun = time.process_time()
    hand = _Hand(world)
    simulation = covasim.Sim(
        pop_type="hybrid",
        pop_size=world.agents,
        pop_infected=max(FIRST_CASES_MIN, round(world.agents * FIRST_CASES_PER_PERSON)),
        n_days=world.days,
        rand_seed=world.seed,
        beta=BETA * world.beta_scale,
        interventions=[hand],
        verbose=0,
    )
    simulation.run()
    # Covasim works on a copy of what it is given.
    tally: Tally = next(iter(simulation.interventions.values())).tally
    return tally.outcome(float(simulation.results.covid.cum_infections[-1]), time.process_time() - begun)


class _Hand(covasim.Intervention):  # type: ignore[misc]
    """The policy's hand in the simulation: looks, decides, tests and restricts, once a day."""

    def __init__(self, world: World, **options: Any) -> None:
        super().__init__(**options)
        self.world = world

    def init_post(self) -> None:
        super().init_post()
        world = self.world
        self.rng = np.random.default_rng((world.seed, 7))
        enrolled = self.rng.random(world.agents) < world.adoption
        self.reports = enrolled & (self.rng.random(world.agents) < world.reporting)
        none = np.zeros(world.agents, dtype=bool)
        self.seen = Seen(self._contacts(enrolled), enrolled, ill=none, diagnosed=none, isolated=none)
        self.policy = ByRisk(world, self.seen) if world.policy == "bocage" else ByContact(world, self.seen, self.rng)
        self.waiting: list[tuple[int, int, int, bool]] = []
        self.other_illness = np.full(world.agents, -1000)
        self.tally = Tally(world, np.asarray(self.sim.people.age.raw)[: world.agents])

    def _contacts(self, enrolled: np.ndarray[Any, Any]) -> Contacts:
        world = self.world
        checks_in = enrolled & (self.rng.random(world.agents) < world.check_in)
        parts = []
        for layer, key in enumerate(LAYERS):
            edges = self.sim.networks[key].edges
            first, second = np.asarray(edges.p1, dtype=np.int64), np.asarray(edges.p2, dtype=np.int64)
            kept = (first != second) & enrolled[first] & enrolled[second]
            if world.contacts == "observed":
                kept &= {"h": np.True_, "c": checks_in[first] & checks_in[second]}.get(key, np.False_)
            beta = BETA * self.sim.diseases.covid.pars.beta_layer[key]
            parts.append((first[kept], second[kept], np.full(kept.sum(), layer), np.full(kept.sum(), beta)))
        first, second, layer_of, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Contacts(world.agents, PLACES, first, second, layer_of, weight=weight)

    def step(self) -> None:
        day, covid, world = int(self.ti), self.sim.diseases.covid, self.world
        self._look(day, covid)
        begun = time.process_time()
        decision = self.policy.decide(day, self.seen)
        spent = time.process_time() - begun
        self._act(day, covid, decision)
        if len(decision.at_home):
            covid.schedule_quarantine(starsim.uids(decision.at_home), start_date=day, period=decision.at_home_days)
        state = {name: _state(covid, name, world.agents) for name in ("infected", "infectious", "dead", "recovered")}
        at_home = _state(covid, "quarantined", world.agents)
        self.tally.day(day, state, at_home | self.seen.isolated, self.seen, decision, spent)

    def _look(self, day: int, covid: Any) -> None:
        """Results that are due, illnesses that began and are reported, who is isolated."""
        world, seen = self.world, self.seen
        due = [each for each in self.waiting if each[0] <= day]
        self.waiting = [each for each in self.waiting if each[0] > day]
        seen.tests += [(who, sampled, positive) for _, who, sampled, positive in due]
        seen.found = [who for _, who, _, positive in due if positive]
        seen.diagnosed = _state(covid, "diagnosed", world.agents)
        seen.diagnosed[seen.found] = True
        seen.isolated = _state(covid, "isolated", world.agents)
        began = np.floor(np.asarray(covid.ti_symptomatic.raw)[: world.agents]) == day
        began &= _state(covid, "infected", world.agents)
        other = self.rng.random(world.agents) < world.background_illness_per_day
        self.other_illness[other] = day
        seen.onsets += [(int(who), day) for who in np.flatnonzero((began | other) & self.reports)]
        ill = _state(covid, "symptomatic", world.agents) | (day - self.other_illness < ILLNESS_DAYS)
        seen.ill = ill & self.reports
        seen.tests = [each for each in seen.tests if each[1] > day - 30]
        seen.onsets = [each for each in seen.onsets if each[1] > day - 30]

    def _act(self, day: int, covid: Any, decision: Decision) -> None:
        if not len(decision.tested):
            return
        positive = covid.test(
            starsim.uids(decision.tested),
            test_sensitivity=self.world.sensitivity,
            test_delay=self.world.delay_days,
        )
        found = set(np.asarray(positive, dtype=int).tolist())
        for who in decision.tested.tolist():
            self.waiting.append((day + max(self.world.delay_days, 1), who, day, who in found))


def _state(covid: Any, name: str, people: int) -> np.ndarray[Any, Any]:
    return np.array(getattr(covid, name).raw)[:people].astype(bool)
