"""Jobs: queued with the caller's transaction, run once, tried again, swept, and shown to the operator."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from bocage.kernel import clock, work
from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.errors import Refusal


@contextmanager
def tasks() -> Iterator[None]:
    """Only the tasks that this test declares."""
    kept_tasks, kept_crons = dict(work._tasks), dict(work._crons)
    work._tasks.clear()
    work._crons.clear()
    try:
        yield
    finally:
        work._tasks.clear()
        work._tasks.update(kept_tasks)
        work._crons.clear()
        work._crons.update(kept_crons)


@pytest.fixture(autouse=True)
def no_others(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(work, "autodiscover_modules", lambda _name: None)
    with tasks():
        yield


def _succeeded(name: str) -> int:
    return sum(job.task == name for job in work.jobs("succeeded"))


def test_a_job_runs_as_its_service_with_its_arguments(fresh_database: str) -> None:
    ran: list[tuple[str, Actor]] = []

    @work.task(name="garden.water")
    def water(plant: str) -> None:
        ran.append((plant, current_actor()))

    with acting_as(Actor.for_person(uuid4())):
        assert work.defer(water, plant="rose") is not None
    work.run_worker(None)
    assert ran == [("rose", Actor.for_service("garden"))]
    assert _succeeded("garden.water") == 1


def test_a_job_of_a_transaction_that_rolled_back_was_never_queued(fresh_database: str) -> None:
    @work.task(name="garden.water")
    def water() -> None:
        raise AssertionError("must not run")

    with pytest.raises(RuntimeError), acting_as(Actor.nobody()):
        work.defer(water)
        raise RuntimeError
    work.run_worker(None)
    assert work.counts()["failed"] == 0 and _succeeded("garden.water") == 0


def test_a_single_task_waits_once_and_the_callers_transaction_survives(fresh_database: str) -> None:
    ran = []

    @work.task(name="garden.water", single=True)
    def water() -> None:
        ran.append(1)

    with acting_as(Actor.nobody()):
        assert work.defer(water) is not None
        assert work.defer(water) is None
        assert work.defer(water) is None
    work.run_worker(None)
    assert ran == [1]
    with acting_as(Actor.nobody()):
        assert work.defer(water) is not None


def test_what_failed_is_tried_again_then_shown_and_an_operator_may_retry(fresh_database: str) -> None:
    ran = []

    @work.task(name="garden.dig", retry=1)
    def dig() -> None:
        ran.append(1)
        if len(ran) == 1:
            raise ValueError("stone")

    with acting_as(Actor.nobody()):
        job_id = work.defer(dig)
    work.run_worker(None)
    (failed,) = work.jobs("failed")
    assert (failed.id, failed.task, failed.attempts) == (job_id, "garden.dig", 1)
    with acting_as(Actor.nobody()):
        work.retry_failed(failed.id)
        with pytest.raises(Refusal):
            work.retry_failed(failed.id + 1000)
    work.run_worker(None)
    assert ran == [1, 1] and work.jobs("failed") == []


def test_a_failing_job_leaves_nothing_of_its_transaction_and_waits_before_the_next_try(fresh_database: str) -> None:
    from bocage.kernel.notifications import actions, queries

    person = uuid4()

    @work.task(name="garden.dig", retry=3)
    def dig() -> None:
        actions.notify(person, "half done")
        raise ValueError("stone")

    with acting_as(Actor.nobody()):
        work.defer(dig)
    work.run_worker(None)
    (waiting,) = work.jobs("todo")
    assert waiting.attempts == 1 and waiting.scheduled_at is not None and waiting.scheduled_at > clock.now()
    with acting_as(Actor.for_person(person)):
        assert queries.unread_count(person) == 0


def test_a_job_for_later_is_not_run_now_and_large_arguments_are_refused(fresh_database: str) -> None:
    @work.task(name="garden.prune")
    def prune(note: str) -> None:
        raise AssertionError("too early")

    with acting_as(Actor.nobody()):
        work.defer_at(prune, clock.now() + timedelta(hours=1), note="x")
        with pytest.raises(ValueError, match="8192"):
            work.defer(prune, note="x" * 9000)
    work.run_worker(None)
    assert [job.task for job in work.jobs("todo") if job.task.startswith("garden")] == ["garden.prune"]


def test_the_worker_runs_what_comes_and_stops_when_told(fresh_database: str) -> None:
    ran, stop = threading.Event(), threading.Event()

    @work.periodic("0 0 1 1 *")
    @work.task(name="garden.water")
    def water() -> None:
        ran.set()

    def run() -> None:
        work.run_worker(stop)
        connection.close()

    worker = threading.Thread(target=run)
    worker.start()
    time.sleep(0.5)
    with acting_as(Actor.nobody()):
        work.defer(water)
    assert ran.wait(10)
    stop.set()
    worker.join(15)
    assert not worker.is_alive()


def test_a_job_whose_worker_died_is_taken_up_again(fresh_database: str) -> None:
    @work.task(name="garden.water")
    def water() -> None:
        pass

    with acting_as(Actor.nobody()):
        job_id = work.defer(water)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour') returning id"
        )
        (worker_id,) = cursor.fetchone()
        cursor.execute(
            "update procrastinate_jobs set status = 'doing', worker_id = %s where id = %s", [worker_id, job_id]
        )
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, status, args)"
            " values ('default', 'work.sweep_stalled', 'todo', '{\"timestamp\": 0}')"
        )
    work.run_worker(None)
    work.run_worker(None)
    assert work.counts()["doing"] == 0 and _succeeded("garden.water") == 1


def test_two_tasks_of_one_name_are_a_programming_error() -> None:
    work.task(name="garden.once")(lambda: None)
    with pytest.raises(ValueError, match=r"garden\.once"):
        work.task(name="garden.once")(lambda: None)
