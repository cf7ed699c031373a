"""Tracks and loops written by hand, with what a person would say of them; and one run in SUMO."""

import importlib.util
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bocage.engines.incidents import (
    Alarm,
    California,
    IncidentsError,
    LaneDetector,
    Loops,
    Road,
    StandardNormalDeviate,
    TrackDetector,
    Tracks,
)
from bocage.engines.incidents.commands import incidents, seeds_of
from bocage.engines.incidents.laboratory import playing
from bocage.engines.incidents.measuring import Tally, wilson

ROAD = Road(8_000, 3, merges=((-1, 5_000, 5_250),))
METRES = np.arange(500, 8_000, 500, dtype=np.float64)


def told(moments: list[list[tuple[int, float, int, float]]]) -> list[Alarm]:
    """Alarms of moments a second apart, each a list of vehicle, metres, lane, speed."""
    detector, found = TrackDetector(ROAD), []
    for second, rows in enumerate(moments):
        columns = np.array(rows, dtype=np.float64).reshape(-1, 4)
        found += detector.step(
            Tracks(second, columns[:, 0].astype(int), columns[:, 1], columns[:, 2].astype(int), columns[:, 3])
        )
    return found


def passing(second: int, lane: int) -> tuple[int, float, int, float]:
    return 100 + lane, 10 + 30.0 * second, lane, 30.0


def test_a_vehicle_that_stops_on_a_free_road_is_told_once_within_twenty_seconds() -> None:
    moments = [[(1, 1_000 + 30.0 * min(t, 5), 1, 30.0 if t < 5 else 0.0), passing(t, 0)] for t in range(60)]
    (alarm,) = told(moments)
    assert (alarm.kind, alarm.lane) == ("stopped_vehicle", 1)
    assert alarm.metres == pytest.approx(1_150)
    assert alarm.seconds - 5 <= 20


def test_a_queue_is_no_incident_but_has_a_tail() -> None:
    """Forty vehicles stand behind one another; their head is at the end of what can be seen and moves slowly."""
    standing = [(each, 4_000 - 8.0 * each, 0, 0.2) for each in range(1, 40)]
    # The head creeps on and is within 40 m of the next one for 16 s: nobody stands with free road for long.
    found = told([[*standing, (0, 4_000 + 2.0 * t, 0, 2.0)] for t in range(24)])
    assert [alarm.kind for alarm in found] == ["queue_tail"]
    assert found[0].metres == pytest.approx(4_000 - 8 * 39)


def test_the_queue_of_a_known_incident_is_not_a_new_one_and_a_second_incident_beyond_it_is() -> None:
    moments = []
    for t in range(120):
        rows = [(1, 3_000.0, 1, 0.0 if t > 2 else 20.0)]
        rows += [(10 + each, 3_000 - 60.0 * each, 1, 0.0) for each in range(1, 10) if t > 10 * each]
        rows += [(50, 7_000.0, 2, 0.0 if t > 60 else 25.0)]
        moments.append(rows)
    found = [alarm for alarm in told(moments) if alarm.kind != "queue_tail"]
    assert [(alarm.kind, round(alarm.metres)) for alarm in found] == [
        ("stopped_vehicle", 3_000),
        ("stopped_vehicle", 7_000),
    ]


def test_what_was_never_seen_to_move_is_debris_and_who_waits_to_merge_is_nothing() -> None:
    moments = [[(7, 2_000.0, 2, 0.0), (8, 5_200.0, -1, 0.0), passing(t, 0)] for t in range(40)]
    (alarm,) = told(moments)
    assert (alarm.kind, alarm.metres, alarm.lane) == ("debris", 2_000.0, 2)


def test_against_the_road_is_told_in_two_seconds_and_once_a_vehicle() -> None:
    moments = [[(3, 6_000 - 25.0 * t, 2, -25.0), passing(t, 0)] for t in range(30)]
    (alarm,) = told(moments)
    assert alarm.kind == "wrong_way"
    assert alarm.seconds <= 2
    assert "90 km/h" in alarm.reason


def test_one_second_against_the_road_is_noise() -> None:
    assert told([[(3, 1_000.0, 2, -4.0 if t == 5 else 20.0)] for t in range(12)]) == []


