"""Infection risk on a contact graph, with reasons; a policy that spends a budget of restricted days; a laboratory.

    from bocage.engines.epidemic import Contacts, Observations, Tests, evidence, explain, infer
    met = Contacts(3, ("home", "venue"), first=[0, 1], second=[1, 2], layer=[0, 1], day=[-1, 12], weight=[0.05, 0.02])
    risk = infer(met, Observations(Tests([0], [13], [True])), day=14)
    explain(evidence(risk, 2)).reasons

The way of a number: `Contacts` and `Observations` -> `infer` -> `Risk` (arrays over people) -> `evidence` (all that one
person's risk stands on) -> `explain` (colour, reasons, what would move it back; recomputes from the evidence alone).
Where a budget of restricted days is to choose the thresholds, `colours(plan, day, spent_days, chance, restricted,
isolated)` gives the day's `Rule` for `explain`, everybody's colour, and how the threshold came about (`policy`).
`laboratory` plays policies against each other on Covasim (the extra `epidemic`). Plain Python: no Django, nothing else
of Bocage.
"""

from bocage.engines.epidemic.course import Course, course
from bocage.engines.epidemic.evidence import Evidence, Exposure, dumps, evidence, gather, loads
from bocage.engines.epidemic.explaining import TEMPLATES, Colour, Explanation, Reason, Rule, explain, posterior_of
from bocage.engines.epidemic.graph import Graph
from bocage.engines.epidemic.inference import Risk, infer
from bocage.engines.epidemic.policy import BUDGET_TEMPLATES, COLOURS, Plan, Today, colours
from bocage.engines.epidemic.privacy import Privacy
from bocage.engines.epidemic.types import (
    EVERY_DAY,
    Contacts,
    EpidemicError,
    Observations,
    Onsets,
    Parameters,
    Tests,
)

__all__ = [
    "BUDGET_TEMPLATES",
    "COLOURS",
    "EVERY_DAY",
    "TEMPLATES",
    "Colour",
    "Contacts",
    "Course",
    "EpidemicError",
    "Evidence",
    "Explanation",
    "Exposure",
    "Graph",
    "Observations",
    "Onsets",
    "Parameters",
    "Plan",
    "Privacy",
    "Reason",
    "Risk",
    "Rule",
    "Tests",
    "Today",
    "colours",
    "course",
    "dumps",
    "evidence",
    "explain",
    "gather",
    "infer",
    "loads",
    "posterior_of",
]
