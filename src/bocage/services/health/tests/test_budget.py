"""Under the rules of 2026.2 the budget of restricted days gives each day its thresholds, and colours follow."""

import json
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.ids import uuid7
from bocage.services.health import colouring, rules
from bocage.services.health.actions import scheme, sources
from bocage.services.health.models import DayRule, Decision
from bocage.services.health.queries import passes
from bocage.services.health.queries import scheme as schemes
from bocage.services.health.tests.conftest import Town, terms, work
from bocage.services.health.tests.test_colour import colour, expose
from bocage.services.health.tests.test_doors import signed_in

pytestmark = pytest.mark.django_db


def by_budget(days: str, town: Town) -> None:
    """The scheme's budget drives it from now on; Léa has a pass too, so that there are three."""
    with acting_as(Actor.for_person(town.lea)):
        sources.answer(town.lea, "health.report", yes=True)
    colour(town.lea)
    with acting_as(Actor.nobody()):
        scheme.change(terms(rules="2026.2", budget_days=Decimal(days)))


def day_rules() -> list[DayRule]:
    with own_tables("health"):
        return list(DayRule.objects.order_by("day"))


@pytest.mark.parametrize(("budget", "expected"), [("0.1", "green"), ("60", "yellow")])
def test_the_same_exposure_under_two_budgets(budget: str, expected: str, town: Town) -> None:
    colour(town.ana)
    by_budget(budget, town)
    expose(town)
    held = colour(town.ana)
    assert held.colour == expected
    assert colour(town.wei).colour == "red", "no budget frees a known case"
    (today,) = day_rules()
    record = json.loads(held.record)
    assert record["rule"]["yellow"] == today.yellow
    assert record["budget"]["budget_days"] == float(budget)
    assert today.people == 3
    assert colouring.recomputed(held.record) == held.record
    assert "Yellow begins at" in passes.colour_of(held).threshold
    shown = signed_in(town.ana).get("/health/").content.decode()
    assert passes.colour_of(held).threshold in shown
    assert "What the budget gave each day" in Client().get("/health/register").content.decode()


def test_each_day_costs_what_it_restricts_and_is_reckoned_once(town: Town) -> None:
    by_budget("60", town)
    expose(town)
    for each in (town.ana, town.wei):
        colour(each)
    work()
    assert len(day_rules()) == 1
    for days in (1, 2):
        with clock.shifted(timedelta(days=days)):
            work()
    first, second, third = day_rules()
    assert (first.spent_days, second.spent_days) == (0, first.cost_days)
    assert third.spent_days == first.cost_days + second.cost_days
    assert second.cost_days == 2


def test_a_new_threshold_is_a_new_decision_and_a_former_record_still_recomputes(town: Town) -> None:
    before = colour(town.ana)
    assert json.loads(before.record)["rule"] == asdict(rules.VERSIONS["2026.1"])
    former = json.loads(before.record)
    del former["budget"]
    former["format"] = colouring.FORMER
    assert colouring.recomputed(colouring.canonical(former)) == colouring.canonical(former)
    by_budget("2.2", town)
    work()
    after = colour(town.ana)
    assert after.id != before.id
    assert json.loads(after.record)["rule"]["version"] == "2026.2"
    with acting_as(Actor.for_person(town.ana)), own_tables("health"):
        assert Decision.objects.filter(current=True).count() == 1


def test_without_a_night_reckoned_the_published_rule_holds(town: Town) -> None:
    by_budget("2.2", town)
    record = json.loads(colour(town.ana).record)
    assert (record["rule"], record["budget"]) == (asdict(rules.VERSIONS["2026.2"]), None)


def test_the_register_shows_the_days_of_the_scheme_in_force_alone(town: Town) -> None:
    by_budget("2.2", town)
    work()
    (today,) = day_rules()
    with own_tables("health"):
        DayRule.objects.create(
            scheme_id=uuid7(), day=today.day, yellow=0.9, release=0.8, red=0.95, people=1, places=1, spent_days=0,
            cost_days=0,
        )  # fmt: skip
    assert [each.people for each in schemes.day_rules(today.scheme_id)] == [today.people]
    shown = Client().get("/health/register").content.decode()
    assert "yellow from 90" not in shown
    assert shown.count("yellow from") == 1
