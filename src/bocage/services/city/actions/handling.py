"""What operators do with an alert: take it over, hand it on, close it with a reason. Each step says who and when.

Every act names the `revision` of the alert that its operator looked at. Two who act at once are put in order by the
row's lock: the first is obeyed, the second is told who did what, and nothing of hers is done.
"""

from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Role
from bocage.kernel.notifications.actions import notify
from bocage.services.city import limits, words
from bocage.services.city.models import VERDICTS, Alert, AlertStep


def take_over(alert_id: str, operator_id: UUID, revision: int) -> None:
    """It is mine to look after. Taking again what is mine changes nothing."""
    row = _locked(alert_id)
    if row.state == "taken" and row.holder_id == operator_id:
        return
    _require(row, revision)
    row.state, row.holder_id = "taken", operator_id
    _step(row, "taken", operator_id)


def hand_over(alert_id: str, operator_id: UUID, revision: int, handle: str, note: str) -> None:
    """Somebody else looks after it from now on, and is told why."""
    other = identity.person_by_handle(handle.strip().removeprefix("@"))
    if other is None or other.id not in identity.people_with_role(Role.OPERATOR):
        raise Refusal("not_an_operator", _("Nobody of this handle is an operator of the town."), field="handle")
    words_of = _note(note, least=1)
    row = _locked(alert_id)
    _require(row, revision)
    if other.id == operator_id:
        raise Refusal("yourself", _("You have it already. Hand it to somebody else."), field="handle")
    row.state, row.holder_id = "taken", other.id
    _step(row, "handed", operator_id, to_id=other.id, note=words_of)
    name = identity.party_name(operator_id)
    with translation.override(other.language):
        title = _("%(name)s handed you an alert") % {"name": name}
    notify(other.id, title, words_of, reverse("city:alert", args=[row.id]))


def close(alert_id: str, operator_id: UUID, revision: int, verdict: str, note: str) -> None:
    """It was true and is dealt with, or false, or a duplicate, or planned. Anybody on duty may close it."""
    if verdict not in VERDICTS:
        raise Refusal("bad_verdict", _("Choose why you close it."), field="verdict")
    words_of = _note(note, least=0)
    row = _locked(alert_id)
    if row.state == "closed" and row.verdict == verdict and row.holder_id == operator_id:
        return
    _require(row, revision)
    row.state, row.verdict, row.closed_at, row.holder_id = "closed", verdict, clock.now(), operator_id
    _step(row, verdict, operator_id, note=words_of)
    data = {"alert": row.id, "kind": row.kind, "verdict": verdict, "by": operator_id}
    emit("city.alert_closed", subject_id=None, data=data)


def open_again(alert_id: str, operator_id: UUID, revision: int) -> None:
    """Closed by mistake: it is in the inbox again, with whom opened it."""
    row = _locked(alert_id)
    if row.revision != revision or row.state != "closed":
        raise _changed(row)
    row.state, row.verdict, row.closed_at, row.holder_id = "taken", "", None, operator_id
    _step(row, "opened", operator_id)


def _locked(alert_id: str) -> Alert:
    row = Alert.objects.select_for_update().filter(id=alert_id).first()
    if row is None:
        raise not_found(_("There is no such alert."))
    return row


def _require(row: Alert, revision: int) -> None:
    if row.revision != revision or row.state == "closed":
        raise _changed(row)


def _changed(row: Alert) -> Refusal:
    last = row.steps.exclude(by_id=None).order_by("-at", "-id").first()
    who = identity.party_name(last.by_id) if last is not None and last.by_id else _("the rules")
    did = words.STEPS[last.what] if last is not None else words.STEPS["reopened"]
    return conflict(
        "alert_changed",
        _("Meanwhile: %(what)s, by %(name)s. Nothing of yours was done; look at it again.")
        % {"what": did, "name": who},
    )


def _step(row: Alert, what: str, by_id: UUID, *, to_id: UUID | None = None, note: str = "") -> None:
    row.revision += 1
    row.save(update_fields=["state", "holder_id", "verdict", "closed_at", "revision"])
    AlertStep.objects.create(alert=row, at=clock.now(), what=what, by_id=by_id, to_id=to_id, note=note)


def _note(text: str, *, least: int) -> str:
    text = text.strip()
    if not least <= len(text) <= limits.NOTE_CHARACTERS_MAX or "\0" in text:
        raise Refusal(
            "bad_note",
            _("Write %(least)s to %(most)s characters.") % {"least": least, "most": limits.NOTE_CHARACTERS_MAX},
            field="note",
        )
    return text
