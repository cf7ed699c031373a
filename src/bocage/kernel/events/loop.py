"""The loop of `bocage deliver`: places events, delivers them, and rests a moment when there are none."""

import logging
import threading
import time
from contextlib import closing

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from bocage.kernel.events import delivery, sequencer, webhooks

logger = logging.getLogger(__name__)

REST_MIN_SECONDS = 0.01
REST_MAX_SECONDS = 0.25
REST_FACTOR = 1.5
LOST_SECONDS = 1.0


def run(stop: threading.Event) -> None:
    """Sequence and deliver until `stop` is set. Several may run: one sequences, and each service has one at a time.

    Polls, because `emit` tells nobody; a notification of another process's sequencer only shortens the rest. Outlives
    a restart of the database.
    """
    while not stop.is_set():
        try:
            _run_connected(stop)
        except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
            logger.warning("the database does not answer (%s), trying again", error)
            connection.close()
            stop.wait(LOST_SECONDS)
    connection.close()


def turn() -> bool:
    """Place what can be placed and deliver what comes next to everyone; whether there was anything to do."""
    hearers = delivery.hearers()
    busy = sequencer.sequence() > 0
    for service, hears in hearers.items():
        busy = delivery.advance(service, hears) or busy
    return webhooks.fan_out() or busy


def drain(timeout_seconds: float = 60.0) -> None:
    """Turn until every committed event is placed and delivered to whom it can be now. For tests and commands.

    An event is placed when no older transaction runs on the whole server, another database's included.
    """
    delivery.ensure_subscriptions([*delivery.hearers(), webhooks.SUBSCRIPTION])
    deadline = time.monotonic() + timeout_seconds
    while (busy := turn()) or sequencer.is_behind():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the log is not at rest after {timeout_seconds} s")
        if not busy:
            time.sleep(REST_MIN_SECONDS)


def _run_connected(stop: threading.Event) -> None:
    delivery.ensure_subscriptions([*delivery.hearers(), webhooks.SUBSCRIPTION])
    with closing(connection.get_new_connection(connection.get_connection_params())) as listener:
        listener.autocommit = True
        listener.execute(f"listen {sequencer.CHANNEL}")
        rest_seconds = REST_MIN_SECONDS
        while not stop.is_set():
            try:
                busy = turn()
            except DatabaseError:
                connection.close()
                raise
            if busy:
                rest_seconds = REST_MIN_SECONDS
                continue
            for _hint in listener.notifies(timeout=rest_seconds, stop_after=1):
                pass
            rest_seconds = min(rest_seconds * REST_FACTOR, REST_MAX_SECONDS)
