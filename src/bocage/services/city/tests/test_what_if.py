"""Questions to the twin: what may be asked, seed after seed through a worker's end, and what the differences say."""

import json
import subprocess
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.city import jobs, limits
from bocage.services.city.actions import keeping, whatif
from bocage.services.city.models import WhatIf
from bocage.services.city.queries import whatif as queries
from bocage.services.city.tests.conftest import Town, signed_in
from bocage.services.city.town_map import town_map
from bocage.services.city.twin.question import DrawnPiece, Question

URL = "/city/console/what-if"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """SUMO is there, as far as asking goes."""
    monkeypatch.setattr(whatif, "is_installed", lambda: True)


def ask(town: Town, **changed: Any) -> UUID:
    given = {"change": "close", "street": "Pont Vieux", "hour": 8, "seeds": 3, **changed}
    with acting_as(Actor.for_person(town.odile)):
        return whatif.ask(town.odile, given.pop("question_id", uuid4()), **given)


def cost(delay: float, **changed: float) -> dict[str, float]:
    said = {"trips": 900, "unfinished": 0, "no_way": 0, "delay_seconds": delay, "bus_delay_seconds": 5.0}
    return {**said, "walk_seconds": 12.0, "co2_g": 180.0, **changed}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"change": "fly"}, "change"),
        ({"street": "Rue de Nulle Part"}, "street"),
        ({"street": "Vallon (rivière)"}, "street"),
        ({"street": "Chemin des Prés"}, "street"),
        ({"change": "bus_lane"}, "street"),
        ({"hour": 24}, "hour"),
        ({"seeds": 2}, "seeds"),
        ({"seeds": 11}, "seeds"),
    ],
)
def test_what_cannot_be_played_is_refused_with_its_field(changed: dict[str, Any], field: str, town: Town) -> None:
    with pytest.raises(Refusal) as refused:
        ask(town, **changed)
    assert refused.value.field == field and not WhatIf.objects.exists()


def test_asked_twice_it_is_one_question_and_only_so_many_wait(town: Town) -> None:
    once = uuid4()
    assert ask(town, question_id=once) == ask(town, question_id=once) == once and WhatIf.objects.count() == 1
    for _each in range(limits.QUESTIONS_WAITING_MAX - 1):
        ask(town)
    with pytest.raises(Refusal, match="too_many_questions"):
        ask(town)
    # What was lost keeps nobody from asking, and is forgotten in the end.
    with clock.frozen(clock.now() + limits.QUESTION_PATIENCE + timedelta(minutes=1)):
        ask(town)
    with clock.frozen(clock.now() + limits.QUESTIONS_KEPT + timedelta(hours=1)), acting_as(Actor.for_service("city")):
        keeping.sweep()
    assert WhatIf.objects.count() == 1


