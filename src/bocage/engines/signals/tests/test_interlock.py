"""Whatever is called: greens last, ambers and all-reds follow, foes never go at once, nobody waits for ever."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.signals import Call, Interlock, Limits
from bocage.engines.signals.interlock import minimums
from bocage.engines.signals.tests.town import town

with TemporaryDirectory() as _folder:
    NETWORK = town(Path(_folder))
LINKS = sum(len(one.links) for one in NETWORK.signals)

limits = st.builds(
    Limits,
    min_green=st.integers(3, 15),
    all_red=st.integers(0, 4),
    max_red=st.integers(30, 90),
    amber=st.none() | st.integers(2, 5),
    pedestrians=st.booleans(),
)
seconds = st.lists(
    st.tuples(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=4), st.integers(0, 2**LINKS - 1)),
    min_size=80,
    max_size=160,
)


def shown(rules: Limits, told: list[tuple[list[tuple[int, int]], int]]) -> list[list[str]]:
    cabinets = Interlock(NETWORK, rules)
    states = [cabinets.states()]
    for calls, bits in told:
        now = list(states[-1])
        waiting = np.asarray([bool(bits >> n & 1) for n in range(LINKS)], dtype=bool)
        for number, state in cabinets.second([Call(signal, phase, "told so") for signal, phase in calls], waiting):
            now[number] = state
        assert now == cabinets.states(), "every change is announced"
        states.append(now)
    return states


def runs(letters: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for letter in letters:
        if found and found[-1][0] == letter:
            found[-1] = (letter, found[-1][1] + 1)
        else:
            found.append((letter, 1))
    return found


@settings(max_examples=30, deadline=None)
@given(limits, seconds)
def test_no_call_breaks_a_limit(rules: Limits, told: list[tuple[list[tuple[int, int]], int]]) -> None:
    states = shown(rules, told)
    for number, signal in enumerate(NETWORK.signals):
        least = min(minimums(NETWORK, rules, number))
        for link in signal.links:
            found = runs("".join(row[number][link.position] for row in states))
            for (letter, length), (after, _) in pairwise(found[1:]):
                if letter == "G":
                    assert length >= least
                    assert after == "y", "green ends by amber"
                if letter == "y":
                    own = {rules.amber} if rules.amber else {phase.amber_seconds for phase in signal.phases}
                    assert length in own
                    assert after == "r"
        for row in states:
            going = [position for position, letter in enumerate(row[number]) if letter in "Gy"]
            assert not any((one, two) in signal.foes for one in going for two in going)


@settings(max_examples=20, deadline=None)
@given(limits.filter(lambda one: one.all_red > 0), seconds)
def test_all_red_stands_before_each_new_green(rules: Limits, told: list[tuple[list[tuple[int, int]], int]]) -> None:
    states = shown(rules, told)
    for second in range(1, len(states)):
        for number in range(len(NETWORK.signals)):
            before, now = states[second - 1][number], states[second][number]
            if any(a in "ry" and b == "G" for a, b in zip(before, now, strict=True)):
                quiet = [states[back][number] for back in range(second - rules.all_red, second)]
                assert all(set(state) == {"r"} for state in quiet)


@settings(max_examples=20, deadline=None)
@given(limits, st.integers(0, 1))
def test_nobody_waits_longer_than_the_limit_and_one_change(rules: Limits, stubborn: int) -> None:
    """A controller that always calls one phase starves nobody."""
    told = [([(0, stubborn), (1, stubborn)], 2**LINKS - 1)] * 400
    states = shown(rules, told)
    for number, signal in enumerate(NETWORK.signals):
        bound = rules.max_red + max(minimums(NETWORK, rules, number)) + 8 + rules.all_red
        for link in signal.links:
            red = [
                length
                for letter, length in runs("".join(row[number][link.position] for row in states))
                if letter == "r"
            ]
            assert max(red, default=0) <= bound


def test_a_phase_that_is_not_there_is_refused() -> None:
    cabinets = Interlock(NETWORK, Limits())
    try:
        cabinets.second([Call(0, 2, "")], np.zeros(LINKS, bool))
    except ValueError as error:
        assert "no phase 2" in str(error)
    else:
        raise AssertionError
