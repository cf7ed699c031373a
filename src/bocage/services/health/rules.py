"""The published versions of the rules. A version never changes once a scheme ran under it."""

from bocage.engines.epidemic import Parameters, Rule

VERSIONS: dict[str, Rule] = {"2026.1": Rule(version="2026.1"), "2026.2": Rule(version="2026.2")}
# Under these, the scheme's budget of restricted days gives the thresholds anew each day (actions/budgeting.py).
BY_BUDGET = frozenset({"2026.2"})
PARAMETERS = Parameters()
# An hour near somebody fully infectious infects one in twenty; the laboratory plays policies with the same figure.
HAZARD_AN_HOUR = 0.05
# A day in one household: three times Covasim's 0.016 of a contact (Kerr et al., PLOS Computational Biology 2021).
HAZARD_HOME_A_DAY = 0.048
BACKGROUND_A_DAY = 2e-4
