"""How the installation is, in a few figures: for the operator's page, for Prometheus and for a supervisor."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily

from bocage.kernel import clock, work
from bocage.kernel.events import queries as events
from bocage.kernel.ledger import client
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.client import Waiting
from bocage.kernel.proofs.last_audit import LastAudit, last_audit
from bocage.kernel.proofs.sealing import Sealing, sealing

BEHIND_MAX = timedelta(minutes=1)
BACKUP_AGE_MAX = timedelta(hours=26)
# One is signed each night.
CHECKPOINT_AGE_MAX = timedelta(hours=26)
BACKUP_NOTE = "backup.json"

_DATABASE_SQL = """
select pg_database_size(current_database()),
    (select count(*) from pg_stat_activity where datname = current_database()),
    pg_postmaster_start_time()
"""
# Whoever fetches the log of changes, a backup or a replica, has a slot; nobody may see more of it than its place.
_SLOTS_SQL = """
select slot_name, active, greatest(pg_current_wal_lsn() - restart_lsn, 0)::bigint, wal_status
from pg_replication_slots where slot_type = 'physical' and not temporary order by slot_name
"""


@dataclass(frozen=True)
class Hearing:
    """How far one service is behind the log: events, and the age of the oldest that it has not heard."""

    service: str
    behind_events: int
    behind_seconds: float
    waiting: int
    dead: int


@dataclass(frozen=True)
class Slot:
    """Who follows the database's log of changes: bytes not fetched yet."""

    name: str
    active: bool
    behind_bytes: int
    lost: bool


@dataclass(frozen=True)
class Backup:
    """The last whole copy, and up to which moment the changes after it are kept. None: never."""

    last_copy_at: datetime | None = None
    received_through: datetime | None = None
    copies: int = 0
    bytes: int = 0
    folder: str = ""


@dataclass(frozen=True)
class Figures:
    """All of it at one moment."""

    at: datetime
    head: int
    hearings: tuple[Hearing, ...]
    jobs: dict[str, int]
    stalled_jobs: int
    overdue_seconds: float
    unbalanced_units: tuple[str, ...]
    sealing: Sealing
    waiting: Waiting | None
    audit: LastAudit | None
    slots: tuple[Slot, ...]
    database_bytes: int
    connections: int
    database_since: datetime
    backup: Backup

    @property
    def behind_events(self) -> int:
        """Of the slowest service."""
        return max((each.behind_events for each in self.hearings), default=0)

    @property
    def behind_seconds(self) -> float:
        """Of the slowest service."""
        return max((each.behind_seconds for each in self.hearings), default=0.0)

    @property
    def dead_events(self) -> int:
        """Events that services have given up."""
        return sum(each.dead for each in self.hearings)

    @property
    def sealing_behind_seconds(self) -> float:
        """Age of the oldest transfer that no batch holds."""
        oldest_at = self.sealing.oldest_at
        return max((self.at - oldest_at).total_seconds(), 0.0) if oldest_at else 0.0

    @property
    def checkpoint_is_old(self) -> bool:
        """No checkpoint for more than a day, after there was one."""
        signed_at = self.sealing.checkpoint_at
        return signed_at is not None and self.at - signed_at > CHECKPOINT_AGE_MAX

    @property
    def backup_is_old(self) -> bool:
        """No whole copy for more than a day."""
        last = self.backup.last_copy_at
        return last is None or self.at - last > BACKUP_AGE_MAX


def figures() -> Figures:
    """Ask the database. Raises `DatabaseError` where it does not answer."""
    now = clock.now()
    subscriptions = events.subscriptions()
    waiting_since = events.waiting_since([each.position for each in subscriptions if each.behind])
    hearings = tuple(
        Hearing(
            each.service,
            each.behind,
            max((now - waiting_since[each.position]).total_seconds(), 0.0) if each.position in waiting_since else 0.0,
            each.waiting,
            each.dead,
        )
        for each in subscriptions
    )
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE_SQL)
        size, connections, since = cursor.fetchone()
        cursor.execute(_SLOTS_SQL)
        slots = tuple(Slot(name, active, behind or 0, status == "lost") for name, active, behind, status in cursor)
    queue = work.health()
    return Figures(
        at=now,
        head=events.head(),
        hearings=hearings,
        jobs=work.counts(),
        stalled_jobs=queue.stalled,
        overdue_seconds=queue.overdue_seconds,
        unbalanced_units=_unbalanced(),
        sealing=sealing(),
        waiting=client.waiting(),
        audit=last_audit(),
        slots=slots,
        database_bytes=size,
        connections=connections,
        database_since=since,
        backup=_backup(settings.HOME / BACKUP_NOTE),
    )


