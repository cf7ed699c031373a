"""The kinds whose definitions are of change, order, place, company or silence: what is one, and what is none."""

from collections.abc import Callable

import numpy as np
import pytest

from bocage.engines.alerts import Change, Line, Places, Profile, What, Zone
from bocage.engines.alerts.profiles import bins, table
from bocage.engines.alerts.tests.telling import NOON, Said, Tale, cleared, raised, seconds_in, told

TOLD = {
    "speed_drop_sudden", "pipe_burst_pressure", "abnormal_demand_surge", "rat_running_residential", "night_flow_leak",
    "congestion_spreading", "multi_vehicle_stop_cluster", "odour_cluster", "outage_cluster", "citizen_report_cluster",
    "crash_suspected", "red_light_running", "ev_priority_not_given", "wrong_way_vehicle", "solid_line_crossing",
    "truck_in_banned_zone", "expired_permit_zone_entry", "geofence_exit", "tailgating", "signal_stuck_phase",
    "parking_sensor_fault", "parcel_stuck", "detector_dead", "camera_offline", "comms_loss_cluster", "data_feed_stale",
    "pm25_exceeds", "no2_exceeds", "noise_night_exceeds", "voltage_out_of_band", "voltage_too_high",
    "river_level_forecast",
}  # fmt: skip
HOUR = 3600


def only(changes: list[Change]) -> Change:
    """The one alert raised."""
    (one,) = raised(changes)
    return one


# -- Change -----------------------------------------------------------------------------------------------------------


def _falls(kind: str, stream: str, field: str, usual: float, low: float, slow: float, also: Said) -> None:
    sudden = Tale(stream, 60).say({**also, field: usual}, 600).say({**also, field: low}, 120)
    assert 600 <= seconds_in(sudden, only(told(kind, sudden))) <= 660
    sudden.say({**also, field: low}, 900)
    assert len(cleared(told(kind, sudden))) == 1, "it is over when nothing changes any more"
    gently = Tale(stream, 60)
    for step in range(20):
        gently.say({**also, field: usual - slow * step}, 60)
    assert told(kind, gently) == [], "as far, but slowly"
    back = Tale(stream, 60).say({**also, field: low}, 600).say({**also, field: usual}, 600)
    assert told(kind, back) == [], "a rise is no fall"
    after_silence = Tale(stream, 60).say({**also, field: usual}, 600).wait(HOUR).say({**also, field: low}, 600)
    assert told(kind, after_silence) == [], "nobody knows how fast it fell"


def test_speed_that_falls_suddenly() -> None:
    _falls("speed_drop_sudden", "detector", "speed_kmh", 100, 25, 5, {"flow_veh_h": 1500})
    empty = Tale("detector", 60).say({"speed_kmh": 100, "flow_veh_h": 20}, 600)
    assert told("speed_drop_sudden", empty.say({"speed_kmh": 25, "flow_veh_h": 20}, 600)) == []
    mild = Tale("detector", 60).say({"speed_kmh": 100, "flow_veh_h": 900}, 600)
    assert told("speed_drop_sudden", mild.say({"speed_kmh": 60, "flow_veh_h": 900}, 600)) == [], "by 40, not more"


def test_pressure_that_falls_suddenly() -> None:
    _falls("pipe_burst_pressure", "water", "pressure_bar", 5, 2, 0.15, {})


# -- The usual --------------------------------------------------------------------------------------------------------


def _usual(stream: str, field: str, mean: float, spread: float) -> Profile:
    """Learnt from four weeks of a quiet source, every ten minutes."""
    at_ms = (NOON.timestamp() * 1000 + np.arange(-28 * 144, 0) * 600_000).astype(np.int64)
    values = np.random.default_rng(7).normal(mean, spread, len(at_ms))
    return Profile({(stream, field, f"{stream}-0"): table(values, bins(at_ms, "UTC"))})


