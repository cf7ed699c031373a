"""City's jobs: judge what has come, keep the clock going, forget what is old."""

import shutil
import threading
from uuid import UUID

from django.conf import settings

from bocage.engines.alerts import Record
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.work import defer_at, periodic, task
from bocage.services.city import limits
from bocage.services.city.actions import forecasting, judging, keeping, observing, phases, reports, rules, whatif

OWN_SOURCE = "bocage"
_playing = threading.Lock()


@periodic("* * * * *")
@task(name="city.judge", single=True, in_transaction=False)
def judge() -> None:
    """Say the town's own minute, then judge what has come, a turn a transaction."""
    with acting_as(Actor.for_service("city")):
        beat()
    run()


@task(name="city.judge_now", single=True, in_transaction=False)
def judge_now() -> None:
    """Judge what has just come."""
    run()


@task(name="city.try_rule", retry=2)
def try_rule(trial_id: str) -> None:
    """Do a dry run that an operator asked for."""
    rules.run_trial(UUID(trial_id))


@task(name="city.play_what_if", retry=2, in_transaction=False)
def play_what_if(question_id: str) -> None:
    """Let the twin play a question, seed after seed; while another is played, come again later.

    It takes minutes: of the worker's turns it may hold one, and never all.
    """
    if not _playing.acquire(blocking=False):
        with acting_as(Actor.for_service("city")):
            defer_at(play_what_if, clock.now() + limits.QUESTION_AGAIN, question_id=question_id)
        return
    try:
        whatif.play(UUID(question_id))
    finally:
        _playing.release()


@periodic("*/5 * * * *")
@task(name="city.foresee", single=True)
def foresee() -> None:
    """Say what each detector will read in 15, 30 and 60 minutes."""
    forecasting.foresee()


@periodic("7 * * * *")
@task(name="city.note_unanswered", single=True)
def note_unanswered() -> None:
    """Say each hour which reports wait for an answer: a rule makes an alert of those that wait too long."""
    reports.note_unanswered()


@periodic("41 3 * * *")
@task(name="city.forget", single=True)
def forget() -> None:
    """Drop the days and rows that are kept no longer."""
    observing.drop_old_days()
    phases.drop_old_days()
    keeping.sweep()


def beat() -> None:
    """One record a minute of the town itself: it moves the engine's clock where every sensor is silent."""
    usage = shutil.disk_usage(settings.HOME)
    disk_pct = round(100 * usage.used / usage.total, 1)
    at_ms = int(clock.now().timestamp()) // 60 * 60_000
    observing.store([Record(at_ms, "feed", OWN_SOURCE, {"disk_pct": disk_pct})])


def run() -> None:
    """Turn after turn until nothing waits."""
    for _turn in range(limits.TURNS_MAX):
        with acting_as(Actor.for_service("city")):
            if not judging.judge():
                return
