"""Who may act for whom: actor is not subject.

A person may always act for herself; for somebody else only under a live mandate, and for an organisation as its staff
or under its mandate. A scope is `service:verb`; a mandate for `service:*` covers all of a service, `*` covers all.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.kernel.acting import current_actor
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, forbidden
from bocage.kernel.identity.models import Mandate, Membership, Organisation, Person
from bocage.kernel.identity.types import StaffRole

EVERYTHING = "*"
READ = "read"
# What staff may do in any service; a cashier takes payments but moves no money out.
STAFF_VERBS: dict[StaffRole, frozenset[str]] = {
    StaffRole.MANAGER: frozenset({READ, "write", "take"}),
    StaffRole.CASHIER: frozenset({"take"}),
    StaffRole.AUDITOR: frozenset({READ}),
}


@dataclass(frozen=True)
class Standing:
    """In what capacity somebody acts for another: the mandate's end, or None for staff; `scopes` for a mandate."""

    capacity: str
    until: datetime | None
    scopes: frozenset[str]


def covers(held: frozenset[str], scope: str) -> bool:
    """Whether the scopes `held` allow `scope`."""
    service = scope.partition(":")[0]
    return bool(held & {scope, f"{service}:*", EVERYTHING})


def live_mandate(person_id: UUID, principal_id: UUID, scope: str | None = None) -> Mandate | None:
    """A mandate that holds now for this agent and principal (and covers `scope`), or None."""
    moment = now()
    rows = Mandate.objects.filter(agent_id=person_id, principal_id=principal_id, revoked_at=None)
    for row in rows.filter(starts_at__lte=moment, ends_at__gt=moment).order_by("-ends_at"):
        if scope is None or covers(frozenset(row.scopes), scope):
            return row
    return None


def standing(person_id: UUID, subject_id: UUID) -> Standing | None:
    """The capacity in which the person may act for the subject now, or None."""
    if person_id == subject_id:
        return Standing("self", None, frozenset({EVERYTHING}))
    member = Membership.objects.filter(person_id=person_id, organisation_id=subject_id).first()
    if member:
        role = StaffRole(member.role)
        return Standing(role.value, None, _staff_scopes(role))
    moment = now()
    rows = Mandate.objects.filter(agent_id=person_id, principal_id=subject_id, revoked_at=None)
    live = list(rows.filter(starts_at__lte=moment, ends_at__gt=moment))
    if not live:
        return None
    scopes = frozenset(scope for row in live for scope in row.scopes)
    return Standing("mandate", max(row.ends_at for row in live), scopes)


def may(person_id: UUID, subject_id: UUID, scope: str) -> bool:
    """Whether the person may do `scope` for the subject now; a freeze of either leaves reading only."""
    service, _colon, verb = scope.partition(":")
    if verb != READ and is_frozen(person_id, subject_id):
        return False
    if person_id == subject_id:
        return True
    member = Membership.objects.filter(person_id=person_id, organisation_id=subject_id).first()
    if member and covers(_staff_scopes(StaffRole(member.role), service), scope):
        return True
    return live_mandate(person_id, subject_id, scope) is not None


def subject_for(person_id: UUID, requested_subject_id: UUID | None, scope: str) -> UUID:
    """The subject that the person acts for: herself when none is requested. Raises a `Refusal` when she may not."""
    subject_id = requested_subject_id or person_id
    if may(person_id, subject_id, scope):
        return subject_id
    if is_frozen(person_id, subject_id):
        raise Refusal("frozen", _("This account is frozen. Ask at the counter to have it opened again."), status=403)
    raise forbidden(_("You may not do this for somebody else: the mandate has ended or does not cover it."))


def require_scope(scope: str) -> UUID:
    """The running actor's subject, if the actor may do `scope` (`pay:write`) for it. Raises a `Refusal` otherwise."""
    actor = current_actor()
    if actor.person_id is None:
        raise forbidden(_("Sign in first."))
    return subject_for(actor.person_id, actor.subject_id, scope)


def is_frozen(*party_ids: UUID) -> bool:
    """Whether any of these people or organisations is frozen, closed or dead."""
    wanted = set(party_ids)
    stopped = Q(frozen_at__isnull=False) | Q(is_active=False) | Q(deceased_on__isnull=False)
    if Person.objects.filter(stopped, id__in=wanted).exists():
        return True
    return Organisation.objects.filter(id__in=wanted, frozen_at__isnull=False).exists()


def _staff_scopes(role: StaffRole, service: str = "") -> frozenset[str]:
    if role is StaffRole.OWNER:
        return frozenset({EVERYTHING})
    return frozenset(f"{service or EVERYTHING}:{verb}" for verb in STAFF_VERBS[role])
