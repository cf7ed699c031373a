"""Mandates: letting somebody act for you, within limits and until a day."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import limits, queries
from bocage.kernel.identity.models import Mandate, Membership, Person
from bocage.kernel.identity.standing import EVERYTHING
from bocage.kernel.identity.telling import tell
from bocage.kernel.identity.tokens import known_scopes
from bocage.kernel.identity.types import StaffRole


def grant_mandate(
    principal_id: UUID, agent_id: UUID, scopes: Collection[str], *, ends_at: datetime, starts_at: datetime | None = None
) -> UUID:
    """Let `agent_id` act for `principal_id` (a person or an organisation) within `scopes`. The mandate's id.

    The caller has seen to it that the principal wants this: `grant_mandate` is called for the signed-in person
    herself, for an organisation by its owner, or by two operators for somebody who cannot (a child, a ward).
    """
    starts_at = starts_at or now()
    wanted = clean_scopes(scopes, also=frozenset({EVERYTHING}))
    if principal_id == agent_id:
        raise Refusal("mandate_for_self", _("You act for yourself already."), field="agent")
    if not starts_at < ends_at <= starts_at + limits.MANDATE_LIFE_MAX or ends_at <= now():
        raise Refusal("mandate_end", _("A mandate ends on a later day, within five years."), field="ends_at")
    if not Person.objects.filter(id=agent_id, is_active=True, deceased_on=None).exists():
        raise not_found(_("There is no such person."), field="agent")
    live = Mandate.objects.filter(revoked_at=None, ends_at__gt=now())
    if live.filter(principal_id=principal_id).count() >= limits.MANDATES_PER_PRINCIPAL_MAX:
        raise Refusal("too_many_mandates", _("End one of the 20 mandates you have given first."))
    if live.filter(agent_id=agent_id).count() >= limits.MANDATES_PER_AGENT_MAX:
        raise Refusal("too_many_mandates", _("This person already acts for 50 others."), field="agent")
    row = Mandate.objects.create(
        principal_id=principal_id, agent_id=agent_id, scopes=wanted, starts_at=starts_at, ends_at=ends_at
    )
    data = {
        "mandate_id": str(row.id),
        "principal_id": str(principal_id),
        "agent_id": str(agent_id),
        "scopes": wanted,
        "ends_at": ends_at.isoformat(),
    }
    emit("identity.mandate_granted", subject_id=principal_id, data=data)
    name = queries.party_name(principal_id)
    tell(agent_id, lambda: (_("You may now act for %(name)s") % {"name": name}, ""), "/me/acting")
    return row.id


def revoke_mandate(mandate_id: UUID, by_id: UUID) -> None:
    """End a mandate now: its principal, an owner of the principal, or the agent may. Twice is the same as once."""
    row = Mandate.objects.select_for_update().filter(id=mandate_id).first()
    if row is None or not _may_end(row, by_id):
        raise not_found(_("There is no such mandate."))
    if row.revoked_at is None:
        end(row, by_id)
        agent = queries.party_name(row.agent_id)
        principal = queries.party_name(row.principal_id)
        if by_id == row.agent_id:
            words = lambda: (_("%(name)s no longer acts for you") % {"name": agent}, "")  # noqa: E731
            tell(row.principal_id, words, "/me/acting")
        else:
            words = lambda: (_("You no longer act for %(name)s") % {"name": principal}, "")  # noqa: E731
            tell(row.agent_id, words, "/me/acting")


def end(row: Mandate, by_id: UUID | None) -> None:
    """Mark the mandate ended and tell the log."""
    row.revoked_at, row.revoked_by_id = now(), by_id
    row.save(update_fields=["revoked_at", "revoked_by_id"])
    data = {"mandate_id": str(row.id), "by": str(by_id) if by_id else None}
    emit("identity.mandate_ended", subject_id=row.principal_id, data=data)


def clean_scopes(scopes: Collection[str], *, also: frozenset[str] = frozenset()) -> list[str]:
    """`scopes`, sorted, each one known. Raises a `Refusal` for none, too many or an unknown one."""
    wanted = sorted(set(scopes))
    if not wanted or len(wanted) > limits.SCOPES_MAX:
        raise Refusal("scopes_needed", _("Choose between 1 and 20 things that it allows."), field="scopes")
    known = known_scopes()
    services = {f"{name.partition(':')[0]}:*" for name in known} if also else set()
    for scope in wanted:
        if scope not in known and scope not in also and scope not in services:
            raise Refusal("scope_unknown", _("No service knows %(scope)s.") % {"scope": scope[:40]}, field="scopes")
    return wanted


def require_principal(person_id: UUID, principal_id: UUID) -> None:
    """Raise a `Refusal` unless the person may give a mandate for the principal: herself, or as an owner."""
    if person_id == principal_id:
        return
    owners = Membership.objects.filter(organisation_id=principal_id, role=StaffRole.OWNER)
    if not owners.filter(person_id=person_id).exists():
        raise forbidden(_("Only the person concerned or an owner may give a mandate."))


def _may_end(row: Mandate, by_id: UUID) -> bool:
    if by_id in {row.agent_id, row.principal_id}:
        return True
    owners = Membership.objects.filter(organisation_id=row.principal_id, role=StaffRole.OWNER)
    return owners.filter(person_id=by_id).exists()
