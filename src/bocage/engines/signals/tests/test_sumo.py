"""A tiny town end to end in SUMO (extra `city`): four crossings, cars both ways and two ambulances."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("libsumo")
pytest.importorskip("numba")
sumo = pytest.importorskip("sumo")

ROUTES = """<routes>
  <vType id="car"/>
  <vType id="ambulance" vClass="emergency"/>
  <flow id="ew" type="car" from="left0A0" to="B0right0" begin="0" end="300" period="6" departLane="best"/>
  <flow id="ns" type="car" from="top0A1" to="A0bottom0" begin="0" end="300" period="9" departLane="best"/>
  <flow id="sn" type="car" from="bottom1B0" to="B1top1" begin="0" end="300" period="9" departLane="best"/>
  <vehicle id="A1" type="ambulance" depart="90" departLane="best"><route edges="left0A0 A0B0 B0right0"/></vehicle>
  <vehicle id="A2" type="ambulance" depart="170" departLane="best"><route edges="left0A0 A0B0 B0right0"/></vehicle>
</routes>"""


pytestmark = pytest.mark.heavy


def run(net: Path, controller: str, *more: str) -> Any:
    """One run in a process of its own: libsumo keeps one simulation."""
    command = [sys.executable, "-m", "bocage.cli", "signals", "run", str(net), "--controller", controller]
    done = subprocess.run([*command, "--end", "420", "--json", *more], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_tiny_town_from_end_to_end(tmp_path: Path) -> None:
    net, why = tmp_path / "tiny.net.xml", tmp_path / "why.jsonl"
    maker = [
        Path(sumo.SUMO_HOME) / "bin" / "netgenerate",
        "--grid",
        "--grid.number",
        "2",
        "--grid.attach-length",
        "150",
    ]
    maker += ["--grid.length", "150", "--default-junction-type", "traffic_light", "-o", net]
    subprocess.run([str(one) for one in maker], check=True, capture_output=True)
    (tmp_path / "tiny.rou.xml").write_text(ROUTES)
    fixed, ours = run(net, "fixed"), run(net, "bocage", "--why", str(why))
    assert ours["trips"] == fixed["trips"] == ours["finished"] > 100
    assert ours["delay_seconds"] < 0.7 * fixed["delay_seconds"]
    assert ours["priority_delay_seconds"]["emergency"] < 0.7 * fixed["priority_delay_seconds"]["emergency"]
    assert ours["switches"] > 10
    assert fixed["switches"] == 0
    reasons = [json.loads(line)["reason"] for line in why.read_text().splitlines()]
    assert len(reasons) == ours["switches"]
    assert any(one.startswith("emergency vehicle from the west in ") for one in reasons), reasons
    assert any("waiting from the north" in one or "coming from the north" in one for one in reasons)
