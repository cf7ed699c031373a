"""A person's rights over what is held of them: to have all of it, and to have it erased."""

import json
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.consent.actions import withdraw
from bocage.kernel.consent.packages import holders
from bocage.kernel.consent.queries import grants
from bocage.kernel.consent.types import Erasure, State
from bocage.kernel.errors import forbidden
from bocage.kernel.events.actions import emit
from bocage.kernel.keys import subject_keys

EXPORT_FORMAT = "bocage-export/1"


def export_all(person_id: UUID) -> dict[str, Any]:
    """Everything held of the person, by who holds it. Only plain JSON values; only for whoever acts for them."""
    _check(person_id)
    parts = {holder.name: holder.export(person_id) for holder in holders() if holder.export is not None}
    whole = {"format": EXPORT_FORMAT, "person_id": person_id, "exported_at": clock.now(), "parts": parts}
    plain: dict[str, Any] = json.loads(json.dumps(whole, cls=DjangoJSONEncoder))
    return plain


def erase_person(person_id: UUID) -> Erasure:
    """Erase what the law lets be erased, for good: every agreement ends, every holder erases, the key is destroyed.

    The answer names what was kept and why. Only for whoever acts for the person; ask them twice before calling it.
    """
    _check(person_id)
    for held in grants(person_id):
        if held.state is State.GRANTED:
            withdraw(person_id, held.purpose)
    erased, kept = [], []
    for holder in holders():
        if holder.erase is not None:
            kept += holder.erase(person_id)
            erased.append(holder.name)
    subject_keys.destroy(person_id)
    kept.append(_("The log keeps that something happened, encrypted with a key that no longer exists."))
    erasure = Erasure(person_id, tuple(erased), tuple(kept), clock.now())
    emit("person.erased", subject_id=None, data={"person_id": person_id, "kept": kept}, key=str(person_id))
    return erasure


def _check(person_id: UUID) -> None:
    actor = current_actor()
    if actor.service or actor.person_id != person_id or actor.subject_id != person_id:
        raise forbidden(_("Only the person themselves can ask for this."))
