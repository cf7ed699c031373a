"""Greens of a signal's own program, and what is shown between two of them.

Letters are SUMO's: `G` go, `g` go and give way, `s` stop then go when free, `y` amber, `r` red, `u` red and amber.
"""

from bocage.engines.signals.types import Phase

# A green shorter than this is a piece of a change, not something to be called.
LEAST_GREEN_SECONDS = 4
AMBER_SECONDS = 3
GREEN = "Gg"


def greens(program: list[tuple[str, float]]) -> tuple[Phase, ...]:
    """The greens of a program that may be called, each once, with the amber that follows it there."""
    found: dict[str, int] = {}
    for place, (state, seconds) in enumerate(program):
        if not any(letter in GREEN for letter in state) or any(letter in "yYu" for letter in state):
            continue
        if seconds < LEAST_GREEN_SECONDS and len(program) > 2:
            continue
        amber, after = 0.0, place + 1
        while after < place + len(program) and "y" in program[after % len(program)][0].lower():
            amber += program[after % len(program)][1]
            after += 1
        found[state] = max(found.get(state, 0), round(amber))
    usable = [state for state in found if not any(_within(state, other) for other in found if other != state)]
    return tuple(Phase(state, found[state] or AMBER_SECONDS) for state in usable)


def _within(state: str, other: str) -> bool:
    """Whether `other` gives every link at least what `state` gives it."""
    order = {"G": 3, "g": 2, "s": 1}
    return all(order.get(one, 0) <= order.get(two, 0) for one, two in zip(state, other, strict=True))


def amber(before: str, after: str) -> str:
    """Shown first: those that lose their green get amber, those that keep it go on, all others wait."""
    return "".join(_amber(one, two) for one, two in zip(before, after, strict=True))


def _amber(one: str, two: str) -> str:
    if one in GREEN:
        return _kept(one, two) if two in GREEN else "y"
    return "s" if one == "s" and two != "r" else "r"


def clearance(before: str, after: str) -> str:
    """Shown after the amber: only those that keep their green go."""
    return "".join("r" if letter == "y" else letter for letter in amber(before, after))


def _kept(one: str, two: str) -> str:
    """Priority comes with the new green alone: until then whoever is to give way does."""
    return "G" if one == two == "G" else "g"


def crossings(state: str, foes: frozenset[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of links that cross and both have right of way (`G`) in a state."""
    return sorted((one, two) for one, two in foes if one < two and state[one] == state[two] == "G")
