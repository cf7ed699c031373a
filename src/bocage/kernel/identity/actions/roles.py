"""Roles for the whole town: the first by the shell, every other one by two people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.approvals.actions import propose
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity.models import Person, RoleGrant
from bocage.kernel.identity.telling import tell
from bocage.kernel.identity.types import ROLE_NAMES, Role


def bootstrap_role(person_id: UUID, role: str, *, reason: str) -> None:
    """Give a role without a second person: for the command line alone, whose user holds the database anyway."""
    set_role(person_id, clean_role(role), by_id=None, reason=reason, ends_at=None)


def grant_role(maker_id: UUID, person_id: UUID, role: str, *, reason: str, ends_at: datetime | None = None) -> UUID:
    """Propose that a person gets a role (until `ends_at`); an approver decides. The proposal's id."""
    payload: dict[str, Any] = {"person_id": str(person_id), "role": clean_role(role).value}
    if ends_at is not None:
        payload["ends_at"] = ends_at.isoformat()
    return propose("identity.grant_role", payload, maker_id, reason=reason)


def revoke_role(maker_id: UUID, person_id: UUID, role: str, *, reason: str) -> UUID:
    """Propose that a person loses a role; an approver decides. The proposal's id."""
    payload = {"person_id": str(person_id), "role": clean_role(role).value}
    return propose("identity.revoke_role", payload, maker_id, reason=reason)


def set_role(person_id: UUID, role: Role, *, by_id: UUID | None, reason: str, ends_at: datetime | None) -> None:
    """Give the role now. Giving one that the person has changes its end."""
    if not Person.objects.filter(id=person_id, is_active=True).exists():
        raise not_found(_("There is no such person."), field="person_id")
    RoleGrant.objects.update_or_create(
        person_id=person_id,
        role=role.value,
        revoked_at=None,
        defaults={"granted_by_id": by_id, "granted_at": now(), "ends_at": ends_at, "reason": reason},
    )
    data = {"person_id": str(person_id), "role": role.value, "by": str(by_id) if by_id else None}
    emit("identity.role_granted", subject_id=None, data=data)
    tell(person_id, lambda: (_("You are now %(role)s of the town") % {"role": ROLE_NAMES[role]}, reason), "/console/")


def unset_role(person_id: UUID, role: Role, *, by_id: UUID | None) -> None:
    """Take the role back now."""
    if not RoleGrant.objects.filter(person_id=person_id, role=role.value, revoked_at=None).update(revoked_at=now()):
        raise not_found(_("This person does not have this role."), field="role")
    data = {"person_id": str(person_id), "role": role.value, "by": str(by_id) if by_id else None}
    emit("identity.role_revoked", subject_id=None, data=data)
    tell(person_id, lambda: (_("You are no longer %(role)s of the town") % {"role": ROLE_NAMES[role]}, ""))


def clean_role(role: str) -> Role:
    """The role of this name. Raises a `Refusal` for an unknown one."""
    try:
        return Role(role)
    except ValueError:
        raise Refusal("role_unknown", _("A role is operator, approver, auditor or support."), field="role") from None
