"""Contesting a colour, and an official's answer."""

import json
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.approvals.actions import acted
from bocage.kernel.consent.actions import record_read
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.services.health import colouring, limits
from bocage.services.health.actions import deciding
from bocage.services.health.models import Appeal

READER = "operator"


def appeal(person_id: UUID, decision_id: UUID, words: str = "") -> Appeal:
    """Contest the colour that holds: suspended at once, or at the deadline where a positive test stands behind it.

    Once for the same facts; asking again answers with the same appeal. Raises a `Refusal` for a green colour, and for
    facts that were contested and answered.
    """
    words = words.strip()
    if len(words) > limits.WORDS_CHARACTERS_MAX or "\0" in words:
        raise Refusal("bad_words", _("Write 1,000 characters at most."), field="words")
    held = deciding.current(person_id)
    with own_tables("health"):
        mine = Appeal.objects.filter(person_id=person_id)
        same = mine.filter(decision_id=decision_id).first()
        if same:
            return same
        if held.id != decision_id:
            raise conflict("colour_changed", _("Your colour has changed meanwhile. Look at it again."))
        decision = json.loads(held.record)["decision"]
        if decision["computed"] == colouring.GREEN:
            raise Refusal("nothing_to_contest", _("Your colour is green: there is nothing to contest."))
        if any(set(held.facts) <= set(each.facts) for each in mine):
            raise conflict("appealed_already", _("You have contested this already. The answer is in your pass."))
        now = clock.now()
        row = Appeal.objects.create(
            person_id=person_id,
            decision_id=decision_id,
            facts=held.facts,
            words=words,
            suspends_at=now + limits.APPEAL_DEADLINE if decision["positive"] else now,
            at=now,
        )
    deciding.current(person_id)
    return row


def decide(appeal_id: UUID, official_id: UUID, *, agree: bool, answer: str) -> None:
    """An official agrees (the colour stays suspended for these facts) or keeps the colour, with reasons she reads."""
    answer = answer.strip()
    if not 10 <= len(answer) <= limits.WORDS_CHARACTERS_MAX or "\0" in answer:
        raise Refusal(
            "reason_needed", _("Give your reasons in 10 to 1,000 characters: the person reads them."), field="answer"
        )
    now = clock.now()
    with acting_as(Actor.for_service("health")):
        with own_tables("health"):
            row = Appeal.objects.select_for_update().filter(id=appeal_id).first()
            if row is None:
                raise not_found(_("There is no such appeal, or its 14 days are over."))
            if row.person_id == official_id:
                raise forbidden(_("This appeal is your own: another official answers it."))
            if row.state != "open":
                raise conflict("already_decided", _("This appeal was answered already."))
            row.state, row.answer, row.decided_at = "upheld" if agree else "kept", answer, now
            row.suspends_at = min(row.suspends_at, now) if agree else row.suspends_at
            row.save()
        record_read(row.person_id, READER, "", "Health")
        deciding.current(row.person_id)
        deciding.tell(row.person_id)
    acted("health.answer_appeal", official_id)
