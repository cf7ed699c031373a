"""The twin without SUMO: its lights without a planner, its journal through any crash, what it sends to a town."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.signals import Call, Limits, Observation, Request, Vehicles
from bocage.services.city.tests.crossing import crossroads, network
from bocage.services.city.twin import planner, running
from bocage.services.city.twin.journal import Journal
from bocage.services.city.twin.lights import FALLBACK, LIMIT, PLANNED, Lights, walkable
from bocage.services.city.twin.sending import Sender
from bocage.services.city.twin.traffic import Traffic


def test_without_a_plan_lights_go_by_their_own_and_say_so() -> None:
    lights = Lights(network(), {}, Limits(all_red=1))
    changes = [one for second in range(200) for one in lights.second(None, 1000 * second + 1000, "nobody plans")]
    assert [one.phase for one in changes] == [1, 0, 1, 0, 1]
    assert {one.by for one in changes} == {FALLBACK}
    assert changes[1].lasted_seconds == 34, "30 s of green, amber, all red"
    assert changes[0].reason == "fixed plan, 30 s of green are over; nobody plans"


def test_a_plans_call_is_told_with_its_reason_and_no_call_breaks_a_limit() -> None:
    lights = Lights(network(), {"F1": 41}, Limits(min_green=10, max_red=40))
    calls = [Call(0, 1, "a tram comes")]
    changes = [one for second in range(60) for one in lights.second(calls, 1000 * second + 1000, "")]
    assert (changes[0].number, changes[0].phase, changes[0].by, changes[0].reason) == (42, 1, PLANNED, "a tram comes")
    assert changes[0].at_ms >= 10_000
    assert [one.by for one in changes[1:]] == [LIMIT], "who waits 40 s is served, though the plan stays where it is"


def test_the_planner_hears_all_that_is_seen() -> None:
    lights, none = Lights(network(), {}), np.zeros(4, np.int64)
    far = np.asarray([120.0, 8.5])
    cars = Vehicles(
        np.asarray([0, 3], np.int64), far, far / 10, far - 8, np.asarray([-1, 2], np.int64), np.asarray([-1.0, 90.0])
    )
    room, asks = np.asarray([np.inf, 0.0, 3.5, 12.0]), (Request("Bus 1-04", "bus", 3, 8.5, 0.0),)
    seen, shown = planner.heard(
        planner.told(Observation(cars, none + 2, none, none + 1, room, asks), lights.cabinets.cabinets())
    )
    assert seen.requests == asks and seen.exit_room is not None and seen.exit_room.tolist() == room.tolist()
    assert seen.vehicles.metres.tolist() == [120.0, 8.5] and seen.vehicles.next_link.tolist() == [-1, 2]
    assert seen.passed.tolist() == [2] * 4 and seen.exit_halted.tolist() == [1] * 4
    assert shown.phase.tolist() == [0] and shown.showing.dtype == bool
    without = planner.heard(planner.told(Observation(cars, none, none, none), lights.cabinets.cabinets()))[0]
    assert without.exit_room is None and without.requests == ()


def test_no_two_buses_on_their_way_have_one_name() -> None:
    from unittest.mock import MagicMock

    sumo = MagicMock()
    sumo.edge.getLaneNumber.return_value, sumo.lane.getAllowed.return_value = 1, ()
    sumo.lane.getLength.return_value = 100.0
    sumo.simulation.findRoute.return_value.edges = ("a", "c", "-b")
    mains = {name: MagicMock(kind="main") for name in ("a", "b", "-a", "-b")}
    roads = MagicMock(fringe_in=("a", "b"), fringe_out=("-a", "-b"), homes=(), pieces=mains)
    traffic = Traffic(sumo, roads, 1)
    for _second in range(5 * 3_600):
        traffic.second(8.0)
    names = [call.args[0] for call in sumo.vehicle.add.call_args_list if call.args[2] == "bus"]
    assert len(names) == 2 * 43 and len(set(names)) == len(names), "a name that is taken would end the simulation"


def test_people_cross_where_nothing_leaves_and_traffic_goes_beside_them() -> None:
    assert walkable(crossroads()) == [
        {"east": True, "north": False, "south": False, "west": True},
        {"east": False, "north": True, "south": True, "west": False},
    ]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 300), st.lists(st.booleans(), min_size=1, max_size=5))
def test_a_journal_cut_at_any_byte_loses_no_whole_row_and_repeats_no_number(
    tmp_path_factory: pytest.TempPathFactory, cut: int, sent: list[bool]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal, number = Journal(folder), 0
    for taken in sent:
        journal.append([{"kind": "change", "signal": "F1", "number": (number := number + 1)}])
        if taken:
            journal.taken(journal.pending(400)[1])
    file = folder / "journal.jsonl"
    text = file.read_bytes()
    whole = text[: min(cut, len(text))].rfind(b"\n") + 1
    os.truncate(file, min(cut, len(text)))
    again = Journal(folder)
    kept = [json.loads(line) for line in text[:whole].splitlines()]
    assert file.read_bytes() == text[:whole]
    assert again.numbers == ({"F1": kept[-1]["number"]} if kept else {})
    rows, _end = again.pending(400)
    unsent = [row["number"] for row in rows]
    assert unsent == [row["number"] for row in kept][len(kept) - len(unsent) :]


def test_a_journal_begun_anew_remembers_each_lights_last_number(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("bocage.services.city.twin.journal.ROTATE_BYTES", 200)
    journal = Journal(tmp_path)
    for number in range(1, 20):
        journal.append([{"kind": "change", "signal": "F1", "number": number}])
    while (end := journal.pending(5))[0]:
        journal.taken(end[1])
    assert (tmp_path / "journal.jsonl").stat().st_size < 100 and Journal(tmp_path).numbers == {"F1": 19}


class Door(BaseHTTPRequestHandler):
    """A town that answers as it is told and remembers what it took."""

    statuses: list[int]
    taken: list[tuple[str, dict[str, Any]]]
    wrong: set[int]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.statuses.pop(0) if self.statuses else 201
        if any(row.get("number") in self.wrong for row in body.get("changes", ())):
            status = 422
        if status == 201:
            self.taken.append((self.path.rsplit("/", 1)[1], body))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Silent."""


