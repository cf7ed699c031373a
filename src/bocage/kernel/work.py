"""Jobs to do later: the one module that knows procrastinate.

A package's `jobs.py` holds its tasks. A task is named `package.verb` and runs as that service acting for itself, in one
transaction that commits with the job's success. Queue only what may wait: queuing wakes the workers by a notification,
which costs too much on the payment path (an event says the same for nothing).
"""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import procrastinate
from django.db import connection, transaction
from django.db.models import Count
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _
from procrastinate import exceptions
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.db_cleanup import DjangoApp
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import not_found

CONCURRENCY = 4
POLL_SECONDS = 2.0
STOP_SECONDS = 30.0
HEARTBEAT_SECONDS = 10.0
STALLED_SECONDS = 60.0
ATTEMPTS_MAX = 5
WAIT_BASE_SECONDS = 4
ARGUMENT_BYTES_MAX = 8192
KEPT_HOURS = 72
PAGE_MAX = 200
_HEALTH_SQL = """
select
    (select count(*) from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id
        where j.status = 'doing'
        and (w.id is null or w.last_heartbeat < now() - make_interval(secs => %(stalled_seconds)s))),
    (select extract(epoch from now() - min(coalesce(j.scheduled_at, e.at))) from procrastinate_jobs j
        left join procrastinate_events e on e.job_id = j.id and e.type = 'deferred'
        where j.status = 'todo' and (j.scheduled_at is null or j.scheduled_at <= now()))
"""


@dataclass(frozen=True)
class Task:
    """A kind of job. `single`: at most one of it waits in the queue at a time."""

    name: str
    queue: str
    attempts_max: int
    single: bool
    run: Callable[..., None]


@dataclass(frozen=True)
class QueuedJob:
    """A job as the operator's console shows it."""

    id: int
    task: str
    queue: str
    status: str
    attempts: int
    scheduled_at: datetime | None
    arguments: dict[str, Any]


_tasks: dict[str, Task] = {}
_crons: dict[str, str] = {}


def task(
    *, name: str, queue: str = "default", retry: int = ATTEMPTS_MAX, single: bool = False, in_transaction: bool = True
) -> Callable[[Callable[..., None]], Task]:
    """Make a function a task. It is tried `retry` times in all, after 4, 16, 64... seconds.

    Without `in_transaction` it opens its own `acting_as` blocks: for what talks to the outside between them.
    """

    def register(function: Callable[..., None]) -> Task:
        def run(**arguments: Any) -> None:
            # procrastinate tells a periodic job its time; ours ask the clock.
            arguments.pop("timestamp", None)
            if in_transaction:
                with acting_as(Actor.for_service(name.partition(".")[0])):
                    function(**arguments)
            else:
                function(**arguments)

        if name in _tasks:
            raise ValueError(f"two tasks are named {name}")
        _tasks[name] = Task(name, queue, retry, single, run)
        return _tasks[name]

    return register


def periodic(cron: str) -> Callable[[Task], Task]:
    """Queue the task, without arguments, at the times of `cron` (five fields, UTC)."""

    def register(each: Task) -> Task:
        _crons[each.name] = cron
        return each

    return register


def defer(each: Task, **arguments: Any) -> int | None:
    """Queue a job, in the caller's transaction; its number, None when a `single` one waits already."""
    return defer_at(each, None, **arguments)


def defer_at(each: Task, at: datetime | None, **arguments: Any) -> int | None:
    """Queue a job that begins at `at` or later. Arguments are JSON, 8 KiB at most: pass ids, not things."""
    size = len(json.dumps(arguments).encode())
    if size > ARGUMENT_BYTES_MAX:
        raise ValueError(f"{each.name} was given {size} bytes of arguments; {ARGUMENT_BYTES_MAX} are allowed")
    configured = django_app.configure_task(
        each.name,
        allow_unknown=True,
        queue=each.queue,
        schedule_at=at,
        queueing_lock=each.name if each.single else None,
    )
    try:
        # A savepoint, because a waiting single job is found by a unique index.
        with transaction.atomic():
            return int(configured.defer(**arguments))
    except exceptions.AlreadyEnqueued:
        return None


