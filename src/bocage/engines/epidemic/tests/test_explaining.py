"""A decision recomputes from its evidence; reasons name what moved it; bad records are refused by field."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bocage.engines.epidemic import (
    TEMPLATES,
    Colour,
    Contacts,
    EpidemicError,
    Observations,
    Onsets,
    Parameters,
    Privacy,
    Risk,
    Rule,
    Tests,
    dumps,
    evidence,
    explain,
    gather,
    infer,
    loads,
    posterior_of,
)


def town(seed: int = 1, privacy: Privacy | None = None) -> Risk:
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 120, (2, 500))
    met = first != second
    days = np.where(rng.random(500) < 0.3, -1, rng.integers(5, 20, 500))
    contacts = Contacts(
        120, ("home", "venue"), first[met], second[met], layer=(days[met] >= 0).astype(int), day=days[met], weight=0.04
    )
    observations = Observations(
        Tests([3, 4, 5], [15, 17, 18], np.array([True, False, True])),
        Onsets([8, 9], [14, 17]),
        enrolled=np.ones(120, bool),
        susceptibility=np.where(np.arange(120) < 30, 0.4, 1.0),
        mobility=np.where(np.arange(120)[:, None] == 3, np.linspace(1, 0.1, 14), 1.0),
    )
    return infer(contacts, observations, 18, privacy=privacy)


def test_each_risk_recomputes_from_the_evidence_alone() -> None:
    risk = town()
    everybody = gather(risk, range(120))
    assert risk.messages is not None and len(risk.messages.edge) > 10
    for person, each in enumerate(everybody):
        np.testing.assert_allclose(posterior_of(each), risk.posterior[person], atol=1e-4)
        again = loads(dumps(each))
        assert again == each and dumps(again) == dumps(each) and explain(again) == explain(each)


def test_under_privacy_too_and_no_place_is_told() -> None:
    risk = town(privacy=Privacy(epsilon=1.0, seed=4))
    for person in range(0, 120, 7):
        each = evidence(risk, person)
        np.testing.assert_allclose(posterior_of(each), risk.posterior[person], atol=1e-4)
        assert all(exposure.place == "" for exposure in each.exposures)
    assert not risk.backward.any()


def test_reasons_name_the_answer_and_the_meeting_that_moved_it() -> None:
    contacts = Contacts(3, ("home", "cinema"), [0, 1], [1, 2], layer=[1, 0], day=[12, -1], weight=[0.3, 0.05])
    found = Observations(Tests([0], [13], np.array([True])), Onsets([1], [17]))
    answer = explain(evidence(infer(contacts, found, 18), 1))
    kinds = {reason.kind for reason in answer.reasons}
    assert {"illness", "exposure", "prevalence"} <= kinds
    meeting = next(reason for reason in answer.reasons if reason.kind == "exposure" and reason.place == "cinema")
    assert meeting.day == 12 and meeting.change > 0 and "cinema" in meeting.text
    assert all(reason.template in TEMPLATES for reason in answer.reasons)
    assert answer.colour != Colour.GREEN and answer.green_on is not None and answer.green_on > 18
    # What would move it back: a negative test today lowers the risk, and the risk on the promised day is low.
    assert answer.after_negative_test < answer.infectious
    assert all(value < answer.rule.release for value in answer.ahead[answer.green_on - 18 :])


def test_yellow_is_kept_until_release() -> None:
    risk = town()
    middle = next(e for e in gather(risk, range(120)) if 0.001 < explain(e).infectious < 0.2 and not e.answers)
    chance = explain(middle).infectious
    rule = Rule(yellow=chance * 1.5, red=0.9, release=chance * 0.5)
    assert explain(middle, rule, Colour.GREEN).colour == Colour.GREEN
    assert explain(middle, rule, Colour.YELLOW).colour == Colour.YELLOW


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("evidence", {"names": ["Ana"]}),
        ("backward", {"backward": [0.0]}),
        ("backward", {"backward": [float("1e999")] * 15}),
        ("answers", {"answers": [["guess", 3]]}),
        ("exposures", {"exposures": [{"day": 1, "place": "x", "hazard": -1}]}),
        ("background_per_day", {"background_per_day": 2}),
        ("enrolled", {"enrolled": "yes"}),
        ("window_days", {"parameters": {"window_days": 1000}}),
        ("evidence", {"parameters": {"beauty": 1}}),
    ],
)
def test_a_bad_record_is_refused_by_its_field(field: str, change: dict[str, Any]) -> None:
    record = json.loads(dumps(evidence(town(), 3)))
    with pytest.raises(EpidemicError) as refused:
        loads(json.dumps({**record, **change}))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("people", lambda: Contacts(0, ("a",), [], [])),
        ("second[0]", lambda: Contacts(3, ("a",), [1], [1])),
        ("first[1]", lambda: Contacts(3, ("a",), [0, 7], [1, 2])),
        ("weight[0]", lambda: Contacts(3, ("a",), [0], [1], weight=[float("nan")])),
        ("first", lambda: Contacts(3, ("a",), [0.5], [1])),
        ("layer[0]", lambda: Contacts(3, ("a",), [0], [1], layer=[1])),
        ("tests.positive", lambda: Tests([1], [2], [0.5])),
        ("tests.person[0]", lambda: infer(Contacts(3, ("a",), [0], [1]), Observations(Tests([9], [2], [True])), 3)),
        ("mobility", lambda: infer(Contacts(3, ("a",), [0], [1]), Observations(mobility=np.ones((3, 2))), 3)),
        ("day", lambda: infer(Contacts(3, ("a",), [0], [1]), Observations(), -1)),
        ("sensitivity", lambda: Parameters(sensitivity=1.5)),
        ("epsilon", lambda: Privacy(epsilon=0)),
        ("person", lambda: evidence(town(), 500)),
    ],
)
def test_bad_input_names_the_field(field: str, make: Callable[[], object]) -> None:
    with pytest.raises(EpidemicError) as refused:
        make()
    assert refused.value.field == field