@pytest.fixture
def door() -> Iterator[HTTPServer]:
    """The town's door on a port of its own."""
    Door.statuses, Door.taken, Door.wrong = [], [], set()
    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def test_the_journal_goes_to_the_town_in_order_through_failures_and_wrong_rows(
    tmp_path: Path, door: HTTPServer, monkeypatch: Any
) -> None:
    monkeypatch.setattr("bocage.services.city.twin.sending.RETRY_SECONDS", (0.01,))
    monkeypatch.setattr("bocage.services.city.twin.sending.PAUSE_SECONDS", 0.01)
    # The key is refused once, the town breaks once, forgets its lights once, and never takes the third batch.
    Door.statuses = [401, 201, 500, 404, 201, 201, 422]
    journal, asked = Journal(tmp_path), []
    for number in range(1, 4):
        journal.append([{"kind": "change", "signal": "F1", "number": number}, {"kind": "record", "id": f"D{number}"}])

    def give_key(anew: bool) -> str:
        asked.append(anew)
        return "k"

    sender = Sender(journal, f"http://127.0.0.1:{door.server_port}", give_key, [{"id": "F1"}], tmp_path / "refused")
    sender.start()
    deadline = time.monotonic() + 5
    while journal.unsent_bytes and time.monotonic() < deadline:
        time.sleep(0.01)
    sender.stop()
    sender.join(5)
    said = [(path, [row.get("number") or row["id"] for row in body[next(iter(body))]]) for path, body in Door.taken]
    assert said == [
        ("signals", ["F1"]),
        ("signals", ["F1"]),
        ("phase-changes", [1]),
        ("phase-changes", [2]),
        ("observations", ["D2"]),
        ("phase-changes", [3]),
        ("observations", ["D3"]),
    ]
    assert True in asked and not journal.unsent_bytes
    assert json.loads((tmp_path / "refused").read_text())["id"] == "D1"


def test_a_wrong_row_takes_none_beside_it_along(tmp_path: Path, door: HTTPServer) -> None:
    Door.wrong = {5, 6, 20}
    journal = Journal(tmp_path)
    journal.append([{"kind": "change", "signal": "F1", "number": number} for number in range(1, 31)])
    town = f"http://127.0.0.1:{door.server_port}"
    sender = Sender(journal, town, lambda _anew: "k", [{"id": "F1"}], tmp_path / "refused")
    assert sender._turn(False) == 0 and not journal.unsent_bytes
    taken = [row["number"] for path, body in Door.taken if path == "phase-changes" for row in body["changes"]]
    assert taken == [number for number in range(1, 31) if number not in Door.wrong]
    refused = [json.loads(line)["number"] for line in (tmp_path / "refused").read_text().splitlines()]
    assert refused == [5, 6, 20]


def test_half_a_row_on_a_full_disk_is_cut_off_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    journal.append([{"kind": "change", "signal": "F1", "number": 1}])
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, text: write(file, text[:9]))
        with pytest.raises(OSError, match="No space left"):
            journal.append([{"kind": "change", "signal": "F1", "number": 2}])
    journal.append([{"kind": "change", "signal": "F1", "number": 2}])
    assert [row["number"] for row in journal.pending(9)[0]] == [1, 2] and Journal(tmp_path).numbers == {"F1": 2}


