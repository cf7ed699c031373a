"""What each policy does on a day, from what can be seen alone."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from bocage.engines.epidemic.course import course
from bocage.engines.epidemic.graph import Graph
from bocage.engines.epidemic.inference import Risk, infer
from bocage.engines.epidemic.laboratory.world import World
from bocage.engines.epidemic.policy import Controller, Plan, likeliest
from bocage.engines.epidemic.privacy import Privacy, Release
from bocage.engines.epidemic.types import Bools, Contacts, Floats, Ints, Observations, Onsets, Parameters, Tests

QUARANTINE_DAYS = 14
ISOLATED_MOBILITY = 0.2
RESTRICTED_MOBILITY = 0.4


@dataclass(slots=True, eq=False)
class Seen:
    """What the policy knows: contacts between those enrolled, results, reports, who is restricted; [people] arrays."""

    contacts: Contacts
    enrolled: Bools
    tests: list[tuple[int, int, bool]] = field(default_factory=list)
    onsets: list[tuple[int, int]] = field(default_factory=list)
    ill: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    diagnosed: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    isolated: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    found: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Who is tested today, who stays at home for how many days, and the risk behind it where there is one."""

    tested: Ints
    at_home: Ints
    at_home_days: int
    risk: Risk | None = None


class ByContact:
    """Test those with symptoms, and contacts of cases; some policies keep those contacts at home for 14 days."""

    def __init__(self, world: World, seen: Seen, rng: np.random.Generator) -> None:
        self.world, self.rng = world, rng
        contacts, people = seen.contacts, world.agents
        rows = np.concatenate((contacts.first, contacts.second))
        columns = np.concatenate((contacts.second, contacts.first))
        layers = np.tile(contacts.layer, 2)
        self.met = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(people, people))
        kept = layers == 0 if world.policy == "household" else np.ones(len(rows), dtype=bool)
        self.called: Any = sparse.csr_array((np.ones(kept.sum()), (rows[kept], columns[kept])), shape=(people, people))

    def decide(self, day: int, seen: Seen) -> Decision:
        people = self.world.agents
        score = self.rng.random(people) * 0.01
        if self.world.symptoms:
            score += 10.0 * seen.ill
        if self.world.policy != "test":
            cases = np.zeros(people)
            cases[[who for who, when, positive in seen.tests if positive and when > day - QUARANTINE_DAYS]] = 1
            score += self.met @ cases
        count = 0 if self.world.policy == "none" else round(self.world.tests * people)
        tested = likeliest(score, count, seen.enrolled & ~seen.diagnosed)
        at_home: Ints = np.zeros(0, dtype=np.int32)
        if self.world.policy in ("household", "contacts") and seen.found:
            at_home = np.unique(self.called[np.asarray(seen.found)].indices)
            at_home = at_home[~seen.diagnosed[at_home]]
        return Decision(tested, at_home, QUARANTINE_DAYS)


class ByRisk:
    """Infer everybody's risk; test the likeliest, and restrict where it prevents most within the budget."""

    def __init__(self, world: World, seen: Seen) -> None:
        self.world = world
        options: dict[str, float] = {}
        if world.haste is not None:
            options["haste"] = world.haste
        if world.floor is not None:
            options["floor"] = world.floor
        self.controller = Controller(Plan(world.budget_days, world.days, **options), world.agents)
        self.parameters = Parameters(
            sensitivity=min(world.sensitivity, 0.995),
            reporting=world.reporting,
            messages=world.messages,
            background_illness_per_day=world.background_illness_per_day,
        )
        self.privacy = None if world.epsilon is None else Privacy(world.epsilon, seed=world.seed)
        self.mobility = np.ones((world.agents, self.parameters.window_days), dtype=np.float32)
        self.immune = np.zeros(world.agents, dtype=bool)
        self.background: float | None = None
        self.graph: Graph | None = None
        self.released: Release | None = None
        contacts = seen.contacts
        ends = np.concatenate((contacts.first, contacts.second))
        known = np.bincount(ends, np.tile(contacts.weight, 2), world.agents)
        # Everybody also meets people whom nobody knows of.
        self.reach: Floats = known + known.mean()

    def decide(self, day: int, seen: Seen) -> Decision:
        world, window = self.world, self.parameters.window_days
        tests = [each for each in seen.tests if each[1] > day - window]
        onsets = [each for each in seen.onsets if each[1] > day - window] if world.symptoms else []
        known = np.zeros(world.agents, dtype=bool)
        known[[who for who, _, positive in tests if positive]] = True
        self.immune = seen.diagnosed & ~known
        self.mobility = np.roll(self.mobility, -1, axis=1)
        self.mobility[:, -1] = np.where(seen.isolated, ISOLATED_MOBILITY, 1.0)
        observed = Observations(
            Tests(_column(tests, 0), _column(tests, 1), np.array([positive for _, _, positive in tests], dtype=bool)),
            Onsets(_column(onsets, 0), _column(onsets, 1)),
            enrolled=seen.enrolled if world.symptoms else None,
            immune=self.immune,
            mobility=self.mobility,
        )
        risk = infer(
            seen.contacts,
            observed,
            day,
            self.parameters,
            privacy=self.privacy,
            background_per_day=self.background,
            graph=self.graph,
            released=self.released,
        )
        self.background, self.graph, self.released = risk.background_per_day, risk.graph, risk.released
        may = seen.enrolled & ~seen.diagnosed
        tested = likeliest(self._worth_testing(risk), round(world.tests * world.agents), may)
        soon = self._soon(risk)
        at_home = self.controller.decide(day, soon, soon * self.reach, seen.isolated, may)
        self.mobility[at_home, -1] = RESTRICTED_MOBILITY
        return Decision(tested, np.flatnonzero(at_home).astype(np.int32), 1, risk)

    def _worth_testing(self, risk: Risk) -> Floats:
        """[people] infections that finding the case today prevents: found now, how infectious from its result on."""
        window, curves = self.parameters.window_days, course(self.parameters)
        ages = window - 1 - np.arange(window)
        rest = np.cumsum(curves.infectiousness[::-1])[::-1]
        worth = risk.weighed(curves.infectious[ages] * rest[ages + self.world.delay_days])
        return worth * self.reach if self.world.budget_days else worth

    def _soon(self, risk: Risk) -> Floats:
        """[people] expected infectiousness today and tomorrow, averaged."""
        window = self.parameters.window_days
        curve = course(self.parameters).infectiousness
        ages = window - 1 - np.arange(window)
        return risk.weighed((curve[ages] + curve[ages + 1]) / 2)


def _column(rows: list[Any], column: int) -> Ints:
    return np.array([row[column] for row in rows], dtype=np.int32)
