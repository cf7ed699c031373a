"""A citizen's report: made once, answered by operators, each change told to her. The town reads it while she agrees."""

import unicodedata
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from psycopg.errors import LockNotAvailable

from bocage.engines.alerts import Record
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals.actions import acted
from bocage.kernel.blobs import actions as blobs
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent.actions import record_read
from bocage.kernel.consent.purposes import consent_needed
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.notifications.actions import notify
from bocage.services.city import limits, rulebook, words
from bocage.services.city.actions import observing
from bocage.services.city.models import REPORT_STATES, Judging, Report, ReportStep
from bocage.services.city.town_map import town_map

PURPOSE = "city.report"
READER = "operator"
ENDED = ("done", "declined")


def agree(person_id: UUID) -> None:
    """She lets the town's operators read what she reports."""
    if not is_granted(person_id, PURPOSE):
        consent.grant(person_id, PURPOSE)


def report(
    person_id: UUID,
    report_id: UUID,
    kind: str,
    *,
    street: str,
    point_m: tuple[float, float] | None = None,
    said: str = "",
    photo: bytes | None = None,
    photo_type: str = "",
) -> UUID:
    """Report a problem on a street, at a point of the map where she gave one. The same `report_id` reports once.

    A photo loses all that its camera wrote into it. Raises a `Refusal` for a place off the map, too much text, more
    than ten reports a day, a file that is no picture, and without her agreement.
    """
    if not is_granted(person_id, PURPOSE):
        raise consent_needed(PURPOSE)
    if Report.objects.filter(id=report_id, person_id=person_id).exists():
        return report_id
    if kind not in words.REPORTS:
        raise Refusal("bad_kind", _("Choose what it is about."), field="kind")
    street, point_m = _place(street, point_m)
    said = _text(said, "words", least=0)
    now = clock.now()
    lately = Report.objects.filter(person_id=person_id, at__gt=now - timedelta(days=1))
    if lately.count() >= limits.REPORTS_A_DAY_MAX:
        raise Refusal(
            "too_many_reports", _("You have reported ten things in a day. Thank you; go on tomorrow."), status=429
        )
    photo_id = blobs.put(person_id, "report", photo, photo_type).id if photo is not None else None
    try:
        with transaction.atomic():
            row = Report.objects.create(
                id=report_id, person_id=person_id, kind=kind, street=street, words=said, photo_id=photo_id, at=now,
                x_m=point_m[0] if point_m else None, y_m=point_m[1] if point_m else None,
            )  # fmt: skip
    except IntegrityError:
        raise conflict("id_taken", _("This report was sent before. Load the page again for a new one.")) from None
    ReportStep.objects.create(report=row, person_id=person_id, at=now, state="new")
    emit("city.reported", subject_id=person_id, data={"report": report_id, "kind": kind, "street": street})
    x_m, y_m = point_m or (float("nan"), float("nan"))
    # The rules hear what and where, never who: several reports of one place are an alert.
    at_ms = round(now.timestamp() * 1000)
    observing.store([Record(at_ms, "report", _named(report_id), {"about": kind}, street, x_m, y_m)])
    return report_id


def answer(report_id: UUID, operator_id: UUID, revision: int, state: str, said: str) -> None:
    """An operator takes it up, plans, ends or declines it, in words that its citizen reads; she is told at once.

    `revision` is that of the report which was looked at; of two who answer at once the second is refused.
    """
    if state not in REPORT_STATES[1:]:
        raise Refusal("bad_state", _("Choose what becomes of it."), field="state")
    said = _text(said, "answer", least=1)
    with acting_as(Actor.for_service("city")):
        row = Report.objects.select_for_update().filter(id=report_id).first()
        if row is None:
            raise not_found(_("There is no such report, or its citizen has taken her agreement back."))
        if row.person_id == operator_id:
            raise Refusal("own_report", _("This report is your own: another operator answers it."), status=403)
        if row.revision != revision:
            raise conflict("report_changed", _("Somebody has answered meanwhile. Look at it again."))
        now = clock.now()
        row.state, row.revision, row.answered_at = state, row.revision + 1, row.answered_at or now
        row.ended_at = now if state in ENDED else None
        row.save()
        ReportStep.objects.create(
            report=row, person_id=row.person_id, at=now, state=state, answer=said, by_id=operator_id
        )
        record_read(row.person_id, READER, PURPOSE, gettext_noop("a report of yours"))
        emit("city.report_answered", subject_id=row.person_id, data={"report": row.id, "state": state})
    _tell(row, said)
    acted("city.answer_report", operator_id, target_id=row.id)