@pytest.mark.parametrize(
    ("kind", "stream", "field", "mean", "spread", "far", "also", "lasts", "hour"),
    [
        ("abnormal_demand_surge", "detector", "flow_veh_h", 600, 60, 1200, {}, 300, 12),
        ("rat_running_residential", "detector", "flow_veh_h", 80, 15, 400, {"road": "street"}, 600, 12),
        ("night_flow_leak", "water", "flow_l_s", 10, 1, 20, {}, 1800, 3),
    ],
)
def test_far_above_the_usual(
    kind: str, stream: str, field: str, mean: float, spread: float, far: float, also: Said, lasts: float, hour: int
) -> None:
    profile = _usual(stream, field, mean, spread)
    start = NOON.replace(hour=hour)
    tale = Tale(stream, 60, start).say({**also, field: mean}, 300).say({**also, field: far}, lasts + 180)
    assert 300 + lasts <= seconds_in(tale, only(told(kind, tale, profile=profile))) <= 360 + lasts
    tale.say({**also, field: mean}, 120)
    assert len(cleared(told(kind, tale, profile=profile))) == 1
    usual = Tale(stream, 60, start).say({**also, field: mean + 1.5 * spread}, 2 * lasts)
    brief = Tale(stream, 60, start).say({**also, field: far}, lasts - 60).say({**also, field: mean}, 300)
    unknown = Tale(stream, 60, start).say({**also, field: far}, 2 * lasts)
    assert told(kind, usual, profile=profile) == told(kind, brief, profile=profile) == []
    assert told(kind, unknown) == [], "without a profile nothing is unusual"


def test_a_quiet_street_that_is_only_a_little_less_quiet_and_a_leak_by_day_raise_nothing() -> None:
    street = Tale("detector", 60).say({"road": "street", "flow_veh_h": 200}, HOUR)
    assert told("rat_running_residential", street, profile=_usual("detector", "flow_veh_h", 80, 15)) == []
    by_day = Tale("water", 60).say({"flow_l_s": 20}, 2 * HOUR)
    assert told("night_flow_leak", by_day, profile=_usual("water", "flow_l_s", 10, 1)) == []


# -- Company ----------------------------------------------------------------------------------------------------------

STANDING: Said = {"class": "car", "lane": "traffic", "in_queue": "no", "speed_kmh": 0}


@pytest.mark.parametrize(
    ("kind", "stream", "every", "needed", "near_m", "seconds", "said", "otherwise"),
    [
        ("congestion_spreading", "detector", 60, 5, 800, 60, {"speed_kmh": 8, "flow_veh_h": 500}, {"speed_kmh": 40}),
        ("multi_vehicle_stop_cluster", "track", 1, 3, 30, 20, STANDING, {"in_queue": "yes"}),
        ("odour_cluster", "report", 60, 4, 600, 60, {"about": "odour"}, {"about": "noise"}),
        ("outage_cluster", "meter", 60, 5, 400, 60, {"power": "off"}, {"power": "on"}),
        ("citizen_report_cluster", "report", 60, 3, 100, 60, {"about": "danger"}, {"about": "waste"}),
    ],
)
def test_several_in_one_place(
    kind: str, stream: str, every: float, needed: int, near_m: float, seconds: float, said: Said, otherwise: Said
) -> None:
    together = Tale(stream, every).say(said, seconds, sources=needed, apart_m=near_m / needed)
    one = only(told(kind, together))
    assert one.what is What.RAISED and one.alert.kind == kind
    too_few = Tale(stream, every).say(said, seconds, sources=needed - 1, apart_m=near_m / needed)
    far_apart = Tale(stream, every).say(said, seconds, sources=needed, apart_m=20 * near_m)
    of_another_kind = Tale(stream, every).say({**said, **otherwise}, seconds, sources=needed, apart_m=near_m / needed)
    again_and_again = Tale(stream, every).say(said, 20 * seconds)
    for tale in (too_few, far_apart, of_another_kind, again_and_again):
        assert told(kind, tale) == []
    over_days = Tale(stream, every)
    for source in range(needed):
        over_days.one(said, source=source, x_m=source * near_m / needed)
        over_days.wait(86_400)
    assert told(kind, over_days) == [], "the same place, on different days"


def test_two_places_are_two_alerts_and_five_hundred_reports_of_one_place_are_one() -> None:
    tale = Tale("report", 60)
    for source in range(500):
        tale.one({"about": "flood"}, source=source, x_m=source % 10, after=source * 0.5)
    assert len(raised(told("citizen_report_cluster", tale))) == 1
    for source in range(500, 510):
        tale.one({"about": "flood"}, source=source, x_m=50_000 + source % 10, after=source * 0.5)
    assert len(raised(told("citizen_report_cluster", tale))) == 2


# -- Order ------------------------------------------------------------------------------------------------------------


