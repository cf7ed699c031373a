"""The rules run over the stream: a worker holds the engine, the database says how far it is, and alerts become rows.

The engine's state lives in memory and follows from the records alone, in their order, however they are cut in batches.
So a worker that starts, or one whose engine is not where the database is, sees the last two days again (longer, if an
alert has been open for longer), says nothing of what it finds in them, and goes on from there: nothing is raised twice
and nothing is missed. A rule that was changed, or works that were planned, are a new engine in the same way.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import pgettext

from bocage.engines import alerts as engine
from bocage.engines.alerts import Alert as Found
from bocage.engines.alerts import Change, Quiet, Record, Rule, What
from bocage.kernel import clock
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Role
from bocage.kernel.notifications.actions import notify
from bocage.services.city import limits, reading, rulebook
from bocage.services.city.models import Alert, AlertStep, Judging, Works
from bocage.services.city.rulebook import Book

logger = logging.getLogger(__name__)

# While works are under way on a street, these families of alerts there are kept and not shown.
QUIET_FAMILIES = ("traffic",)
CRITICAL = "critical"
_SHOWN = (What.RAISED, What.REOPENED, What.RELEASED)


@dataclass
class _Held:
    engine: engine.Engine
    key: object
    seq: int


_held: _Held | None = None


def judge() -> int:
    """Judge what has come since the last time, in this transaction; how many records. 0 too while another judges."""
    global _held
    row = Judging.objects.select_for_update(skip_locked=True).filter(id=1).first()
    if row is None:
        return 0
    held, _held = _held, None  # kept again only when all went well: a half-fed engine is thrown away
    book, quiet = rulebook.in_force(), _quiet()
    key = (tuple(sorted(book.numbers.items())), quiet, row.forgotten)
    writer = _Writer(book)
    if held is None or held.key != key or held.seq > row.seq:
        held = _replayed(book, quiet, key, row.seq)
        writer.write(_differing(held.engine, book))
    else:
        _catch_up(held, row.seq)
    seq, records = reading.after(held.seq, limits.JUDGED_A_TURN)
    if records:
        writer.write(held.engine.feed(records))
    writer.tell()
    held.seq = row.seq = seq
    row.judged_at, row.left_out = clock.now(), dict(held.engine.counts().left_out)
    row.save()
    _held = held
    return len(records)


def forget_engine() -> None:
    """Let go of the engine, as a worker that ends does."""
    global _held
    _held = None


def not_judged() -> Mapping[str, str]:
    """The kinds that cannot be judged here, and why: no map of zones, no profile of what is usual."""
    return engine.Engine(tuple(rulebook.in_force().rules.values())).counts().not_judged


def _replayed(book: Book, quiet: tuple[Quiet, ...], key: object, until: int) -> _Held:
    made = engine.Engine(
        tuple(book.rules.values()),
        zone=settings.TOWN["time_zone"],
        lateness_seconds=limits.LATENESS_SECONDS,
        quiet=quiet,
    )
    oldest = Alert.objects.filter(cleared_at=None).order_by("raised_at").values_list("raised_at", flat=True).first()
    since = min(oldest or clock.now(), clock.now()) - limits.REPLAY
    held = _Held(made, key, min(reading.first_of(since.astimezone(UTC).date()), until))
    _catch_up(held, until)
    return held


def _catch_up(held: _Held, until: int) -> None:
    """See again what was judged already: its alerts are rows, whoever wrote them."""
    while held.seq < until:
        seq, records = reading.after(held.seq, limits.JUDGED_A_TURN, until)
        if not records:
            held.seq = until
            return
        held.engine.feed(records)
        held.seq = seq


def _differing(made: engine.Engine, book: Book) -> list[Change]:
    """What a new engine holds to be open and the rows do not, and the other way round (a changed rule does that)."""
    held = {each.id: each for each in made.open_alerts()}
    known = set(Alert.objects.filter(cleared_at=None).values_list("id", flat=True))
    now_ms = round(clock.now().timestamp() * 1000)
    new = [
        Change(each.raised_ms, What.SUPPRESSED if each.suppressed_by else What.RAISED, each)
        for each in held.values()
        if each.id not in known
    ]
    cases = {(each.kind, _case(book.rules[each.kind], each)) for each in held.values()}
    gone = [
        Change(now_ms, What.CLEARED, _ended(row, now_ms))
        for row in Alert.objects.filter(cleared_at=None)
        if row.id not in held and (row.kind, row.case) not in cases
    ]
    return [*gone, *new]


def _ended(row: Alert, now_ms: int) -> Found:
    nowhere = float("nan")
    return Found(
        row.id, row.kind, engine.Severity(row.severity), row.source, row.on, nowhere, nowhere,
        round(row.raised_at.timestamp() * 1000), now_ms, (), row.agreeing, row.repeats, row.suppressed_by, True,
    )  # fmt: skip


def _quiet() -> tuple[Quiet, ...]:
    """Works on a street explain the traffic on it."""
    now = clock.now()
    kinds = tuple(rule.name for rule in engine.shipped() if rule.family in QUIET_FAMILIES)
    rows = Works.objects.filter(
        cancelled_at=None, until_at__gt=now - limits.REPLAY, from_at__lt=now + timedelta(days=2)
    )
    return tuple(
        Quiet(row.street, round(row.from_at.timestamp() * 1000), round(row.until_at.timestamp() * 1000), kinds)
        for row in rows.order_by("id")
    )


def _case(rule: Rule, found: Found) -> str:
    """What a second cause must share to be the same alert, as the engine's own desk has it."""
    return {"entity": found.source, "on": found.on or found.source, "kind": ""}.get(rule.dedup, f"@{found.id}")


