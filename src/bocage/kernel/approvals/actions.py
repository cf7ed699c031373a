"""Propose, approve, reject, withdraw; and, with an alarm, do it alone."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.approvals import registry
from bocage.kernel.approvals.models import REASON_CHARACTERS_MAX, Proposal
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Role
from bocage.kernel.notifications.actions import notify

PROPOSAL_LIFE = timedelta(days=7)
PAYLOAD_CHARACTERS_MAX = 4000
OPEN_PER_MAKER_MAX = 50
REASON_CHARACTERS_MIN = 10


def propose(kind: str, payload: dict[str, Any], maker_id: UUID, *, reason: str) -> UUID:
    """Ask for `kind` to be done with `payload` (JSON), and tell those who may decide. The proposal's id.

    Raises a `Refusal` when the maker lacks the verb's role, or the payload or the reason will not do.
    """
    verb = _verb(kind)
    _require_role(maker_id, verb.maker)
    _check_reason(reason)
    if len(json.dumps(payload)) > PAYLOAD_CHARACTERS_MAX:
        raise Refusal("payload_too_long", _("This proposal is too long."), field="payload")
    says = verb.says(payload)
    if Proposal.objects.filter(maker_id=maker_id, state="open", expires_at__gt=now()).count() >= OPEN_PER_MAKER_MAX:
        raise Refusal("too_many_proposals", _("You have too many open proposals. Wait for some to be decided."))
    row = Proposal.objects.create(
        kind=kind, payload=payload, reason=reason, maker_id=maker_id, expires_at=now() + PROPOSAL_LIFE
    )
    acted("propose", maker_id, kind=kind, target_id=row.id)
    for person_id in identity.people_with_role(verb.checker):
        if person_id != maker_id:
            notify(person_id, _("A second pair of eyes is needed"), says, "/console/approvals")
    return row.id


def approve(proposal_id: UUID, checker_id: UUID, reason: str = "") -> None:
    """Agree, and do it in this transaction. The checker is never the maker."""
    row = _open(proposal_id)
    if row.maker_id == checker_id:
        raise forbidden(_("Somebody else must approve what you proposed."))
    verb = _verb(row.kind)
    _require_role(checker_id, verb.checker)
    _decide(row, "approved", checker_id, reason)
    acted("approve", checker_id, kind=row.kind, target_id=row.id)
    verb.execute(row.payload, row.maker_id)
    notify(row.maker_id, _("Your proposal was approved"), verb.says(row.payload), "/console/approvals")


def reject(proposal_id: UUID, checker_id: UUID, reason: str) -> None:
    """Disagree, with a reason that the maker reads."""
    row = _open(proposal_id)
    if row.maker_id == checker_id:
        raise forbidden(_("Withdraw your own proposal instead."))
    _require_role(checker_id, _verb(row.kind).checker)
    _check_reason(reason)
    _decide(row, "rejected", checker_id, reason)
    acted("reject", checker_id, kind=row.kind, target_id=row.id)
    notify(row.maker_id, _("Your proposal was rejected"), reason, "/console/approvals")


def withdraw(proposal_id: UUID, maker_id: UUID) -> None:
    """Take one's own proposal back."""
    row = _open(proposal_id)
    if row.maker_id != maker_id:
        raise forbidden(_("Only its maker may withdraw a proposal."))
    _decide(row, "withdrawn", maker_id, "")
    acted("withdraw", maker_id, kind=row.kind, target_id=row.id)


def break_glass(proposal_id: UUID, maker_id: UUID, reason: str) -> None:
    """Do one's own proposal alone, in an emergency: every approver and auditor is told at once, and why."""
    row = _open(proposal_id)
    if row.maker_id != maker_id:
        raise forbidden(_("Only its maker may break the glass for a proposal."))
    verb = _verb(row.kind)
    _require_role(maker_id, verb.maker)
    _check_reason(reason)
    _decide(row, "approved", None, reason)
    verb.execute(row.payload, row.maker_id)
    emit("operator.glass_broken", subject_id=None, data={"by": str(maker_id), "kind": row.kind, "target": str(row.id)})
    title = _("Alarm: %(name)s acted alone") % {"name": identity.party_name(maker_id)}
    watchers = {*identity.people_with_role(Role.APPROVER), *identity.people_with_role(Role.AUDITOR)}
    for person_id in watchers - {maker_id}:
        notify(person_id, title, f"{verb.says(row.payload)} {reason}", "/console/approvals")


def acted(act: str, person_id: UUID, *, kind: str = "", target_id: UUID | None = None) -> None:
    """Put an administrator's act in the log: who did what to which row, without any personal text."""
    data = {"by": str(person_id), "act": act, "kind": kind}
    if target_id is not None:
        data["target"] = str(target_id)
    emit("operator.acted", subject_id=None, data=data)


def expire_old() -> int:
    """Close the proposals whose time has run out; a periodic job calls it. How many there were."""
    moment = now()
    return Proposal.objects.filter(state="open", expires_at__lte=moment).update(state="expired", decided_at=moment)


def _verb(kind: str) -> registry.Verb:
    verb = registry.verb(kind)
    if verb is None:
        raise Refusal("unknown_verb", _("There is nothing to approve by this name."), field="kind")
    return verb


def _open(proposal_id: UUID) -> Proposal:
    row = Proposal.objects.select_for_update().filter(id=proposal_id).first()
    if row is None:
        raise not_found(_("There is no such proposal."))
    if row.state != "open":
        raise conflict("already_decided", _("This proposal was decided already."))
    if row.expires_at <= now():
        raise conflict("proposal_expired", _("This proposal has expired. Make a new one."))
    return row


def _decide(row: Proposal, state: str, checker_id: UUID | None, reason: str) -> None:
    row.state, row.checker_id, row.decided_at = state, checker_id, now()
    row.decision_reason = reason[:REASON_CHARACTERS_MAX]
    row.save(update_fields=["state", "checker_id", "decided_at", "decision_reason"])


def _require_role(person_id: UUID, role: Role) -> None:
    if role not in identity.roles(person_id):
        raise forbidden(_("This needs the role %(role)s.") % {"role": role.value})


def _check_reason(reason: str) -> None:
    if not REASON_CHARACTERS_MIN <= len(reason.strip()) <= REASON_CHARACTERS_MAX:
        raise Refusal("reason_needed", _("Give a reason of 10 to 500 characters; it is kept."), field="reason")