def test_a_crash_is_hard_braking_then_standing_still() -> None:
    driving, braking = {**STANDING, "speed_kmh": 50, "decel_m_s2": 0.5}, {**STANDING, "speed_kmh": 20, "decel_m_s2": 12}
    still, walking = {**STANDING, "decel_m_s2": 0}, {**STANDING, "speed_kmh": 8, "decel_m_s2": 0}
    crash = Tale("track", 1).say(driving, 10).say(braking, 1).say(still, 30)
    assert 15 <= seconds_in(crash, only(told("crash_suspected", crash))) <= 17
    stays = told("crash_suspected", crash.say(still, 600))
    assert cleared(stays) == [], "it has not moved"
    assert len(cleared(told("crash_suspected", crash.say(driving, 5)))) == 1
    soft = Tale("track", 1).say(driving, 10).say({**braking, "decel_m_s2": 5}, 1).say(still, 30)
    goes_on = Tale("track", 1).say(driving, 10).say(braking, 1).say(still, 3).say(driving, 30)
    parks_later = Tale("track", 1).say(driving, 10).say(braking, 1).say(walking, 15).say(still, 30)
    queue = Tale("track", 1).say(driving, 10).say(still, 60)
    for tale in (soft, goes_on, parks_later, queue):
        assert told("crash_suspected", tale) == []
    # Another car braked.
    other = Tale("track", 1)
    other.one({**braking}, source=1)
    assert told("crash_suspected", other.say(still, 30)) == []


def test_a_red_light_is_run_by_whoever_passes_the_line_late_and_goes_on() -> None:
    def car(at: str, red: float, **more: str) -> Said:
        return {"class": "car", "at": at, "red_seconds": red, **more}

    def drive(*steps: Said) -> list[Change]:
        tale = Tale("track", 1)
        for step in steps:
            tale.say(step, 1)
        return told("red_light_running", tale)

    assert only(drive(car("before", 0), car("line", 1.2), car("inside", 2.2), car("exit", 4))).alert.source == "track-0"
    assert drive(car("before", 0), car("line", 0.3), car("inside", 1.3), car("exit", 3)) == [], "too short into red"
    assert drive(car("line", 1.2), car("line", 2.2), car("line", 9), car("inside", 0)) == [], (
        "it stopped after the line"
    )
    ambulance = [car(at, 3, **{"class": "emergency"}) for at in ("line", "inside", "exit")]
    assert drive(*ambulance) == []
    waits = Tale("track", 1).say(car("line", 2), 1).say(car("inside", 0), 40).say(car("exit", 0), 1)
    assert told("red_light_running", waits) == [], "it left with the next green"


def test_priority_that_is_asked_for_and_not_given() -> None:
    asks: Said = {"state": "requested", "siren": "yes"}
    gets: Said = {"state": "granted", "siren": "yes"}
    refused = Tale("priority", 5).say(asks, 30)
    assert seconds_in(refused, only(told("ev_priority_not_given", refused))) == 15
    assert len(cleared(told("ev_priority_not_given", refused.say(gets, 5)))) == 1
    quick = Tale("priority", 5).say(asks, 10).say(gets, 60)
    off_duty = Tale("priority", 5).say({**asks, "siren": "no"}, 60)
    assert told("ev_priority_not_given", quick) == told("ev_priority_not_given", off_duty) == []


# -- Place ------------------------------------------------------------------------------------------------------------

SQUARE = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))


def _town(kind: str) -> Places:
    return Places(
        (Zone("here", kind, SQUARE, heading_deg=90.0),), (Line("middle", "solid_line", (50.0, 0.0), (50.0, 100.0)),)
    )


def _moving(said: Said, places_m: list[float], every: float = 1, stream: str = "track", y_m: float = 50.0) -> Tale:
    tale = Tale(stream, every)
    for x_m in places_m:
        tale.one(said, x_m=x_m, y_m=y_m)
        tale.wait(every)
    return tale


def test_the_wrong_way() -> None:
    town, steps = _town("one_way"), [80.0 - 2 * step for step in range(12)]
    against: Said = {"class": "car", "heading_deg": 268, "speed_kmh": 30}
    tale = _moving(against, steps, every=0.5)
    assert seconds_in(tale, only(told("wrong_way_vehicle", tale, town))) == 1.5
    right = _moving({**against, "heading_deg": 95}, steps, every=0.5)
    across = _moving({**against, "heading_deg": 180}, steps, every=0.5)
    backing = _moving({**against, "speed_kmh": 5}, steps, every=0.5)
    elsewhere = _moving(against, [x + 500 for x in steps], every=0.5)
    moment = _moving(against, steps[:3], every=0.5)
    for other in (right, across, backing, elsewhere, moment):
        assert told("wrong_way_vehicle", other, town) == []
    assert told("wrong_way_vehicle", tale) == [], "without lanes nobody can tell"


