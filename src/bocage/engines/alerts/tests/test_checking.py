"""A bad rule or record is refused with its file, line and field; the shipped ones say what they must."""

from pathlib import Path

import pytest

from bocage.engines.alerts import AlertsError, merged, parse, read_places, read_stream, record_of, shipped
from bocage.engines.alerts.operators import ADDS

GOOD = """
[slow_road]
title = { en = "Slow", fr = "Lent" }
says = { en = "Under 30 km/h for a minute.", fr = "Sous 30 km/h depuis une minute." }
action = { en = "Look.", fr = "Regarder." }
stream = "detector"
owner = "traffic_control"
when = ["speed_kmh < 30"]
for_seconds = 60
"""


def test_a_good_rule_is_read() -> None:
    (rule,) = parse(GOOD, "mine.toml", "mine")
    assert (rule.name, str(rule.when[0]), rule.for_seconds) == ("slow_road", "speed_kmh < 30", 60)
    assert len(merged((rule,))) == len(shipped()) + 1


@pytest.mark.parametrize(
    ("was", "becomes", "line", "said"),
    [
        ('"speed_kmh < 30"', '"sped_kmh < 30"', 8, "slow_road.when[0]: the stream detector has no sped_kmh"),
        ('"speed_kmh < 30"', '"speed_kmh lower 30"', 8, "slow_road.when[0]: 'speed_kmh lower 30' is no comparison"),
        ('"speed_kmh < 30"', '"road < street"', 8, "slow_road.when[0]: road is a word"),
        ('"speed_kmh < 30"', '"road == avenue"', 8, "slow_road.when[0]: 'avenue' is none of motorway"),
        ('"speed_kmh < 30"', '"speed_kmh < fast"', 8, "slow_road.when[0]: 'fast' is neither a number"),
        ('["speed_kmh < 30"]', "[]", 8, "slow_road.when: says nothing"),
        ('["speed_kmh < 30"]', "3", 8, "slow_road.when: must be a list"),
        ('"detector"', '"detectors"', 6, "slow_road.stream: 'detectors' is none of detector"),
        ("= 60", "= -1", 9, "slow_road.for_seconds: -1 is not between 0"),
        ("= 60", "= true", 9, "slow_road.for_seconds: must be a number"),
        ("= 60", "= nan", 9, "slow_road.for_seconds: must be a number"),
        ("= 60", "= 1" + "0" * 400, 9, "slow_road.for_seconds: must be a number"),
        ("for_seconds", "for_minutes", 9, "slow_road.for_minutes: is no field of a rule"),
        (', fr = "Lent"', "", 3, "slow_road.title: must have a text in each of en, fr"),
        ('"traffic_control"', '"nobody"', 7, "slow_road.owner: 'nobody' is none of"),
        ("[slow_road]", "[Slow-Road]", 2, "Slow-Road: is no name"),
        ("for_seconds = 60", 'operator = "absence"', 2, "slow_road.for_seconds: an absence has a time"),
        ("for_seconds = 60", 'operator = "sequence"\nfirst = []', 2, "slow_road.within_seconds: is needed"),
        ("for_seconds = 60", 'suppressed_by = ["slow_road"]', 9, "slow_road.suppressed_by: names itself"),
        ("for_seconds = 60", "agree_min = 3", 9, "slow_road.agree_min: several sources agree"),
        ("for_seconds = 60", 'dedup = "near"', 2, "slow_road.near_m: must be above 0"),
        ("for_seconds = 60", 'operator = "zscore"\nfield = "road"', 10, "slow_road.field: road is a word"),
        ("[slow_road]", "[slow_road", 2, "is not TOML"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused_by_line_and_field(was: str, becomes: str, line: int, said: str) -> None:
    assert was in GOOD
    with pytest.raises(AlertsError) as refused:
        parse(GOOD.replace(was, becomes), "mine.toml", "mine")
    assert str(refused.value).startswith(f"mine.toml:{line}: {said}") or (
        said == "is not TOML" and said in str(refused.value)
    )


def test_a_parent_that_nobody_knows_is_refused() -> None:
    own = parse(GOOD + 'suppressed_by = ["rain_of_frogs"]\n', "mine.toml", "mine")
    with pytest.raises(AlertsError, match="there is no kind rain_of_frogs"):
        merged(own)


def test_the_shipped_kinds_use_every_operator_and_say_what_they_are() -> None:
    rules = shipped()
    assert {rule.operator for rule in rules} == set(ADDS)
    assert len({rule.name for rule in rules}) == len(rules) >= 116
    for rule in rules:
        assert rule.says["en"] != rule.says["fr"] and rule.title["en"] and rule.action["fr"]
        assert rule.evidence and rule.evidence_days > 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"at": 1, "stream": "detector"}', "id: must be a name"),
        ('{"at": "yesterday", "stream": "detector", "id": "D"}', "at: 'yesterday' is no instant"),
        ('{"at": "2026-11-27T08:00:00", "stream": "detector", "id": "D"}', "at: .* does not say its zone"),
        ('{"at": 1, "stream": "radio", "id": "D"}', "stream: 'radio' is none of"),
        ('{"at": 1, "stream": "detector", "id": "D", "speed_mph": 3}', "speed_mph: the stream detector has no such"),
        (
            '{"at": 1, "stream": "detector", "id": "D", "speed_kmh": 3000}',
            "speed_kmh: 3000 km/h is not between 0 and 300",
        ),
        ('{"at": 1, "stream": "detector", "id": "D", "speed_kmh": "fast"}', "speed_kmh: must be a number of km/h"),
        ('{"at": 1, "stream": "detector", "id": "D", "speed_kmh": NaN}', "speed_kmh: must be a number"),
        ('{"at": 1, "stream": "detector", "id": "D\\u0000"}', "id: must be a name"),
        ('{"at": 1e300, "stream": "detector", "id": "D"}', "at: 1e.300 is no instant"),
        ('{"at": 1, "stream": "detector", "id": "D", "x_m": "here"}', "x_m: must be metres"),
        ("[]", "must be an object"),
        ("{" * 3000, "is not JSON"),
        ('"' + "a" * 30_000 + '"', "the line is longer than"),
    ],
)
def test_a_bad_record_is_refused_by_line_and_field(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "day.jsonl"
    file.write_text('{"at": 0, "stream": "detector", "id": "D", "speed_kmh": 3}\n\n' + line + "\n")
    with pytest.raises(AlertsError, match=f"{file}:3: {said}"):
        list(read_stream(file))


def test_lines_and_cells_say_the_same(tmp_path: Path) -> None:
    lines, cells = tmp_path / "day.jsonl", tmp_path / "day.csv"
    lines.write_text(
        '{"at":"2026-11-27T09:00:00+01:00","stream":"signal","id":"14","conflict":true,"on_green_pct":7}\n'
    )
    cells.write_text("at,stream,id,on,conflict,on_green_pct,lamps\n2026-11-27T08:00:00Z,signal,14,,yes,7.0,\n")
    assert repr(list(read_stream(lines))) == repr(list(read_stream(cells)))
    assert record_of({"at": 0, "stream": "lamp", "id": "L", "lit": False}, "x").values == {"lit": "no"}
    cells.write_text("at,stream,id\n1,signal,14,more\n")
    with pytest.raises(AlertsError, match="2: has more cells"):
        list(read_stream(cells))
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(AlertsError, match="is not UTF-8"):
        list(read_stream(tmp_path / "bytes.jsonl"))
    with pytest.raises(AlertsError, match="No such file"):
        list(read_stream(tmp_path / "none.jsonl"))


def test_places_are_read_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "places.toml"
    file.write_text(
        '[[zone]]\nname = "Z"\nkind = "one_way"\npoints_m = [[0, 0], [9, 0], [9, 9]]\nheading_deg = 90\n'
        '[[line]]\nname = "L"\nkind = "solid_line"\npoints_m = [[0, 0], [9, 0]]\n'
    )
    found = read_places(file)
    assert found.zones_of("one_way")[0].heading_deg == 90 and found.lines_of("solid_line")[0].to_m == (9, 0)
    file.write_text('[[zone]]\nname = "Z"\nkind = "one_way"\npoints_m = [[0, 0], [9, 0], ["a", 9]]\n')
    with pytest.raises(AlertsError, match=r"zone\[0\].points_m: \['a', 9\] is no point"):
        read_places(file)
