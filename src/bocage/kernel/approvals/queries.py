"""Reads of proposals, for the operator's console."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.approvals import models, registry
from bocage.kernel.approvals.types import Proposal
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity

PAGE_ROWS_MAX = 100


def open_proposals() -> list[Proposal]:
    """What waits for a second person, oldest first."""
    rows = models.Proposal.objects.filter(state="open", expires_at__gt=now()).order_by("proposed_at")
    return _shown(list(rows[:PAGE_ROWS_MAX]))


def decided_proposals() -> list[Proposal]:
    """What was decided or ran out, the newest first."""
    rows = models.Proposal.objects.exclude(state="open", expires_at__gt=now()).order_by("-proposed_at")
    return _shown(list(rows[:PAGE_ROWS_MAX]))


def proposal(proposal_id: UUID) -> Proposal:
    """One proposal. Raises a `Refusal` (404) when there is none."""
    row = models.Proposal.objects.filter(id=proposal_id).first()
    if row is None:
        raise not_found(_("There is no such proposal."))
    return _shown([row])[0]


def _shown(rows: list[models.Proposal]) -> list[Proposal]:
    names = identity.party_names({row.maker_id for row in rows} | {row.checker_id for row in rows if row.checker_id})
    moment = now()
    return [
        Proposal(
            id=row.id,
            kind=row.kind,
            says=_sentence(row),
            payload=row.payload,
            reason=row.reason,
            state="expired" if row.state == "open" and row.expires_at <= moment else row.state,
            maker_id=row.maker_id,
            maker_name=names[row.maker_id],
            checker_id=row.checker_id,
            checker_name=names[row.checker_id] if row.checker_id else None,
            proposed_at=row.proposed_at,
            expires_at=row.expires_at,
            decided_at=row.decided_at,
            decision_reason=row.decision_reason,
        )
        for row in rows
    ]


def _sentence(row: models.Proposal) -> str:
    verb = registry.verb(row.kind)
    try:
        # A verb of a service that was removed since, or a person who is gone, must not hide the rest of the list.
        return verb.says(row.payload) if verb else row.kind
    except Refusal:
        return row.kind
