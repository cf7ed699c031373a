"""Questions to the twin: asked by an operator, played a seed at a time by the worker, each seed kept as it is done."""

import json
import subprocess
import sys
from importlib.util import find_spec
from tempfile import NamedTemporaryFile
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict
from bocage.services.city import limits
from bocage.services.city.models import WhatIf
from bocage.services.city.town_map import town_map
from bocage.services.city.twin.question import Change, DrawnPiece, Question

FAILED_CHARACTERS_MAX = 300
_LOCK_SQL = "select pg_advisory_xact_lock(hashtextextended('city_what_if', 0))"
CHANGES = ("close", "bus_lane", "fixed_plan")


def is_installed() -> bool:
    """Whether SUMO is there to play it."""
    return find_spec("libsumo") is not None


def ask(operator_id: UUID, question_id: UUID, change: str, street: str, hour: int, seeds: int) -> UUID:
    """Ask; the same `question_id` asks once. Raises a `Refusal` for what the town's map cannot play."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SQL)
    if WhatIf.objects.filter(id=question_id).exists():
        return question_id
    if change not in CHANGES:
        raise Refusal("bad_change", _("Choose what changes."), field="change")
    kinds = {each.kind for each in town_map().streets if each.name == street}
    if change == "fixed_plan":
        street = ""
    elif not kinds & {"street", "main"}:
        raise Refusal("no_such_street", _("Choose a street on which vehicles drive."), field="street")
    elif change == "bus_lane" and "main" not in kinds:
        raise Refusal("too_narrow", _("Only main streets have a second lane each way."), field="street")
    if not 0 <= hour < 24:
        raise Refusal("bad_hour", _("Choose an hour of the day."), field="hour")
    if not limits.SEEDS_MIN <= seeds <= limits.SEEDS_MAX:
        raise Refusal("bad_seeds", _("Choose how often it is played."), field="seeds")
    waiting = WhatIf.objects.filter(done_at=None, at__gt=clock.now() - limits.QUESTION_PATIENCE)
    if waiting.count() >= limits.QUESTIONS_WAITING_MAX:
        raise conflict("too_many_questions", _("As many questions as can wait are waiting. Try again later."))
    WhatIf.objects.create(
        id=question_id, change=change, street=street, hour=hour, seeds=seeds, made_by=operator_id, at=clock.now()
    )
    return question_id


def play(question_id: UUID) -> None:
    """Play what is left of a question; each seed is kept in a transaction of its own, so that a worker that dies loses
    one seed's time and no result."""
    while (question := _next(question_id)) is not None:
        result, failed = _run(question)
        with acting_as(Actor.for_service("city")):
            keep(question_id, result, failed)


def keep(question_id: UUID, result: dict[str, Any] | None, failed: str = "") -> None:
    """Keep what a seed cost (`seed`, `now`, `changed`), or why there is nothing. A seed is kept once."""
    row = WhatIf.objects.select_for_update().get(id=question_id)
    if result is not None and all(each["seed"] != result["seed"] for each in row.played):
        row.played = [*row.played, result]
    row.failed = failed[:FAILED_CHARACTERS_MAX]
    if row.failed or len(row.played) >= row.seeds:
        row.done_at = clock.now()
    row.save(update_fields=["played", "failed", "done_at"])


def _next(question_id: UUID) -> Question | None:
    with acting_as(Actor.for_service("city")):
        row = WhatIf.objects.filter(id=question_id, done_at=None).first()
        if row is None:
            return None
        streets = tuple(DrawnPiece(each.name, each.kind, tuple(each.points_m)) for each in town_map().streets)
        seed = next(n for n in range(1, row.seeds + 1) if all(each["seed"] != n for each in row.played))
        return Question(streets, cast(Change, row.change), row.street, row.hour, seed)


def _run(question: Question) -> tuple[dict[str, Any] | None, str]:
    """One seed in a process of its own: what it cost, or why there is nothing."""
    with NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(question.write())
        file.flush()
        command = [sys.executable, "-m", "bocage.services.city.twin.whatif", file.name]
        for _attempt in range(limits.PLAY_ATTEMPTS):
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=limits.PLAY_SECONDS_MAX, check=False
                )
            except subprocess.TimeoutExpired:
                return None, f"a run took more than {limits.PLAY_SECONDS_MAX} s"
            if done.returncode == 0:
                found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
                return found, ""
    said = done.stderr.strip().splitlines()
    return None, said[-1] if said else f"SUMO ended with status {done.returncode}"