def looked_at(person_id: UUID) -> None:
    """An operator has opened somebody's report: she finds it among her receipts."""
    record_read(person_id, READER, PURPOSE, gettext_noop("a report of yours"))


def erase(person_id: UUID) -> list[str]:
    """Delete her reports, what the stream and alerts' evidence hold of them, and alerts of one of them alone.

    An alert of several reports stays and names none of hers. Her photos go with her files.
    """
    names = [_named(report_id) for report_id in Report.objects.filter(person_id=person_id).values_list("id", flat=True)]
    if names:
        _let_no_engine_know()
        with connection.cursor() as cursor:
            cursor.execute("select bocage_city_forget_reports(%s, %s)", [names, _of_many()])
    ReportStep.objects.filter(person_id=person_id).delete()
    Report.objects.filter(person_id=person_id).delete()
    return []


def _let_no_engine_know() -> None:
    """Whoever judges has finished, and the next one's engine has never seen what goes.

    Raises a `Refusal` where judging takes longer than one waits for a lock.
    """
    try:
        with transaction.atomic():
            Judging.objects.select_for_update().get(id=1)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise conflict(
            "judging", _("The town is reading its sensors just now, your reports among them. Try again in a minute.")
        ) from error
    Judging.objects.filter(id=1).update(forgotten=F("forgotten") + 1)


def note_unanswered() -> int:
    """Say to the rules how long each report waits for its first answer; how many wait."""
    now = clock.now()
    at_ms = int(now.timestamp()) // 60 * 60_000
    waiting = Report.objects.filter(answered_at=None).order_by("id")[: limits.UNANSWERED_SAID_MAX]
    records = [
        Record(
            at_ms, "report", _named(row.id),
            {"about": row.kind, "age_hours": round((now - row.at).total_seconds() / 3600, 1)}, row.street,
        )
        for row in waiting
    ]  # fmt: skip
    observing.store(records)
    return len(records)


def _of_many() -> list[str]:
    """The kinds whose alert stands on several reports."""
    return [rule.name for rule in rulebook.in_force().rules.values() if rule.operator == "spatial_cluster"]


def _named(report_id: UUID) -> str:
    """A report's name in the stream."""
    return f"report {report_id.hex[-12:]}"


def _tell(row: Report, said: str) -> None:
    person = identity.persons([row.person_id]).get(row.person_id)
    if person is None:
        return
    with translation.override(person.language):
        title = _("Your report, %(street)s: %(state)s") % {
            "street": row.street,
            "state": words.REPORT_STATES[row.state],
        }
        notify(row.person_id, title, said, reverse("city:my-report", args=[row.id]))


def _place(street: str, point_m: tuple[float, float] | None) -> tuple[str, tuple[float, float] | None]:
    """Where it is: a street of the map, or the one nearest to the point; in words where the town has no map."""
    sheet = town_map()
    if not sheet.streets:
        return _text(street, "street", least=1, most=limits.STREET_CHARACTERS_MAX), None
    if point_m is not None and not sheet.contains(*point_m):
        raise Refusal("off_the_map", _("This place is not on the map of the town."), field="street")
    if not street and point_m is not None:
        street = sheet.nearest(*point_m)
    if not sheet.has(street):
        raise Refusal("no_such_street", _("Choose the street, or tap it on the map."), field="street")
    return street, point_m or sheet.middle_of(street)


def _text(text: str, field: str, *, least: int, most: int = limits.WORDS_CHARACTERS_MAX) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    bad = any(unicodedata.category(each) in {"Cc", "Cs"} and each not in "\r\n\t" for each in text)
    if bad or not least <= len(text) <= most:
        raise Refusal(
            "bad_text", _("Write %(least)s to %(most)s characters.") % {"least": least, "most": most}, field=field
        )
    return text