@pytest.mark.parametrize(
    ("said", "anew"),
    [
        (b"nonsense", False),
        (b"HTTP/1.1 403 No", False),
        (b"HTTP/1.1 401 No", True),
        # It says more than it sends, and hangs up.
        (b"HTTP/1.1 401 No\r\nContent-Length: 90", True),
        (b"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked", True),
    ],
)
def test_only_a_refused_key_is_made_anew_and_nonsense_ends_no_sender(said: bytes, anew: bool, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(5)
        asked: list[bool] = []

        def give_key(again: bool) -> str:
            asked.append(again)
            return "k"

        sender = Sender(
            Journal(tmp_path),
            f"http://127.0.0.1:{door.getsockname()[1]}",
            give_key,
            [{"id": "F1"}],
            tmp_path / "refused",
        )
        sender.start()
        for _attempt in range(2):
            link, _from = door.accept()
            with link, link.makefile("rb") as heard:
                # Whatever it leaves unread would reach the sender as a reset in place of the answer.
                lengths = [line for line in iter(heard.readline, b"\r\n") if line.lower().startswith(b"content-length")]
                heard.read(int(lengths[0].split(b":")[1]))
                link.sendall(said + b"\r\n\r\n")
        sender.stop()
        assert asked[:2] == [False, anew]
    sender.join(15)
    assert not sender.is_alive()


def test_a_clock_that_is_put_back_does_not_freeze_the_lights(monkeypatch: pytest.MonkeyPatch) -> None:
    class Played:
        def __init__(self) -> None:
            self.at: list[int] = []

        def begin(self, at_ms: int) -> None:
            """Nothing is shown."""

        def second(self, at_ms: int, hour: float) -> None:
            self.at.append(at_ms)

    class Clock:
        """An hour is taken back after its third second."""

        now = 10_000.0

        def time(self) -> float:
            return self.now

        def is_set(self) -> bool:
            return False

        def wait(self, seconds: float) -> bool:
            assert seconds <= 2, "it would wait for the hour to come round again"
            self.now += seconds if len(played.at) != 3 else -3_600
            return len(played.at) == 6

    played, town = Played(), Clock()
    monkeypatch.setattr(running, "time", town)
    running.live(played, town, lambda _at: 0.0)  # type: ignore[arg-type]
    assert played.at[:4] == [10_001_000, 10_002_000, 10_003_000, 10_004_000]
    assert played.at[4] < 6_410_000


def test_a_town_that_does_not_answer_is_noticed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.silent_seconds == 0
    journal.append([{"kind": "change", "signal": "F1", "number": 1}])
    sender = Sender(journal, "http://127.0.0.1:9", lambda _anew: "k", [], tmp_path / "refused")
    sender.start()
    time.sleep(0.2)
    assert journal.silent_seconds >= 0.2 and journal.unsent_bytes
    sender.stop()
    sender.join(5)
    assert not sender.is_alive()


def test_the_twin_is_refused_plainly_without_its_engine(tmp_path: Path, monkeypatch: Any) -> None:
    from bocage.services.city.twin import roads

    monkeypatch.setitem(sys.modules, "sumo", None)
    with pytest.raises(roads.TwinError, match=r"\./bocage extras add city"):
        roads.binary("netconvert")


PLAYED = """
import sys
from pathlib import Path
from bocage.services.city.town_map import DEMO, _read
from bocage.services.city.twin.running import Twin, open_town
from bocage.services.city.twin.whatif import Inside

class Heard:
    numbers, silent_seconds = {}, 0.0
    def append(self, rows):
        for row in rows:
            if row["kind"] == "change":
                print(row["reason"])

town = open_town(Path(sys.argv[1]), _read(str(DEMO)).streets, {}, 1)
twin = Twin(town, Heard(), Inside(town.network), 1)
full = 0
for second in range(900):
    twin.second(second * 1000 + 1000, 8.0)
    full += bool((twin.eyes.observe().exit_room < 1.0).any())
print("full", full)
town.libsumo.close()
"""


@pytest.mark.heavy
@pytest.mark.skipif(find_spec("libsumo") is None, reason="needs SUMO: ./bocage extras add city")
def test_the_lights_of_the_town_know_of_buses_and_of_full_streets(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PLAYED, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert sum(line.startswith("bus in ") for line in said) >= 5, said[-20:]
    assert len(said) > 200 and said[-1].startswith("full "), "room beyond each exit is known"
