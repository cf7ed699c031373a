"""Every kind whose definition is of one state that lasts: raised when it should, not before, ended as it says."""

from datetime import timedelta

import pytest

from bocage.engines.alerts import Engine, Record, What, shipped
from bocage.engines.alerts.tests.situations import SITUATIONS, Situation
from bocage.engines.alerts.tests.telling import NOON, RULES, Tale, cleared, raised, seconds_in, told

each_situation = pytest.mark.parametrize("it", SITUATIONS, ids=lambda it: it.kind)


def tale_of(it: Situation) -> Tale:
    return Tale(it.stream, it.every, NOON.replace(hour=it.hour))


@each_situation
def test_it_is_raised_once_when_it_has_lasted_and_ends(it: Situation) -> None:
    tale = tale_of(it).say(it.good, 4 * it.every, sources=it.sources)
    began = tale.now
    tale.say(it.bad, it.lasts + 4 * it.every, sources=it.sources)
    ended = tale.now
    tale.say(it.good, it.ends + 4 * it.every, sources=it.sources)
    changes = told(it.kind, tale)
    assert [change.what for change in changes] == [What.RAISED, What.CLEARED]
    after = seconds_in(tale, changes[0]) - began
    assert it.lasts <= after <= it.lasts + it.every
    over = seconds_in(tale, changes[1]) - ended
    assert it.ends <= over <= it.ends + it.every
    alert = changes[0].alert
    assert alert.kind == it.kind and alert.source.startswith(it.stream) and alert.evidence
    assert alert.agreeing == it.sources
    assert {fact.field for fact in alert.facts} <= set(alert.evidence[-1].values) | {"hour_local"}


@each_situation
def test_what_the_definition_excludes_raises_nothing(it: Situation) -> None:
    for values in (it.good, *it.not_if, *([it.edge] if it.edge else [])):
        tale = tale_of(it).say(values, 2 * it.lasts + 5 * it.every, sources=it.sources)
        assert told(it.kind, tale) == [], values


@pytest.mark.parametrize("it", [it for it in SITUATIONS if it.lasts >= it.every], ids=lambda it: it.kind)
def test_what_does_not_last_raises_nothing(it: Situation) -> None:
    tale = tale_of(it)
    for _again in range(3):
        tale.say(it.bad, it.lasts, sources=it.sources).say(it.good, it.every, sources=it.sources)
    assert told(it.kind, tale) == []


@pytest.mark.parametrize("it", [it for it in SITUATIONS if it.between], ids=lambda it: it.kind)
def test_between_the_two_it_neither_begins_nor_ends(it: Situation) -> None:
    assert it.between is not None
    tale = tale_of(it).say(it.between, it.lasts + 5 * it.every, sources=it.sources)
    assert told(it.kind, tale) == []
    for _again in range(2):
        tale.say(it.bad, it.lasts + 2 * it.every, sources=it.sources)
        tale.say(it.between, it.ends + it.lasts + 3 * it.every, sources=it.sources)
    changes = told(it.kind, tale)
    assert len(raised(changes)) == 1 and cleared(changes) == []


@pytest.mark.parametrize("it", [it for it in SITUATIONS if it.sources > 1], ids=lambda it: it.kind)
def test_one_source_too_few_raises_nothing(it: Situation) -> None:
    tale = tale_of(it).say(it.bad, it.lasts + 5 * it.every, sources=it.sources - 1)
    assert told(it.kind, tale) == []


def test_by_night_what_is_of_the_day_raises_nothing() -> None:
    empty = Tale("detector", 60, NOON.replace(hour=2)).say({"flow_veh_h": 0, "road": "main"}, 3600)
    flashing = Tale("signal", 30, NOON.replace(hour=2)).say({"lamps": "flashing"}, 3600)
    assert told("flow_absent_on_major", empty) == told("signal_flashing_long", flashing) == []


def test_a_good_day_raises_nothing_of_any_kind() -> None:
    """Every kind at once over everything that any situation calls good."""
    records: list[Record] = []
    for number, it in enumerate(SITUATIONS):
        tale = Tale(it.stream, it.every, NOON + timedelta(seconds=number / 100))
        tale.say(it.good, 10 * it.every, on=f"road {number}", at=number * 100_000.0)
        records += [
            Record(one.at_ms, one.stream, f"{number}", one.values, one.on, one.x_m, one.y_m) for one in tale.records
        ]
    # Their series are of different lengths, and an absence is not what is tried here.
    engine = Engine([rule for rule in shipped() if rule.operator != "absence"])
    records.sort(key=lambda one: one.at_ms)
    assert [*engine.feed(records), *engine.finish()] == []
    assert engine.counts().records == len(records)


def test_every_kind_is_tried_here_or_in_stories() -> None:
    from bocage.engines.alerts.tests.test_stories import TOLD

    tried = [it.kind for it in SITUATIONS]
    assert len(tried) == len(set(tried))
    assert set(tried) | TOLD == set(RULES) and not set(tried) & TOLD
    assert len(RULES) >= 116
