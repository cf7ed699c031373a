"""Organisations and their staff."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import handles, limits, queries
from bocage.kernel.identity.actions.people import clean_name
from bocage.kernel.identity.models import Membership, Organisation, Person
from bocage.kernel.identity.telling import tell
from bocage.kernel.identity.types import Organisation as OrganisationView
from bocage.kernel.identity.types import OrganisationKind, StaffRole
from bocage.kernel.keys import subject_keys


def create_organisation(
    *,
    name: str,
    owner_id: UUID,
    country: str,
    handle: str | None = None,
    kind: str = OrganisationKind.MERCHANT,
    mcc: str = "",
    verified: bool = False,
) -> OrganisationView:
    """Open an organisation whose first owner is `owner_id`. `mcc` is of ISO 18245, `country` of ISO 3166-1 alpha-2.

    Raises a `Refusal` for a taken handle, or for an owner who has 50 organisations already.
    """
    if kind not in set(OrganisationKind):
        raise Refusal("kind_unknown", _("This is no kind of organisation."), field="kind")
    if mcc and not (len(mcc) == 4 and mcc.isascii() and mcc.isdigit()):
        raise Refusal("mcc_form", _("A merchant category has four digits."), field="mcc")
    if not (len(country) == 2 and country.isascii() and country.isupper()):
        raise Refusal("country_form", _("A country is two capital letters, such as FR."), field="country")
    if Membership.objects.filter(person_id=owner_id).count() >= limits.ORGANISATIONS_PER_PERSON_MAX:
        raise Refusal("too_many_organisations", _("You work for 50 organisations already."))
    if not Person.objects.filter(id=owner_id).exists():
        raise not_found(_("There is no such person."), field="owner_id")
    row = Organisation.objects.create(
        name=clean_name(name),
        handle=handles.free(handle) if handle else handles.suggest(name),
        kind=OrganisationKind(kind).value,
        mcc=mcc,
        country=country,
        verified_at=now() if verified else None,
    )
    Membership.objects.create(organisation=row, person_id=owner_id, role=StaffRole.OWNER.value)
    subject_keys.ensure(row.id)
    data = {"handle": row.handle, "name": row.name, "kind": row.kind, "country": row.country, "mcc": row.mcc}
    emit("identity.organisation_created", subject_id=row.id, data=data)
    return queries.as_organisation(row)


def add_member(organisation_id: UUID, person_id: UUID, role: str, *, by_id: UUID) -> None:
    """Let a person work for the organisation, or change her role. Only an owner may; one owner always stays."""
    wanted = _staff_role(role)
    _require_owner(organisation_id, by_id)
    if not Person.objects.filter(id=person_id, is_active=True).exists():
        raise not_found(_("There is no such person."), field="person_id")
    row = Membership.objects.filter(organisation_id=organisation_id, person_id=person_id).first()
    if row is not None:
        if row.role == StaffRole.OWNER and wanted is not StaffRole.OWNER:
            _keep_an_owner(organisation_id, person_id)
        row.role = wanted.value
        row.save(update_fields=["role"])
    else:
        if Membership.objects.filter(organisation_id=organisation_id).count() >= limits.MEMBERS_PER_ORGANISATION_MAX:
            raise Refusal("too_many_members", _("This organisation has 200 members already."))
        Membership.objects.create(organisation_id=organisation_id, person_id=person_id, role=wanted.value)
    data = {"person_id": str(person_id), "role": wanted.value}
    emit("identity.member_added", subject_id=organisation_id, data=data)
    if person_id != by_id:
        name = queries.party_name(organisation_id)
        tell(person_id, lambda: (_("You now work for %(name)s") % {"name": name}, ""), "/me/acting")


def remove_member(organisation_id: UUID, person_id: UUID, *, by_id: UUID) -> None:
    """End a person's work for the organisation: an owner may, and everybody may leave; one owner always stays."""
    if person_id != by_id:
        _require_owner(organisation_id, by_id)
    row = Membership.objects.filter(organisation_id=organisation_id, person_id=person_id).first()
    if row is None:
        raise not_found(_("This person does not work here."), field="person_id")
    if row.role == StaffRole.OWNER:
        _keep_an_owner(organisation_id, person_id)
    row.delete()
    emit("identity.member_removed", subject_id=organisation_id, data={"person_id": str(person_id)})


def verify_organisation(organisation_id: UUID) -> None:
    """The organisation's papers were checked; reached through a proposal alone."""
    if not Organisation.objects.filter(id=organisation_id).update(verified_at=now()):
        raise not_found(_("There is no such organisation."))
    emit("identity.organisation_verified", subject_id=organisation_id, data={})


def _staff_role(role: str) -> StaffRole:
    try:
        return StaffRole(role)
    except ValueError:
        raise Refusal("role_unknown", _("A role is owner, manager, cashier or auditor."), field="role") from None


def _require_owner(organisation_id: UUID, person_id: UUID) -> None:
    # The lock makes two owners who remove one another at the same instant wait for each other.
    if not Organisation.objects.select_for_update().filter(id=organisation_id).exists():
        raise not_found(_("There is no such organisation."))
    owners = Membership.objects.filter(organisation_id=organisation_id, role=StaffRole.OWNER)
    if not owners.filter(person_id=person_id).exists():
        raise forbidden(_("Only an owner of the organisation may do this."))


def _keep_an_owner(organisation_id: UUID, person_id: UUID) -> None:
    Organisation.objects.select_for_update().get(id=organisation_id)
    owners = Membership.objects.filter(organisation_id=organisation_id, role=StaffRole.OWNER)
    if not owners.exclude(person_id=person_id).exists():
        raise conflict("last_owner", _("Name another owner first: an organisation always has one."), field="role")
