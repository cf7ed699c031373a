"""`./bocage alerts`, as a person and a program call it."""

import json
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from bocage.engines.alerts import shipped
from bocage.services.city import commands

OWN = """
[slow_road]
title = { en = "Slow", fr = "Lent" }
says = { en = "Under 30 km/h for a minute.", fr = "Sous 30 km/h depuis une minute." }
action = { en = "Look.", fr = "Regarder." }
stream = "detector"
owner = "traffic_control"
when = ["speed_kmh < 30"]
for_seconds = 60
"""


def call(*arguments: str | Path, code: int = 0) -> Result:
    app = typer.Typer()
    commands.register(app)
    result = CliRunner(env={"COLUMNS": "240"}).invoke(app, ["alerts", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def said(*arguments: str | Path) -> Any:
    return json.loads(call(*arguments, "--json").stdout)


def day(tmp_path: Path) -> Path:
    """A detector that is fast, slow for ten minutes, and fast again; the last record is of a light."""
    lines = [
        {"at": 1_795_000_000 + 60 * minute, "stream": "detector", "id": "D14", "on": "Quai Sud",
         "speed_kmh": 12 if 10 <= minute < 20 else 45, "flow_veh_h": 800}
        for minute in range(40)
    ]  # fmt: skip
    lines.append({"at": 1_795_002_400, "stream": "signal", "id": "S3", "conflict": True})
    file = tmp_path / "yesterday.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def test_the_list_has_every_kind_in_plain_words() -> None:
    listed = said("list")
    assert listed["count"] == len(listed["kinds"]) == len(shipped()) >= 116
    kind = next(each for each in listed["kinds"] if each["name"] == "congestion_onset")
    assert kind["when"] == ["speed_kmh < 20", "flow_veh_h > 100"] and set(kind["says"]) == {"en", "fr"}
    text = call("list", "--language", "fr").stdout
    assert "Début de congestion" in text and f"{len(shipped())} kinds" in text


def test_a_dry_run_names_each_alert_with_its_reason(tmp_path: Path) -> None:
    found = said("run", day(tmp_path))
    assert found["records"] == 41 and found["by_kind"] == {"congestion_onset": 1, "conflicting_greens": 1}
    first, second, third = found["changes"]
    assert [first["what"], second["what"], third["what"]] == ["raised", "cleared", "raised"]
    assert first["reason"]["en"] == "speed 12 km/h < 20 and flow 800 veh/h > 100 for 180 s at D14"
    assert first["evidence_records"] > 0 and second["id"] == first["id"]
    assert "speed 12 km/h < 20" in " ".join(call("run", day(tmp_path)).stdout.split())


def test_own_kinds_replace_or_stand_alone(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(OWN)
    assert said("check", own) == {"kinds": ["slow_road"], "replaces": []}
    assert said("run", day(tmp_path), "--rules", own)["by_kind"]["slow_road"] == 1
    assert said("run", day(tmp_path), "--rules", own, "--only")["by_kind"] == {"slow_road": 1}
    own.write_text(OWN.replace("slow_road", "congestion_onset"))
    assert said("check", own)["replaces"] == ["congestion_onset"]


def test_what_is_usual_is_learnt_from_an_earlier_stream(tmp_path: Path) -> None:
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    heading = "at,stream,id,flow_veh_h\n"
    start = 1_795_003_200  # 08:00 on a Wednesday, in UTC
    before.write_text(heading + "".join(f"{start - 86_400 + 60 * m},detector,D1,{300 + m % 7}\n" for m in range(60)))
    after.write_text(heading + "".join(f"{start + 60 * m},detector,D1,900\n" for m in range(30)))
    assert said("run", after, "--usual", before)["by_kind"] == {"abnormal_demand_surge": 1}
    without = said("run", after)
    assert without["by_kind"] == {} and "abnormal_demand_surge" in without["not_judged"]


def test_what_is_wrong_is_said_in_one_line(tmp_path: Path) -> None:
    own, stream = tmp_path / "own.toml", day(tmp_path)
    own.write_text(OWN.replace("speed_kmh", "speed_mph"))
    for arguments, text in (
        (("check", own), "own.toml:8: slow_road.when[0]: the stream detector has no speed_mph"),
        (("run", stream, "--rules", own), "own.toml:8"),
        (("run", own), "own.toml:2: is not JSON"),
        (("run", tmp_path / "none"), "No such file"),
        (("run", stream, "--zone", "Mars/Olympus"), "there is no time zone"),
        (("run", stream, "--only"), "needs --rules"),
        (("list", "--language", "xx"), "neither en nor fr"),
    ):
        result = call(*arguments, code=2)
        assert text in result.stderr and result.stderr.count("\n") == 1 and result.stdout == ""