class _Writer:
    """Changes become rows, steps and events. Written again, they change nothing."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._critical: list[Alert] = []

    def write(self, changes: Iterable[Change]) -> None:
        """In the order of their instants."""
        for change in changes:
            rule = self.book.rules.get(change.alert.kind)
            if rule is not None:
                self._write(change, rule)

    def tell(self) -> None:
        """Tell who holds an alert, or else every operator, in her language: a critical one does not wait to be found.

        A storm of them comes in one line: a phone that rings a hundred times is put away.
        """
        if not self._critical:
            return
        operators = identity.people_with_role(Role.OPERATOR)[: limits.TOLD_MAX]
        for_whom: dict[UUID, list[Alert]] = {}
        rows_now, self._critical = self._critical, []
        for row in rows_now:
            for person_id in [row.holder_id] if row.holder_id else operators:
                for_whom.setdefault(person_id, []).append(row)
        for person in identity.persons(for_whom).values():
            spoken, rows = "fr" if person.language.startswith("fr") else "en", for_whom[person.id]
            titles = [self.book.rules[row.kind].title[spoken] for row in rows]
            if len(rows) > limits.TOLD_APART_MAX:
                with translation.override(spoken):
                    title = pgettext("city", "%(n)s critical alerts at once") % {"n": len(rows)}
                said = "; ".join(f"{name}: {row.on or row.source}" for name, row in zip(titles, rows, strict=True))
                notify(person.id, title, said, f"{reverse('city:inbox')}?severity={CRITICAL}")
                continue
            for name, row in zip(titles, rows, strict=True):
                body = f"{row.on or row.source}. {row.reason[spoken]}"
                notify(person.id, name, body, reverse("city:alert", args=[row.id]))

    def _write(self, change: Change, rule: Rule) -> None:
        found, at = change.alert, _instant(change.at_ms)
        row = Alert.objects.select_for_update().filter(id=found.id).first()
        if row is None or row.cleared_at is not None:
            # Engines of different rules name one case by different ids: of its rows the open one is meant.
            open_ones = Alert.objects.select_for_update().filter(kind=found.kind, cleared_at=None)
            row = open_ones.filter(case=_case(rule, found)).first() or row
        if row is None:
            if change.what is not What.CLEARED:
                self._raise(change, rule)
            return
        before = (row.cleared_at, row.suppressed_by)
        row.agreeing, row.repeats = max(row.agreeing, found.agreeing), max(row.repeats, found.repeats)
        row.changed_at, row.suppressed_by, row.silent = max(row.changed_at, at), found.suppressed_by, found.silent
        row.cleared_at = at if change.what is What.CLEARED else None
        if change.what is What.REOPENED and row.state == "closed" and row.verdict == "true":
            # It was true, was dealt with, and is back: somebody must look again. What was false or planned stays shut.
            row.state, row.verdict, row.closed_at, row.holder_id = "new", "", None, None
            row.revision += 1
        row.save()
        if (row.cleared_at, row.suppressed_by) == before and change.what is not What.REOPENED:
            return
        AlertStep.objects.create(alert=row, at=at, what=str(change.what))
        if not row.suppressed_by:
            self._say(row, change.what)

    def _raise(self, change: Change, rule: Rule) -> None:
        found, at = change.alert, _instant(change.at_ms)
        row = Alert.objects.create(
            id=found.id,
            kind=found.kind,
            case=_case(rule, found),
            severity=str(found.severity),
            desk=rule.owner,
            source=found.source,
            on=found.on,
            x_m=None if found.x_m != found.x_m else found.x_m,
            y_m=None if found.y_m != found.y_m else found.y_m,
            raised_at=_instant(found.raised_ms),
            changed_at=at,
            reason={language: engine.reason(found, rule, language) for language in ("en", "fr")},
            evidence=[_plain(each) for each in found.evidence],
            evidence_until=at + timedelta(days=rule.evidence_days),
            agreeing=found.agreeing,
            repeats=found.repeats,
            suppressed_by=found.suppressed_by,
            rule_number=self.book.numbers.get(found.kind, 0),
        )
        AlertStep.objects.create(alert=row, at=at, what=str(change.what))
        if not row.suppressed_by:
            self._say(row, change.what)

    def _say(self, row: Alert, what: What) -> None:
        about = {"alert": row.id, "kind": row.kind, "source": row.source, "on": row.on}
        if what in _SHOWN:
            emit("city.alert_raised", subject_id=None, data={**about, "severity": row.severity, "at": row.changed_at})
            # What was judged false or planned stays shut, and nobody is called for it again.
            if row.severity == CRITICAL and row.state != "closed":
                self._critical.append(row)
        elif what is What.CLEARED:
            emit("city.alert_cleared", subject_id=None, data={**about, "at": row.changed_at})


def _plain(record: Record) -> dict[str, Any]:
    told = asdict(record)
    place = {name: told[name] for name in ("x_m", "y_m") if told[name] == told[name]}
    return {
        "at": engine.instant(record.at_ms),
        "stream": record.stream,
        "id": record.id,
        "on": record.on,
        **place,
        **record.values,
    }


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
