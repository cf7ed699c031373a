"""The facts that identity puts in the log."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType, Text

SCOPES: dict[str, Text] = {
    "me:read": _("See who you are, what you agreed to and who looked"),
    "me:write": _("Answer for you what services ask to see"),
    "ledger:batch": _("Post many transfers at once from an organisation's own accounts"),
}

_MANDATE = {"mandate_id": "uuid", "principal_id": "uuid", "agent_id": "uuid", "scopes": "list", "ends_at": "datetime"}

EVENTS: tuple[EventType, ...] = (
    EventType(
        "identity.registered", _("Somebody joined."), {"handle": "string", "name": "string", "language": "string"}
    ),
    EventType("identity.signed_in", _("A person signed in."), {"method": "string", "device": "string"}),
    EventType("identity.tier_changed", _("A person's contact or document was checked."), {"tier": "string"}),
    EventType("identity.frozen", _("An account was frozen."), {"by": "uuid?", "reason": "string"}),
    EventType("identity.unfrozen", _("A frozen account was opened again."), {"by": "uuid?"}),
    EventType(
        "identity.death_recorded", _("A person's death was recorded."), {"died_on": "date", "executor_id": "uuid?"}
    ),
    EventType("identity.death_undone", _("A death recorded by mistake was undone."), {}),
    EventType("identity.mandate_granted", _("Somebody may now act for somebody else."), _MANDATE),
    EventType(
        "identity.mandate_ended", _("A mandate was ended before its time."), {"mandate_id": "uuid", "by": "uuid?"}
    ),
    EventType(
        "identity.token_created",
        _("An API token was made."),
        {"token_id": "uuid", "name": "string", "scopes": "list", "expires_at": "datetime"},
    ),
    EventType("identity.token_revoked", _("An API token was revoked."), {"token_id": "uuid"}),
    EventType("identity.recovery_opened", _("Somebody asked to get back into an account."), {"case_id": "uuid"}),
    EventType(
        "identity.recovery_proof",
        _("A proof was given in a recovery."),
        {"case_id": "uuid", "kind": "string"},
    ),
    EventType("identity.recovery_cancelled", _("A recovery was stopped."), {"case_id": "uuid", "by": "uuid?"}),
    EventType("identity.recovered", _("A person got back into the account."), {"case_id": "uuid"}),
    EventType(
        "identity.organisation_created",
        _("An organisation was opened."),
        {"handle": "string", "name": "string", "kind": "string", "country": "string", "mcc": "string"},
    ),
    EventType("identity.organisation_verified", _("An organisation's papers were checked."), {}),
    EventType(
        "identity.member_added", _("Somebody joined an organisation's staff."), {"person_id": "uuid", "role": "string"}
    ),
    EventType("identity.member_removed", _("Somebody left an organisation's staff."), {"person_id": "uuid"}),
    EventType(
        "identity.role_granted",
        _("Somebody was given a role for the whole town."),
        {"person_id": "uuid", "role": "string", "by": "uuid?"},
    ),
    EventType(
        "identity.role_revoked",
        _("A role for the whole town was taken back."),
        {"person_id": "uuid", "role": "string", "by": "uuid?"},
    ),
    EventType(
        "identity.client_registered",
        _("A program may offer sign-in with Bocage."),
        {"client_id": "string", "by": "uuid"},
    ),
)


def export(person_id: UUID) -> dict[str, Any]:
    """What identity holds of the person."""
    # Imported when called: this module is read while the apps are still being loaded.
    from bocage.kernel.identity import rights

    return rights.export(person_id)


def erase(person_id: UUID) -> list[str]:
    """Close the person's account; what is kept, in words."""
    from bocage.kernel.identity import rights

    return rights.erase(person_id)