@given(st.lists(st.floats(4, 40), min_size=2, max_size=30), st.integers(0, 2**31))
def test_traffic_that_moves_raises_no_alarm(speeds: list[float], seed: int) -> None:
    dice = np.random.default_rng(seed)
    begin, lane = dice.uniform(0, 8_000, len(speeds)), dice.integers(0, 3, len(speeds))
    moments = [
        [(who, begin[who] + speed * t, int(lane[who]), speed) for who, speed in enumerate(speeds)] for t in range(25)
    ]
    assert told(moments) == []


def test_more_tracks_than_there_was_room_for_keep_their_history() -> None:
    moments = []
    for t in range(40):
        rows = [(0, 1_000.0, 1, 0.0 if t > 3 else 20.0)]
        rows += [(1 + 100 * t + each, 2_000.0 + 30 * each, 2, 25.0) for each in range(100)]
        moments.append(rows)
    assert [alarm.kind for alarm in told(moments)] == ["stopped_vehicle"]


def test_tracks_that_make_no_sense_are_refused() -> None:
    detector = TrackDetector(ROAD)
    one, two = np.zeros(1), np.zeros(2)
    with pytest.raises(IncidentsError, match="columns of"):
        detector.step(Tracks(1.0, np.zeros(1, dtype=int), two, np.zeros(1, dtype=int), one))
    with pytest.raises(IncidentsError, match="not a number"):
        detector.step(Tracks(1.0, np.zeros(1, dtype=int), one + math.nan, np.zeros(1, dtype=int), one))
    with pytest.raises(IncidentsError, match="stands there twice"):
        detector.step(Tracks(1.0, np.zeros(2, dtype=int), two, np.zeros(2, dtype=int), two))
    detector.step(Tracks(2.0, np.zeros(1, dtype=int), one, np.zeros(1, dtype=int), one + 9))
    with pytest.raises(IncidentsError, match="come after"):
        detector.step(Tracks(2.0, np.zeros(1, dtype=int), one, np.zeros(1, dtype=int), one + 9))


def free_flow(seed: int, steps: int, vehicles: float = 30.0) -> list[Loops]:
    """What arrives is the same at every station, as on a road without ramps; lanes are drawn anew at each."""
    dice = np.random.default_rng(seed)
    made = []
    for total in dice.poisson(vehicles, steps):
        volume = dice.multinomial(total, [0.3, 0.33, 0.37], len(METRES)).astype(float)
        made.append(Loops(volume, np.clip(volume * 0.006, 0, 1), np.full(volume.shape, 28.0)))
    return made


@pytest.mark.parametrize(("vehicles", "half_minutes"), [(12.0, 6), (30.0, 4)])
def test_a_lane_that_empties_downstream_is_found(vehicles: float, half_minutes: int) -> None:
    """Of twenty roads, each of fifteen stations and twenty minutes without incident and then fifteen with one."""
    dice = np.random.default_rng(4)
    delays, false = [], 0
    for seed in range(20):
        detector = LaneDetector(METRES)
        for step, loops in enumerate(free_flow(seed, 70, vehicles)):
            if step >= 40:
                loops.volume[9, 1] = dice.binomial(int(loops.volume[9, 1]), 0.1)
                loops.volume[10, 1] = dice.binomial(int(loops.volume[10, 1]), 0.4)
            alarms = detector.step(30.0 * step, loops)
            hits = [alarm for alarm in alarms if step >= 40 and abs(alarm.metres - 4_750) <= 500]
            false += len(alarms) - len(hits)
            if hits:
                delays.append(step - 39)
                break
    assert len(delays) >= 16
    assert np.median(delays) <= half_minutes
    assert false <= 5


def test_lower_demand_and_a_silent_station_are_no_incidents() -> None:
    detector, found = LaneDetector(METRES), []
    for step, loops in enumerate(free_flow(1, 60, 30.0)[:40] + free_flow(2, 60, 12.0)):
        if step > 50:
            loops.volume[7] = loops.occupancy[7] = loops.speed[7] = np.nan
        found += detector.step(30.0 * step, loops)
    assert len(found) <= 1  # fifteen stations for fifty minutes