# -- The worker ------------------------------------------------------------------------------------------------------


def run_worker(stop: threading.Event | None = None) -> None:
    """Run queued jobs until `stop` is set; with None, until the queue is empty. A running job may finish: 30 s."""
    autodiscover_modules("jobs")
    asyncio.run(_work(stop))


async def _work(stop: threading.Event | None) -> None:
    app = _build_app()
    async with app.open_async():
        work = asyncio.create_task(
            app.run_worker_async(
                wait=stop is not None,
                concurrency=CONCURRENCY,
                fetch_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=STOP_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                install_signal_handlers=False,
            )
        )
        while stop is not None and not stop.is_set() and not work.done():
            await asyncio.wait({work}, timeout=POLL_SECONDS / 8)
        if stop is not None and not work.done():
            work.cancel()
        try:
            await work
        except asyncio.CancelledError:
            if stop is None or not stop.is_set():
                raise


def _build_app() -> procrastinate.App:
    connector = cast(DjangoConnector, django_app.connector)
    app: procrastinate.App = DjangoApp(connector=connector.get_worker_connector())
    for each in _tasks.values():
        registered = app.task(
            name=each.name,
            queue=each.queue,
            queueing_lock=each.name if each.single else None,
            retry=procrastinate.RetryStrategy(max_attempts=each.attempts_max - 1, exponential_wait=WAIT_BASE_SECONDS)
            if each.attempts_max > 1
            else False,
        )(each.run)
        if each.name in _crons:
            app.periodic(cron=_crons[each.name], periodic_id=each.name)(registered)

    async def sweep_stalled(timestamp: int) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            await app.job_manager.retry_job(job)

    async def sweep_old(timestamp: int) -> None:
        await app.job_manager.delete_old_jobs(nb_hours=KEPT_HOURS)

    stalled = app.task(name="work.sweep_stalled", queueing_lock="work.sweep_stalled")(sweep_stalled)
    app.periodic(cron="* * * * *")(stalled)
    old = app.task(name="work.sweep_old", queueing_lock="work.sweep_old")(sweep_old)
    app.periodic(cron="17 3 * * *")(old)
    return app


# -- For the operator ------------------------------------------------------------------------------------------------


def counts() -> dict[str, int]:
    """How many jobs are in each status (todo, doing, succeeded, failed, cancelled, aborted)."""
    found = dict(ProcrastinateJob.objects.values_list("status").annotate(Count("id")))
    return {status: found.get(status, 0) for status in ProcrastinateJob.STATUSES}


@dataclass(frozen=True)
class QueueHealth:
    """`stalled`: jobs that run on a worker which gives no sign of life. `overdue_seconds`: of the oldest that waits."""

    stalled: int
    overdue_seconds: float


def health() -> QueueHealth:
    """Whether the workers keep up."""
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH_SQL, {"stalled_seconds": STALLED_SECONDS})
        stalled, overdue_seconds = cursor.fetchone()
    return QueueHealth(int(stalled), max(float(overdue_seconds or 0), 0.0))


def jobs(status: str, before: int | None = None, limit: int = 50) -> list[QueuedJob]:
    """The newest `limit` (at most 200) jobs in `status`, older than the job `before` when given."""
    rows = ProcrastinateJob.objects.filter(status=status).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [
        QueuedJob(row.id, row.task_name, row.queue_name, row.status, row.attempts, row.scheduled_at, row.args)
        for row in rows[: min(max(limit, 1), PAGE_MAX)]
    ]


def retry_failed(job_id: int) -> None:
    """Queue a failed job again, now."""
    if not ProcrastinateJob.objects.filter(id=job_id, status="failed").exists():
        raise not_found(_("There is no failed job of this number."), field="job")
    with transaction.atomic():
        django_app.job_manager.retry_job_by_id(job_id, retry_at=clock.now() - timedelta(seconds=1))