def test_a_solid_line() -> None:
    town = _town("none")
    car: Said = {"class": "car", "speed_kmh": 40}
    assert only(told("solid_line_crossing", _moving(car, [30, 41, 52, 63]), town))
    assert only(told("solid_line_crossing", _moving(car, [63, 52, 41]), town)), "from either side"
    assert told("solid_line_crossing", _moving(car, [30, 35, 40, 45]), town) == [], "along it"
    assert told("solid_line_crossing", _moving(car, [30, 41, 52], y_m=150), town) == [], "past its end"
    assert told("solid_line_crossing", _moving({"class": "bicycle", "speed_kmh": 15}, [41, 52]), town) == []
    lost = Tale("track", 1)
    lost.one(car, x_m=30, y_m=50)
    lost.wait(15).one(car, x_m=80, y_m=50)
    assert told("solid_line_crossing", lost, town) == [], "nobody saw where it crossed"


@pytest.mark.parametrize(
    ("kind", "zone", "said", "lasts", "otherwise"),
    [
        ("truck_in_banned_zone", "no_lorries", {"class": "truck", "over_weight": "yes"}, 5,
         [{"class": "car"}, {"over_weight": "no"}]),
        ("expired_permit_zone_entry", "permit_zone", {"class": "car", "permit": "no"}, 10,
         [{"permit": "yes"}, {"permit": "unknown"}, {"class": "bicycle"}]),
    ],
)  # fmt: skip
def test_in_a_zone_where_it_may_not_be(kind: str, zone: str, said: Said, lasts: int, otherwise: list[Said]) -> None:
    inside, past = [float(x) for x in range(20, 90)], [-30.0 + x for x in range(25)]
    tale = _moving(said, inside)
    assert seconds_in(tale, only(told(kind, tale, _town(zone)))) == lasts
    assert len(cleared(told(kind, _moving(said, [*inside, 150, 160]), _town(zone)))) == 1
    assert told(kind, _moving(said, past), _town(zone)) == told(kind, _moving(said, inside), _town("other")) == []
    assert told(kind, _moving(said, inside[:lasts]), _town(zone)) == [], "it left at once"
    for other in otherwise:
        assert told(kind, _moving({**said, **other}, inside), _town(zone)) == []


def test_out_of_the_area_of_service() -> None:
    leaves = _moving({"state": "driving"}, [60, 80, *(120 + 5 * step for step in range(12))], 2, "robotaxi")
    assert seconds_in(leaves, only(told("geofence_exit", leaves, _town("service_area")))) == 14
    back = _moving({"state": "driving"}, [60, 80, 120, 125, 130, 90, 60], 2, "robotaxi")
    unknown = _moving({"state": "driving"}, [float("nan")] * 20, 2, "robotaxi")
    assert (
        told("geofence_exit", back, _town("service_area"))
        == told("geofence_exit", unknown, _town("service_area"))
        == []
    )


def _two_cars(gap_m: float, kmh: float, seconds: int) -> Tale:
    tale = Tale("track", 1)
    for step in range(seconds):
        for source, ahead in ((0, 0.0), (1, gap_m)):
            said: Said = {"class": "car", "speed_kmh": kmh, "heading_deg": 90}
            tale.one(said, source=source, x_m=step * 2.0 + ahead, y_m=50.0)
        tale.wait(1)
    return tale


def test_too_close_to_the_car_ahead() -> None:
    close = _two_cars(20, 100, 20)
    one = only(told("tailgating", close, _town("motorway_lane")))
    assert one.alert.source == "track-0" and seconds_in(close, one) == 5
    for other in (_two_cars(45, 100, 20), _two_cars(10, 50, 20), _two_cars(20, 100, 4)):
        assert told("tailgating", other, _town("motorway_lane")) == []


# -- Nothing changes; nothing is heard --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "stream", "every", "same", "other", "lasts"),
    [
        ("signal_stuck_phase", "signal", 30, {"lamps": "working", "phase": "north"},
         {"lamps": "working", "phase": "east"}, 300),
        ("parking_sensor_fault", "parking", 1800, {"bay": "taken"}, {"bay": "free"}, 48 * HOUR),
        ("parcel_stuck", "parcel", 7200, {"state": "sorting"}, {"state": "on_the_way"}, 24 * HOUR),
    ],
)  # fmt: skip
def test_what_stays_as_it_is_for_too_long(
    kind: str, stream: str, every: float, same: Said, other: Said, lasts: float
) -> None:
    stuck = Tale(stream, every).say(other, 2 * every).say(same, lasts + 3 * every)
    assert seconds_in(stuck, only(told(kind, stuck))) == 2 * every + lasts
    assert len(cleared(told(kind, stuck.say(other, every)))) == 1
    lively = Tale(stream, every)
    for _turn in range(4):
        lively.say(same, lasts - every).say(other, every)
    assert told(kind, lively) == []


