"""A rule is changed by its fields, tried on a day of the stream, and put in force by a second person."""

from datetime import UTC
from typing import Any
from uuid import UUID

import pytest

from bocage.engines.alerts import amended, shipped
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals import actions as approvals
from bocage.kernel.errors import Refusal
from bocage.services.city import jobs, rulebook
from bocage.services.city.actions import rules
from bocage.services.city.models import Alert, RuleChange, Trial
from bocage.services.city.queries import rules as queries
from bocage.services.city.tests.conftest import Town, judge, signed_in

KIND = "congestion_onset"
WIDER = {"when": ["speed_kmh < 50", "flow_veh_h > 100"], "clear": ["speed_kmh > 60"]}
PAGE = f"/city/console/rules/{KIND}"


def fields(**changed: object) -> dict[str, object]:
    rule = rulebook.in_force().rules[KIND]
    return {
        "when_0": 20, "when_1": 100, "clear_0": 30, "for_seconds": 180, "clear_seconds": 180, "dedup_seconds": 900,
        "severity": "minor", "says_en": rule.says["en"], "says_fr": rule.says["fr"],
        "day": clock.now().astimezone(UTC).date().isoformat(), **changed,
    }  # fmt: skip


def test_a_rule_said_anew_without_a_change_is_the_rule() -> None:
    assert [rule.name for rule in shipped() if amended(rule, {}) != rule] == []


def test_a_dry_run_shows_what_the_change_would_raise_and_changes_nothing(town: Town) -> None:
    town.slow_road("Rue Lente", minutes=12, ago=40)
    judge()
    before = Alert.objects.count()
    client = signed_in(town.odile)
    asked = client.post(PAGE, fields(for_seconds=1200))
    assert asked.status_code == 302
    trial = Trial.objects.get()
    assert trial.changes == {"for_seconds": 1200.0}
    jobs.try_rule.run(trial_id=str(trial.id))
    view = queries.trial(trial.id)
    assert (view.raised_now, view.raised_changed, view.both) == (1, 0, 0)
    assert [each["on"] for each in view.only_now] == ["Rue Lente"] and view.records == 41
    page = client.get(f"/city/console/trials/{trial.id}").content.decode()
    assert "Rue Lente" in page and "speed 12 km/h" in page
    assert Alert.objects.count() == before and not RuleChange.objects.exists()


def proposed(town: Town, changes: dict[str, Any], number: int = 0) -> UUID:
    with acting_as(Actor.for_person(town.odile)):
        return approvals.propose(
            "city.change_rule",
            {"kind": KIND, "changes": changes, "number": number},
            town.odile,
            reason="Fewer alerts by far",
        )


def test_a_second_person_puts_it_in_force_and_the_engine_goes_by_it(town: Town) -> None:
    town.slow_road("Rue Lente", minutes=25, ago=20)
    judge()
    assert Alert.objects.filter(cleared_at=None).count() == 1
    proposal_id = proposed(town, {"for_seconds": 7200.0})
    assert not RuleChange.objects.exists()
    with acting_as(Actor.for_person(town.odile)), pytest.raises(Refusal, match="forbidden"):
        approvals.approve(proposal_id, town.odile)
    with acting_as(Actor.for_person(town.paul)):
        approvals.approve(proposal_id, town.paul)
    assert rulebook.in_force().rules[KIND].for_seconds == 7200
    assert queries.rule(KIND).versions[0].by == "Odile Renard" and queries.rule(KIND).number == 1
    judge()
    assert Alert.objects.filter(cleared_at=None).count() == 0, "under the new rule it has not lasted long enough"
    proposal_id = proposed(town, {}, 1)
    with acting_as(Actor.for_person(town.paul)):
        approvals.approve(proposal_id, town.paul)
    assert rulebook.in_force().rules[KIND].for_seconds == 180 and queries.rule(KIND).number == 2


def test_two_proposals_from_one_version_do_not_both_hold(town: Town) -> None:
    first, second = proposed(town, WIDER), proposed(town, {"for_seconds": 60.0})
    with acting_as(Actor.for_person(town.paul)):
        approvals.approve(first, town.paul)
    with acting_as(Actor.for_person(town.paul)), pytest.raises(Refusal, match="rule_changed"):
        approvals.approve(second, town.paul)
    assert rulebook.in_force().rules[KIND].for_seconds == 180


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "Change something"),
        ({"for_seconds": -1}, "greater than or equal to 0"),
        ({"for_seconds": "soon"}, "Enter a number"),
        ({"when_0": "nan"}, "Enter a number"),
        ({"severity": "whatever"}, "Select a valid choice"),
        ({"says_fr": ""}, "This field is required"),
        ({"says_en": "It\0s"}, "Null characters are not allowed"),
        ({"day": "2020-01-01"}, "Select a valid choice"),
    ],
)
def test_what_will_not_do_is_said_and_nothing_is_tried(changed: dict[str, object], says: str, town: Town) -> None:
    town.slow_road()
    answer = signed_in(town.odile).post(PAGE, fields(**changed))
    assert answer.status_code == 422 and says in answer.content.decode()
    assert not Trial.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"owner": "street_care"}, {"stream": "bus"}, {"when": ["speed_mph < 3"]}, {"when": []}, {"for_seconds": "x"}],
)
def test_no_field_but_the_declarative_ones_and_no_nonsense(changes: dict[str, Any], town: Town) -> None:
    with pytest.raises(Refusal) as refused:
        rules.check(KIND, changes)
    assert refused.value.field == next(iter(changes))


def test_every_kind_has_its_page(town: Town) -> None:
    client = signed_in(town.odile)
    listing = client.get("/city/console/rules").content.decode()
    assert all(f"/city/console/rules/{rule.name}" in listing for rule in shipped())
    for operator in {rule.operator for rule in shipped()}:
        kind = next(rule.name for rule in shipped() if rule.operator == operator)
        assert client.get(f"/city/console/rules/{kind}").status_code == 200, kind
    assert client.get("/city/console/rules/nonsense").status_code == 404