def test_california_wants_heavy_before_light_twice_and_snd_a_jump_twice() -> None:
    def loops(up: float, down: float) -> Loops:
        occupancy = np.full((2, 3), 0.0)
        occupancy[0], occupancy[1] = up, down
        return Loops(np.ones((2, 3)), occupancy, np.full((2, 3), 20.0))

    pair = METRES[:2]
    california = California(pair, waves=False)
    assert [len(california.step(t, loops(0.35, 0.05))) for t in range(3)] == [0, 1, 0]
    california = California(pair, waves=False)
    assert [len(california.step(t, loops(*each))) for t, each in enumerate([(0.35, 0.05), (0.1, 0.1)] * 2)] == [0] * 4
    waves = California(pair, waves=True)
    assert sum(len(waves.step(t, loops(0.1, 0.1 if t < 2 else 0.35))) for t in range(5)) == 0
    assert [len(waves.step(5 + t, loops(0.35, 0.05))) for t in range(3)] == [0, 0, 0]
    snd = StandardNormalDeviate(pair)
    quiet = [len(snd.step(t, loops(0.1, 0.1))) for t in range(12)]
    assert quiet == [0] * 12
    assert [len(snd.step(12 + t, loops(0.3, 0.1))) for t in range(2)] == [0, 1]


def test_readings_that_make_no_sense_are_refused() -> None:
    loops = free_flow(1, 1)[0]
    loops.occupancy[3, 1] = 7.0
    with pytest.raises(IncidentsError, match="occupancy: a reading is not between 0 and 1"):
        LaneDetector(METRES).step(30, loops)
    with pytest.raises(IncidentsError, match="for 3 stations"):
        LaneDetector(METRES[:3]).step(30, free_flow(1, 1)[0])


@dataclass(frozen=True)
class Crash:
    metres: float
    began_seconds: float
    ended_seconds: float


def alarm_at(seconds: float, metres: float) -> Alarm:
    return Alarm(seconds, "stopped_vehicle", metres, 1, "seen")


def test_scores_count_what_belongs_once_and_the_rest_as_false() -> None:
    tally = Tally()
    early, here, again, far = alarm_at(90, 4_000), alarm_at(160, 4_000), alarm_at(200, 3_000), alarm_at(210, 7_500)
    tally.add([Crash(4_000, 100, 700)], [early, here, again, far], 15 * 3_600)
    # Too late to have found it, yet no false one.
    tally.add([Crash(2_000, 100, 700)], [alarm_at(800, 2_000)], 15 * 3_600)
    score = tally.score()
    assert (score.incidents, score.found, score.alarms, score.false_alarms) == (2, 1, 5, 2)
    assert score.mean_seconds == 60
    assert score.false_a_station_day == pytest.approx(2 * 86_400 / (30 * 3_600), abs=0.001)


def test_wilson_is_the_textbooks() -> None:
    assert wilson(73, 73)[0] == pytest.approx(0.95, abs=0.001)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=0.0002)


def test_seeds_are_read_or_refused() -> None:
    assert seeds_of("3-5") == range(3, 6)
    assert seeds_of("4") == range(4, 5)
    for wrong in ("5-3", "a", "1-9999", "", "-1"):
        with pytest.raises(IncidentsError, match="seeds"):
            seeds_of(wrong)
    answer = CliRunner().invoke(incidents, ["evaluate", "--seeds", "5-3"])
    assert answer.exit_code == 2


@pytest.mark.heavy
def test_a_run_in_sumo_is_scored_and_kept(tmp_path: Path) -> None:
    pytest.importorskip("libsumo", reason="needs ./bocage extras add city")
    first, second = (
        CliRunner().invoke(incidents, ["evaluate", "--seeds", "900", "--runs", str(tmp_path), "--json"])
        for _ in range(2)
    )
    assert first.exit_code == 0, first.output
    scores = json.loads(first.stdout)["scores"]
    assert scores == json.loads(second.stdout)["scores"]
    assert scores["tracks"]["incidents"] == 4
    assert scores["tracks"]["detection_rate"] >= 0.75
    assert len(list(tmp_path.glob("*.npz"))) == 4


@pytest.mark.parametrize(
    ("kept", "says"), [({"rows": np.zeros(1)}, "in format 0"), ({"format": 99}, "in format 99"), (None, "no kept run")]
)
def test_a_run_kept_by_another_version_is_named_and_not_read(
    kept: dict[str, object] | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: True)
    file = tmp_path / "calm-1.npz"
    if kept is None:
        file.write_bytes(b"PK nothing")
    else:
        np.savez(file, **kept)  # type: ignore[arg-type]
    with pytest.raises(IncidentsError, match=f"calm-1.npz: .*{says}"):
        playing.play(tmp_path, "calm", 1)  # type: ignore[arg-type]
