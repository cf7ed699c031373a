"""Infractions, from their plain definitions: who breaks the rule is suggested once, who does not never is."""

from collections.abc import Callable

import pytest

from bocage.engines.video import Infractions, Suggestion, TrackState, VideoError
from bocage.engines.video.tests.streets import state, street
from bocage.engines.video.types import Light

Moment = Callable[[float], list[TrackState]]


def green(_: float) -> Light:
    return "green"


def watched(
    moment: Moment, seconds: float, light: Callable[[float], Light | None] = green, fps: int = 10
) -> list[Suggestion]:
    """So many frames a second of tracks, and what is suggested."""
    watching, found = Infractions(street()), []
    for frame in range(round(seconds * fps)):
        now = frame / fps
        known = light(now)
        found += watching.step(frame, now, moment(now), {"K1": known} if known else {})
    return found


def passing(speed: float, begin: float = 5.0, x: float = 1.7, **more: object) -> Moment:
    return lambda now: [state(7, (x, begin + speed * now), (0.0, speed), **more)]  # type: ignore[arg-type]


def kinds(found: list[Suggestion]) -> list[str]:
    return sorted(each.kind for each in found)


def red_from(second: float) -> Callable[[float], Light]:
    return lambda now: "red" if now >= second else "green"


def test_red_light_needs_the_rear_over_the_line_half_a_second_into_red_and_the_exit() -> None:
    # At 10 m/s from 5 m on, the rear (2 m behind) is over the line at 30 m after 2.7 s, the front at 45 m after 3.8 s.
    [found] = watched(passing(10), 6, red_from(1.0))
    assert (found.kind, found.track, found.place) == ("red_light", 7, "north")
    assert found.sums["red_for_seconds"] == pytest.approx(1.7, abs=0.01)
    assert (found.from_frame, found.to_frame) == (27, 38)


@pytest.mark.parametrize(
    ("moment", "light"),
    [
        (passing(10), red_from(2.4)),  # 0.3 s into red
        (passing(10), red_from(3.0)),  # after it
        (passing(10), lambda now: "amber" if now < 2.9 else "red"),
        (passing(10), lambda _: None),  # nobody knows the light
        (passing(10, sigma=3.0), red_from(2.0)),  # 0.7 s into red, with a rear known to 3 m
        (lambda now: [state(7, (1.7, min(5 + 10 * now, 27.5)), (0.0, 0.0 if now > 2.2 else 10.0))], red_from(1.0)),
        (lambda now: [state(7, (1.7, min(5 + 10 * now, 36.0)), (0.0, 0.0 if now > 3.1 else 10.0))], red_from(1.0)),
    ],
    ids=["early red", "later red", "amber", "unknown", "unsure", "stops before it", "stops before the exit"],
)
def test_no_red_light(moment: Moment, light: Callable[[float], Light | None]) -> None:
    assert watched(moment, 6, light) == []


def test_front_over_the_line_at_red_and_gone_at_green_is_none() -> None:
    def moment(now: float) -> list[TrackState]:
        y = 5 + 10 * now if now < 2.4 else 29.0 if now < 8 else 29 + 10 * (now - 8)
        return [state(7, (1.7, y), (0.0, 0.0 if 2.4 <= now < 8 else 10.0))]

    assert watched(moment, 11, lambda now: "red" if now < 7.5 else "green") == []


@pytest.mark.parametrize(
    ("moment", "seconds", "expected"),
    [
        (lambda now: [state(1, (-1.7, 10 + 8 * now), (0.0, 8.0))], 3.0, ["wrong_way"]),
        (lambda now: [state(1, (-1.7, 10 + 8 * now), (0.0, 8.0))], 1.4, []),  # too short
        (lambda now: [state(1, (-1.7, 60 - 8 * now), (0.0, -8.0))], 3.0, []),  # the right way
        (lambda now: [state(1, (1.7, 40 - 1.5 * now), (0.0, -1.5))], 5.0, []),  # reverses slowly
        (lambda now: [state(1, (-1.7, 10 + 8 * now), (0.0, 8.0), kind="person")], 3.0, []),
        # Overtakes for a second, twice.
        (lambda now: [state(1, (-1.7 if now % 2 < 1 else 1.7, 5 + 8 * now), (0.0, 8.0))], 5.0, []),
    ],
    ids=["against", "short", "right", "reverses", "walks", "overtakes"],
)
def test_wrong_way(moment: Moment, seconds: float, expected: list[str]) -> None:
    assert kinds(watched(moment, seconds)) == expected