def concerns(found: Figures) -> list[str]:
    """What somebody has to look at, by name; empty when all is well."""
    named = {
        "ledger_unbalanced": bool(found.unbalanced_units),
        "ledger_changed": found.audit is not None and not found.audit.whole,
        "sealing_behind": found.sealing_behind_seconds > BEHIND_MAX.total_seconds(),
        "checkpoint_old": found.checkpoint_is_old and settings.MODE == "production",
        "delivery_behind": found.behind_seconds > BEHIND_MAX.total_seconds(),
        "dead_events": found.dead_events > 0,
        "failed_jobs": found.jobs["failed"] > 0,
        "stalled_jobs": found.stalled_jobs > 0,
        "overdue_jobs": found.overdue_seconds > BEHIND_MAX.total_seconds(),
        "backup_old": found.backup_is_old and settings.MODE == "production",
        "log_of_changes_lost": any(each.lost for each in found.slots),
    }
    return [name for name, holds in named.items() if holds]


def exposition(found: Figures) -> bytes:
    """The figures in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(found))
    return generate_latest(registry)


class _Collector:
    """Hands `Figures` to prometheus_client as gauges."""

    def __init__(self, found: Figures) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        found = self._found
        yield _gauge("log_head_position", "The last position of the log of facts.", found.head)
        for name, help_text, values in (
            ("delivery_behind_events", "Events that a service has not heard yet.", "behind_events"),
            ("delivery_behind_seconds", "Age of the oldest event that a service has not heard.", "behind_seconds"),
            ("delivery_waiting_events", "Events that failed in a service and are tried again.", "waiting"),
            ("delivery_dead_events", "Events that a service has given up.", "dead"),
        ):
            yield _labelled(name, help_text, "service", {e.service: getattr(e, values) for e in found.hearings})
        yield _labelled("jobs", "Jobs by status.", "status", found.jobs)
        yield _gauge("jobs_stalled", "Running jobs whose worker gives no sign of life.", found.stalled_jobs)
        yield _gauge("jobs_overdue_seconds", "Age of the oldest job that should have begun.", found.overdue_seconds)
        yield _gauge("ledger_unbalanced_units", "Units whose debits and credits differ.", len(found.unbalanced_units))
        yield from _chain_gauges(found)
        yield _gauge("database_bytes", "Size of the database.", found.database_bytes)
        yield _gauge("database_connections", "Connections to the database.", found.connections)
        started = found.database_since.timestamp()
        yield _gauge("database_start_time_seconds", "When the database server started (Unix time).", started)
        behind = {each.name: each.behind_bytes for each in found.slots}
        yield _labelled("changes_behind_bytes", "Log of changes that a backup or replica lacks.", "slot", behind)
        backup = found.backup
        for name, help_text, moment in (
            ("backup_last_copy_time_seconds", "When the last whole copy was taken (Unix time).", backup.last_copy_at),
            ("backup_received_time_seconds", "Up to when changes are kept (Unix time).", backup.received_through),
        ):
            if moment is not None:
                yield _gauge(name, help_text, moment.timestamp())
        yield _gauge("concerns", "How many things somebody has to look at.", len(concerns(found)))


def _chain_gauges(found: Figures) -> Iterable[Metric]:
    chain = found.sealing
    yield _gauge("ledger_unsealed_transfers", "Transfers of lane A in no batch yet, 100,000 at most.", chain.unsealed)
    behind = found.sealing_behind_seconds
    yield _gauge("ledger_sealing_behind_seconds", "Age of the oldest transfer that no batch holds.", behind)
    yield _gauge("ledger_poster_epoch", "Posters that lane B has had; grows when one takes over.", chain.poster_epoch)
    if found.waiting is not None:
        waiting = found.waiting
        yield _gauge("ledger_queued_transfers", "Operations that lane B has not answered yet.", waiting.requests)
        oldest_seconds = waiting.oldest_seconds
        yield _gauge("ledger_queue_oldest_seconds", "Age of the oldest that lane B has not answered.", oldest_seconds)
    if chain.checkpoint_at is not None:
        age_seconds = (found.at - chain.checkpoint_at).total_seconds()
        yield _gauge("ledger_checkpoint_age_seconds", "Since the last checkpoint was signed.", max(age_seconds, 0.0))
    if found.audit is not None:
        yield _gauge("ledger_audit_time_seconds", "When the last audit ended (Unix time).", found.audit.at.timestamp())
        yield _gauge("ledger_audit_faults", "Faults that the last audit found.", len(found.audit.faults))


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"bocage_{name}", help_text, value=value)


def _labelled(name: str, help_text: str, label: str, values: dict[str, Any]) -> Metric:
    family = GaugeMetricFamily(f"bocage_{name}", help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _unbalanced() -> tuple[str, ...]:
    sums: dict[str, int] = {}
    for line in ledger.trial_balance():
        sums[line.unit] = sums.get(line.unit, 0) + line.credits_posted_minor - line.debits_posted_minor
    return tuple(sorted(unit for unit, off in sums.items() if off))


def _backup(note: Path) -> Backup:
    try:
        found = json.loads(note.read_text())
        return Backup(
            _moment(found["last_copy_at"]),
            _moment(found["received_through"]),
            int(found["copies"]),
            int(found["bytes"]),
            str(found["folder"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Backup()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
