"""What holds of every kind: batches do not matter, nor disorder; what is explained is not shown; limits hold."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.alerts import Change, Engine, Places, Quiet, Record, What, Zone, reason, shipped
from bocage.engines.alerts import engine as engine_module
from bocage.engines.alerts.tests.situations import SITUATIONS
from bocage.engines.alerts.tests.telling import NOON, RULES, Said, Tale, cleared, raised, told

TOWN = Places((Zone("z", "one_way", ((0, 0), (40, 0), (40, 40), (0, 40)), 90.0),))
CAR: Said = {"class": "car", "lane": "traffic", "in_queue": "no", "speed_kmh": 0}


def _world(seed: int, count: int) -> list[Record]:
    """A disorderly town: sources that go bad, fall silent, come late, repeat themselves and jump about."""
    dice = random.Random(seed)
    records = []
    now = NOON.timestamp()
    chosen = dice.sample(SITUATIONS, 6) + [it for it in SITUATIONS if it.stream == "track"][:3]
    for _each in range(count):
        now += dice.choice([0, 0.5, 1, 5, 30, 60]) * dice.random()
        it = dice.choice(chosen)
        values = dice.choice([it.bad, it.bad, it.bad, it.good, it.between or it.good, *it.not_if])
        at = (
            now - dice.choice([0, 0, 0, 5, 29, 31, 400]) * dice.random() + (10 * 86_400 if dice.random() < 0.002 else 0)
        )
        place = dice.randrange(3)
        records.append(
            Record(round(at * 1000), it.stream, f"{it.stream}-{place}", values, f"road {place}", place * 20.0, 5.0)
        )
        if dice.random() < 0.05:
            now += dice.choice([100, 400, 2_000])
    return records


def _in_batches(records: list[Record], sizes: list[int]) -> list[Change]:
    engine = Engine(shipped(), places=TOWN)
    changes: list[Change] = []
    begin = 0
    for size in [*sizes, len(records)]:
        changes += engine.feed(records[begin : begin + size])
        begin += size
    return changes + engine.finish()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), sizes=st.lists(st.integers(1, 60), max_size=6))
def test_batches_do_not_matter(seed: int, sizes: list[int]) -> None:
    records = _world(seed, 150)
    whole = _in_batches(records, [])
    assert _told(_in_batches(records, sizes)) == _told(whole)


@pytest.mark.parametrize("seed", [20_072, 20_103, 20_106])
def test_batches_did_not_matter_where_they_once_did(seed: int) -> None:
    """A place long known and long unsaid; an alert that ended long ago in the same place."""
    records = _world(seed, 400)
    dice = random.Random(seed)
    assert _told(_in_batches(records, [dice.randrange(1, 90) for _each in range(5)])) == _told(_in_batches(records, []))


def test_the_disorderly_town_does_raise_alerts() -> None:
    """Else the property above would say nothing."""
    changes = [change for seed in range(3) for change in _in_batches(_world(seed, 150), [])]
    assert len(raised(changes)) > 10 and len(cleared(changes)) > 5
    assert _told(_in_batches(_world(1, 60), [1] * 60)) == _told(_in_batches(_world(1, 60), []))


def _told(changes: list[Change]) -> list[object]:
    """Comparable: positions that are unknown are NaN, which equals nothing."""
    return [repr(dataclasses.astuple(change)) for change in changes]


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_disorder_within_the_lateness_does_not_matter(dice: random.Random) -> None:
    tale = Tale("detector", 5).say({"speed_kmh": 50, "flow_veh_h": 900}, 100, sources=2)
    tale.say({"speed_kmh": 10, "flow_veh_h": 900}, 300, sources=2).say(
        {"speed_kmh": 50, "flow_veh_h": 900}, 300, sources=2
    )
    in_order = told("congestion_onset", tale)
    moved = sorted(tale.records, key=lambda record: record.at_ms + dice.randrange(29_000))
    assert _told(told("congestion_onset", moved)) == _told(told("congestion_onset", tale.records))
    assert len(raised(in_order)) == 1


def test_a_queue_behind_a_known_crash_is_no_second_incident() -> None:
    kinds = ["crash_suspected", "stopped_vehicle_in_lane", "congestion_onset"]
    crash = Tale("track", 1).say({**CAR, "speed_kmh": 60, "decel_m_s2": 11}, 1).say({**CAR, "decel_m_s2": 0}, 400)
    slow: Said = {"speed_kmh": 5, "flow_veh_h": 600}
    queue = Tale("detector", 30).say(slow, 400, at=700)
    changes = told(kinds, sorted([*crash.records, *queue.records], key=lambda record: record.at_ms))
    assert [change.alert.kind for change in raised(changes)] == ["crash_suspected"]
    hidden = [change.alert for change in changes if change.what is What.SUPPRESSED]
    assert {alert.kind for alert in hidden} == {"stopped_vehicle_in_lane", "congestion_onset"}
    assert {alert.suppressed_by for alert in hidden} == {raised(changes)[0].alert.id}
    far = Tale("detector", 30).say(slow, 400, at=9_000, on="elsewhere")
    apart = told(kinds, sorted([*crash.records, *far.records], key=lambda record: record.at_ms))
    assert "congestion_onset" in {change.alert.kind for change in raised(apart)}


def test_what_outlives_its_explanation_is_shown() -> None:
    crash = Tale("track", 1).say({**CAR, "speed_kmh": 60, "decel_m_s2": 11}, 1).say({**CAR, "decel_m_s2": 0}, 300)
    queue = Tale("detector", 30).say({"speed_kmh": 5, "flow_veh_h": 600}, 1_500, at=700)
    records = sorted([*crash.records, *queue.records], key=lambda record: record.at_ms)
    changes = told(["crash_suspected", "congestion_onset"], records)
    released = [change for change in changes if change.what is What.RELEASED]
    assert [change.alert.kind for change in released] == ["congestion_onset"]
    over = cleared(changes)[0]
    assert over.alert.kind == "crash_suspected" and over.alert.silent
    assert released[0].at_ms - over.at_ms >= 600_000 and released[0].alert.suppressed_by == ""


def test_planned_works_are_quiet_until_they_end() -> None:
    start_ms = round(NOON.timestamp() * 1000)
    tale = Tale("detector", 60).say({"speed_kmh": 5, "flow_veh_h": 600}, 3_600)
    for kinds, expected in (((), What.SUPPRESSED), (("signal_dark",), What.RAISED)):
        engine = Engine([RULES["congestion_onset"]], quiet=[Quiet("A", start_ms, start_ms + 1_800_000, kinds)])
        changes = [*engine.feed(tale.records), *engine.finish()]
        assert changes[0].what is expected
        assert [change.what for change in changes[1:]] == ([What.RELEASED] if expected is What.SUPPRESSED else [])


def test_a_second_cause_soon_after_is_the_same_alert() -> None:
    bad: Said = {"speed_kmh": 5, "flow_veh_h": 600}
    good: Said = {"speed_kmh": 60, "flow_veh_h": 600}
    soon = Tale("detector", 60).say(bad, 400).say(good, 600).say(bad, 400)
    changes = told("congestion_onset", soon)
    assert [change.what for change in changes] == [What.RAISED, What.CLEARED, What.REOPENED]
    assert len({change.alert.id for change in changes}) == 1 and changes[-1].alert.repeats == 1
    later = Tale("detector", 60).say(bad, 400).say(good, 3_600).say(bad, 400)
    assert len({change.alert.id for change in raised(told("congestion_onset", later))}) == 2


def test_a_missing_minute_does_not_end_it_and_a_long_gap_does() -> None:
    bad: Said = {"speed_kmh": 5, "flow_veh_h": 600}
    minute = Tale("detector", 60).say(bad, 120).wait(60).say(bad, 120)
    assert len(raised(told("congestion_onset", minute))) == 1
    gap = Tale("detector", 60).say(bad, 120).wait(240).say(bad, 120)
    assert told("congestion_onset", gap) == [], "what was not seen is not known to have lasted"
    silent = Tale("detector", 60).say(bad, 300).wait(3_600)
    over = cleared(told("congestion_onset", silent))
    assert len(over) == 1 and over[0].alert.silent


def test_late_records_and_a_clock_that_jumps_are_left_out_and_counted() -> None:
    good: Said = {"speed_kmh": 60, "flow_veh_h": 600}
    tale = Tale("detector", 60).say(good, 600, sources=3)
    wrong = Tale("detector", 60, NOON.replace(year=2031))
    wrong.one({"speed_kmh": 5, "flow_veh_h": 600}, source=1)
    old = Tale("detector", 60)
    old.one({"speed_kmh": 5, "flow_veh_h": 600})
    middle = len(tale.records) // 2
    engine = Engine(shipped())
    changes = engine.feed([*tale.records[:middle], *wrong.records, *tale.records[middle:], *old.records])
    assert changes + engine.finish() == []
    counts = engine.counts()
    assert counts.left_out == {"ahead of every other clock": 1, "late": 1} and counts.records == 30


def test_the_clock_follows_when_everybody_has_jumped() -> None:
    bad: Said = {"speed_kmh": 5, "flow_veh_h": 600}
    tale = Tale("detector", 60).say({"speed_kmh": 60, "flow_veh_h": 600}, 600, sources=3).wait(3 * 86_400)
    tale.say(bad, 400, sources=3)
    assert len(raised(told("congestion_onset", tale))) == 1


def test_sources_that_pass_are_forgotten_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "PASSING_MAX", 50)
    engine = Engine([RULES["stopped_vehicle_in_lane"], RULES["helmetless_two_wheeler"]])
    found: list[Change] = []
    for second in range(160):
        at_ms = round((NOON.timestamp() + second) * 1000)
        moving = Record(at_ms, "track", f"passing {second}", {**CAR, "speed_kmh": 40}, "A", second * 50.0, 0.0)
        standing = Record(at_ms, "track", "standing", CAR, "A", -500.0, 0.0)
        found += engine.feed([moving, standing])
    assert [change.alert.source for change in raised(found)] == ["standing"]
    assert len(engine._intake.sources["track"].names) <= 150


def test_an_alert_says_why_in_both_languages() -> None:
    tale = Tale("detector", 60).say({"speed_kmh": 12, "flow_veh_h": 900}, 600, sources=3)
    engine = Engine([RULES["congestion_onset"]])
    engine.feed(tale.records)
    engine.finish()
    (alert,) = engine.open_alerts()
    assert (
        reason(alert, RULES["congestion_onset"])
        == "speed 12 km/h < 20 and flow 900 veh/h > 100 for 180 s at detector-0; 3 sources agree"
    )
    assert reason(alert, RULES["congestion_onset"], "fr") == (
        "vitesse 12 km/h < 20 et débit 900 veh/h > 100 pendant 180 s à detector-0; 3 sources concordent"
    )


def test_every_kind_that_was_raised_can_say_why() -> None:
    for it in SITUATIONS:
        tale = Tale(it.stream, it.every, NOON.replace(hour=it.hour)).say(
            it.bad, it.lasts + 3 * it.every, sources=it.sources
        )
        (one,) = raised(told(it.kind, tale))
        for language in ("en", "fr"):
            text = reason(one.alert, RULES[it.kind], language)
            assert one.alert.source in text and "nan" not in text and "None" not in text


def test_kinds_that_cannot_be_judged_are_named() -> None:
    engine = Engine(shipped(), places=TOWN)
    missing = engine.counts().not_judged
    assert (
        "abnormal_demand_surge" in missing and "solid_line_crossing" in missing and "wrong_way_vehicle" not in missing
    )
