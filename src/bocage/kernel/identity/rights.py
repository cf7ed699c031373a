"""What identity holds of a person, to take along and to erase."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from bocage.kernel.errors import conflict
from bocage.kernel.identity import queries
from bocage.kernel.identity.actions.mandates import end
from bocage.kernel.identity.actions.stops import sign_out_everywhere
from bocage.kernel.identity.models import (
    ApiToken,
    CounterCode,
    Mandate,
    Membership,
    Person,
    RecoveryCase,
    RoleGrant,
    TrustedPerson,
)
from bocage.kernel.identity.types import StaffRole

ERASED_NAME = "—"


def export(person_id: UUID) -> dict[str, Any]:
    """Everything that identity holds of the person, secrets left out."""
    row = Person.objects.get(id=person_id)
    person = queries.as_person(row)
    return {
        "profile": {
            "id": person.id,
            "handle": person.handle,
            "display_name": person.display_name,
            "email": person.email,
            "language": person.language,
            "time_zone": person.time_zone,
            "tier": person.tier,
            "joined_at": row.created_at,
            "last_sign_in_at": row.last_login,
        },
        "organisations": [
            {"name": each.organisation_name, "role": each.role} for each in queries.memberships(person_id)
        ],
        "mandates_given": [_mandate(each.agent_name, each) for each in queries.mandates_given(person_id)],
        "mandates_held": [_mandate(each.principal_name, each) for each in queries.mandates_for(person_id)],
        "api_tokens": [
            {"name": each.name, "scopes": sorted(each.scopes), "created_at": each.created_at, "ends": each.expires_at}
            for each in queries.tokens(person_id)
        ],
        "programs": [{"name": each.name, "scopes": sorted(each.scopes)} for each in queries.programs_of(person_id)],
        "trusted_people": [{"name": each.name, "agreed": each.agreed} for each in queries.trusted_people(person_id)],
        "devices": [
            {"browser": each.user_agent, "address": each.ip, "signed_in_at": each.created_at}
            for each in UserSession.objects.filter(user_id=person_id)
        ],
        "passkeys": [
            {"name": str(each.wrap().name), "made_at": each.created_at, "last_used_at": each.last_used_at}
            for each in Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.WEBAUTHN)
        ],
    }


def erase(person_id: UUID) -> list[str]:
    """Close the account and forget who it was; what is kept, and why. Refuses while she alone owns an organisation."""
    for owned in Membership.objects.filter(person_id=person_id, role=StaffRole.OWNER).select_related("organisation"):
        others = Membership.objects.filter(organisation_id=owned.organisation_id, role=StaffRole.OWNER)
        if not others.exclude(person_id=person_id).exists():
            message = _("You alone own %(name)s: name another owner first.") % {"name": owned.organisation.name}
            raise conflict("last_owner", message)
    for mandate in Mandate.objects.filter(principal_id=person_id, revoked_at=None):
        end(mandate, person_id)
    sign_out_everywhere(person_id)
    for model in (ApiToken, CounterCode, Membership, RecoveryCase, RoleGrant, TrustedPerson):
        model.objects.filter(person_id=person_id).delete()
    TrustedPerson.objects.filter(trusted_id=person_id).delete()
    Mandate.objects.filter(agent_id=person_id).delete()
    Authenticator.objects.filter(user_id=person_id).delete()
    EmailAddress.objects.filter(user_id=person_id).delete()
    row = Person.objects.get(id=person_id)
    row.display_name, row.email, row.is_active, row.last_login = ERASED_NAME, None, False, None
    row.set_unusable_password()
    row.save()
    return [_("Your handle stays taken, so that nobody else is ever paid in your place.")]


def _mandate(other: str, mandate: Any) -> dict[str, Any]:
    return {
        "other": other,
        "scopes": sorted(mandate.scopes),
        "starts": mandate.starts_at,
        "ends": mandate.ends_at,
        "ended_early": mandate.revoked_at,
    }