def test_who_was_never_let_in_is_counted_with_the_time_lost_at_the_gate(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    from bocage.services.city.twin import whatif as playing

    rows = [(1000, 10, 30, 1200), (1000, 200, 30, 1200), (-1, 600, 0, -1), (-1, 3700, 0, -1), (2000, 0, 5, -1)]
    file = tmp_path / "trips.xml"
    written = "".join(
        f'<tripinfo depart="{depart}" departDelay="{held}" timeLoss="{lost}" arrival="{arrival}" vType="car"/>'
        for depart, held, lost, arrival in rows
    )
    file.write_text(f"<tripinfos>{written}</tripinfos>")
    found = playing._cost(file, 0, [])
    # The second wanted to set out before the hour, and so did the fourth.
    assert (found.trips, found.unfinished) == (3, 2)
    assert found.delay_seconds == pytest.approx((40 + 600 + 5) / 3)


def test_a_worker_that_dies_loses_one_seeds_time_and_no_result(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, played = ask(town), []

    def run(question: Question) -> tuple[dict[str, Any], str]:
        played.append(question.seed)
        if len(played) == 2:
            raise KeyboardInterrupt
        return {"seed": question.seed, "now": cost(30), "changed": cost(40 + question.seed)}, ""

    monkeypatch.setattr(whatif, "_run", run)
    with pytest.raises(KeyboardInterrupt):
        whatif.play(asked)
    whatif.play(asked)
    whatif.play(asked)
    assert played == [1, 2, 2, 3]
    found = queries.question(asked)
    assert found.done and found.played == 3
    delay = next(each for each in found.differences if each.measure == "delay_seconds")
    # Differences 11, 12, 13: mean 12, standard error 1/sqrt(3), t = 4.303.
    assert delay.mean == pytest.approx(12) and delay.high - delay.mean == pytest.approx(4.303 / 3**0.5) and delay.sure
    assert not next(each for each in found.differences if each.measure == "walk_seconds").sure


def test_while_one_question_is_played_another_comes_again_later(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, other, played = ask(town), ask(town), []

    def run(question: Question) -> tuple[None, str]:
        played.append(question.seed)
        jobs.play_what_if.run(question_id=str(other))
        return None, "enough"

    monkeypatch.setattr(whatif, "_run", run)
    jobs.play_what_if.run(question_id=str(asked))
    assert played == [1] and queries.question(asked).done and not queries.question(other).done
    with connection.cursor() as cursor:
        cursor.execute(
            "select args, scheduled_at > now() from procrastinate_jobs where task_name = 'city.play_what_if'"
        )
        ((given, later),) = cursor.fetchall()
    assert str(other) in str(given) and later
    monkeypatch.setattr(whatif, "_run", lambda _question: (None, "enough"))
    jobs.play_what_if.run(question_id=str(other))
    assert queries.question(other).done


def test_what_cannot_be_run_ends_with_its_reason(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask(town)
    monkeypatch.setattr(whatif, "_run", lambda _question: (None, "netconvert refused the town's streets"))
    whatif.play(asked)
    found = queries.question(asked)
    assert found.done and found.failed.startswith("netconvert") and found.differences == []
    page = signed_in(town.odile).get(f"{URL}/{asked}").content.decode()
    assert "could not be played" in page and "every 3s" not in page


def test_an_operator_asks_and_reads_the_answer_and_nobody_else_does(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"question_id": str(uuid4()), "change": "close", "street": "Pont Vieux", "hour": 8, "seeds": 3}
    assert signed_in(town.ana).post(URL, form).status_code == 403
    assert signed_in(town.odile).post(URL, {**form, "seeds": 99}).status_code == 422
    answer = signed_in(town.odile).post(URL, form)
    assert answer.status_code == 302
    odile = signed_in(town.odile)
    odile.get(URL)
    for url, says in ((URL, "0/3"), (answer["Location"], "every 3s")):
        with CaptureQueriesContext(connection) as seen:
            assert says in odile.get(url).content.decode()
        assert len(seen) <= 16, [each["sql"][:80] for each in seen]
    monkeypatch.setattr(
        whatif,
        "_run",
        lambda asked: ({"seed": asked.seed, "now": cost(30), "changed": cost(30, no_way=40 + asked.seed)}, ""),
    )
    whatif.play(UUID(str(form["question_id"])))
    page = signed_in(town.odile).get(answer["Location"]).content.decode()
    assert "Pont Vieux closed" in page and "+42" in page and "every 3s" not in page


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=2, max_size=10))
def test_an_interval_holds_its_mean_and_turns_with_its_sign(pairs: list[tuple[float, float]]) -> None:
    now, changed = [a for a, _b in pairs], [b for _a, b in pairs]
    one, other = queries.difference("x", now, changed), queries.difference("x", changed, now)
    assert one.low <= one.mean <= one.high
    assert (one.mean, one.low) == pytest.approx((-other.mean, -other.high))


@pytest.mark.heavy
@pytest.mark.skipif(find_spec("libsumo") is None, reason="needs SUMO: ./bocage extras add city")
def test_closing_a_bridge_costs_its_town_time_and_a_seed_tells_the_same_story(tmp_path: Path) -> None:
    streets = tuple(DrawnPiece(each.name, each.kind, tuple(each.points_m)) for each in town_map().streets)
    file = tmp_path / "question.json"
    file.write_text(Question(streets, "close", "Pont Vieux", 8, 1).write())
    command = [sys.executable, "-m", "bocage.services.city.twin.whatif", str(file)]
    first, again = (
        json.loads(subprocess.run(command, capture_output=True, check=True).stdout.splitlines()[-1]) for _n in range(2)
    )
    assert first == again
    assert first["now"]["trips"] > 500 and first["now"]["no_way"] == 0
    assert first["changed"]["co2_g"] > first["now"]["co2_g"], "every trip over the bridge is longer"