@pytest.mark.parametrize(
    ("kmh", "sigma", "expected"),
    [(72, 0.2, ["speeding"]), (48, 0.1, []), (52, 0.5, []), (72, 4.0, [])],
    ids=["fast", "below", "within the error", "nobody knows"],
)
def test_speed_is_flagged_only_when_its_lower_bound_is_over_the_limit(
    kmh: float, sigma: float, expected: list[str]
) -> None:
    found = watched(passing(kmh / 3.6, sigma=sigma), 3)
    assert kinds(found) == expected
    for each in found:
        assert each.sums["speed_kmh"] == pytest.approx(kmh, rel=1e-3)
        assert each.sums["speed_lower_bound_kmh"] > each.sums["limit_kmh"] == 50


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (passing(10, x=5.2), ["bus_lane"]),
        (passing(10, x=5.2, kind="bus"), []),
        (passing(10, x=5.2, kind="unknown"), []),
        (passing(10, x=3.6), []),  # on its marking
        (lambda now: [state(7, (1.7 if now < 1 or now > 2.2 else 5.2, 5 + 10 * now), (0.0, 10.0))], []),  # 12 m
        (lambda now: [state(7, (-5.2, 60 - 10 * now), (0.0, -10.0))], ["emergency_lane"]),
        (lambda now: [state(7, (-1.7, 60 - 10 * now), (0.0, -10.0))], []),
    ],
    ids=["car", "bus", "unknown", "marking", "crosses", "emergency", "beside"],
)
def test_reserved_lanes(moment: Moment, expected: list[str]) -> None:
    assert kinds(watched(moment, 5)) == expected


def standing(*places: tuple[float, float]) -> Moment:
    return lambda _: [state(number, at, (0.0, 0.0)) for number, at in enumerate(places, start=1)]


@pytest.mark.parametrize(
    ("moment", "seconds", "expected"),
    [
        (standing((1.7, 38)), 12, ["stop_in_junction"]),
        (standing((1.7, 38)), 9, []),
        (standing((1.7, 50)), 12, []),
        (lambda now: [state(1, (1.7, 32 + 0.5 * now), (0.0, 0.5))], 14, []),  # creeps on
        (standing((5.2, 12)), 31, ["no_stopping"]),
        (standing((5.2, 12)), 29, []),
        (standing((9.0, 12)), 32, []),
    ],
    ids=["junction", "short", "beyond", "creeps", "kerb", "dropping off", "beside the zone"],
)
def test_standing(moment: Moment, seconds: float, expected: list[str]) -> None:
    assert kinds(watched(moment, seconds, fps=2)) == expected


def test_a_queue_is_no_parking() -> None:
    queue = standing((1.7, 27), (1.7, 20), (1.7, 13))
    assert watched(queue, 40, lambda _: "red", fps=2) == []
    # At green for long, it is the first who stands in the way, not those behind it.
    [found] = watched(queue, 52, lambda _: "green", fps=2)
    assert (found.kind, found.track) == ("no_stopping", 1)


def test_each_thing_is_suggested_once_with_its_sums() -> None:
    [found] = watched(standing((5.2, 12)), 45, fps=2)
    assert found.sums == {"standing_seconds": 30.0, "allowed_seconds": 30.0}
    assert found.reason == "stood for 30 s where nobody may, in no queue"
    assert found.facts()["from_frame"] == 0


def test_frames_go_forward_and_lights_are_lights() -> None:
    watching = Infractions(street())
    watching.step(0, 0.0, [], {})
    with pytest.raises(VideoError, match="frame 0"):
        watching.step(0, 0.1, [], {})
    with pytest.raises(VideoError, match="'blue' is no light"):
        watching.step(1, 0.1, [], {"K1": "blue"})  # type: ignore[dict-item]