def test_dark_lights_and_delivered_parcels_are_not_stuck() -> None:
    assert told("signal_stuck_phase", Tale("signal", 30).say({"lamps": "flashing", "phase": "north"}, HOUR)) == []
    assert told("parcel_stuck", Tale("parcel", 7200).say({"state": "delivered"}, 60 * HOUR)) == []


@pytest.mark.parametrize(
    ("kind", "stream", "every", "said", "lasts"),
    [
        ("detector_dead", "detector", 60, {"flow_veh_h": 300}, 300),
        ("camera_offline", "scene", 10, {"visibility_m": 900}, 120),
        ("data_feed_stale", "feed", 60, {"lag_seconds": 1}, 240),
    ],
)
def test_silence(kind: str, stream: str, every: float, said: Said, lasts: float) -> None:
    dead = Tale(stream, every).say(said, 10 * every)
    last = 9 * every
    dead.wait(lasts + 3 * every)
    assert seconds_in(dead, only(told(kind, dead))) == last + lasts
    assert len(cleared(told(kind, dead.say(said, every)))) == 1, "it speaks again"
    pause = Tale(stream, every).say(said, 10 * every).wait(lasts - 2 * every).say(said, 5 * every)
    assert told(kind, pause) == []


def test_one_cabinet_cut_off_is_three_devices_of_it() -> None:
    def cabinets(*on: str) -> Tale:
        tale = Tale("device", 60)
        for _minute in range(5):
            for number, cabinet in enumerate(on):
                tale.one({"class": "controller", "state": "ok"}, source=number, on=cabinet)
            tale.wait(60)
        return tale.wait(600)

    one = only(told("comms_loss_cluster", cabinets("K1", "K1", "K1")))
    assert one.alert.agreeing == 3 and one.alert.on == "K1"
    assert told("comms_loss_cluster", cabinets("K1", "K1", "K2")) == []


# -- Means and trends -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "stream", "every", "field", "good", "bad", "window", "hour"),
    [
        ("pm25_exceeds", "air", 600, "pm25_ug_m3", 12, 120, HOUR, 12),
        ("no2_exceeds", "air", 600, "no2_ug_m3", 40, 400, HOUR, 12),
        ("noise_night_exceeds", "noise", 60, "level_db", 45, 80, 900, 23),
        ("voltage_out_of_band", "feeder", 60, "voltage_v", 230, 190, 600, 12),
        ("voltage_too_high", "feeder", 60, "voltage_v", 230, 265, 600, 12),
    ],
)
def test_means(
    kind: str, stream: str, every: float, field: str, good: float, bad: float, window: float, hour: int
) -> None:
    start = NOON.replace(hour=hour)
    long = (
        Tale(stream, every, start)
        .say({field: good}, window)
        .say({field: bad}, 2.5 * window)
        .say({field: good}, 3 * window)
    )
    changes = told(kind, long)
    assert window < seconds_in(long, only(changes)) < 3.5 * window and len(cleared(changes)) == 1
    peak = Tale(stream, every, start).say({field: good}, window).say({field: bad}, every).say({field: good}, window)
    assert told(kind, peak) == [], "one peak is not the mean"
    assert told(kind, Tale(stream, every, start).say({field: good}, 3 * window)) == []
    if kind.startswith("noise"):
        by_day = Tale(stream, every, NOON).say({field: bad}, 3 * window)
        assert told(kind, by_day) == []


@pytest.mark.parametrize(
    ("metre_at", "expected"),
    [
        (lambda hours: 2 + 0.9 * hours, True),
        (lambda hours: 2 + 0.1 * hours, False),
        (lambda hours: 3.4 - 0.5 * hours, False),
        (lambda hours: 1.0, False),
    ],
)
def test_the_river(metre_at: Callable[[float], float], expected: bool) -> None:
    tale = Tale("water", 60)
    for step in range(150):
        tale.say({"river_m": metre_at(step * 60 / HOUR)}, 60)
    changes = raised(told("river_level_forecast", tale))
    assert bool(changes) is expected
    if expected:
        level = changes[0].alert.evidence[-1].values["river_m"]
        assert isinstance(level, float) and level < 4, "said before it has happened"
