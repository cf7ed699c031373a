"""What the rest of Bocage may ask about people and organisations."""

import hmac
from collections.abc import Collection, Iterable
from hashlib import sha256
from uuid import UUID

from allauth.idp.oidc.models import Client
from allauth.idp.oidc.models import Token as OidcToken
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bocage.kernel.clock import now
from bocage.kernel.errors import not_found
from bocage.kernel.identity import models
from bocage.kernel.identity.recovery_rules import OPEN_STATES, proofs
from bocage.kernel.identity.standing import is_frozen, may, require_scope, standing, subject_for
from bocage.kernel.identity.tokens import authenticate_token, known_scopes
from bocage.kernel.identity.types import (
    Mandate,
    Membership,
    Organisation,
    OrganisationKind,
    Party,
    Person,
    Program,
    RecoveryCase,
    RegisteredProgram,
    Role,
    StaffRole,
    Subject,
    Tier,
    Token,
    TrustedPerson,
)

__all__ = [
    "authenticate_token",
    "is_frozen",
    "known_scopes",
    "mandates_for",
    "mandates_given",
    "may",
    "members",
    "memberships",
    "organisation",
    "organisation_by_handle",
    "organisations",
    "party",
    "party_by_handle",
    "party_name",
    "party_names",
    "people_with_role",
    "person",
    "person_by_email",
    "person_by_handle",
    "persons",
    "programs_of",
    "recovery_asks",
    "recovery_case",
    "recovery_of",
    "registered_programs",
    "require_scope",
    "roles",
    "search_people",
    "standing",
    "subject_for",
    "subjects_of",
    "tokens",
    "trusted_people",
    "trusting_people",
]

LIST_ROWS_MAX = 200
IDS_MAX = 1000
# Not the password: the role that delivers events may not read it (see migration 0003).
PERSON_COLUMNS = (
    "id",
    "handle",
    "display_name",
    "email",
    "language",
    "time_zone",
    "tier",
    "frozen_at",
    "is_active",
    "deceased_on",
)


def person(person_id: UUID) -> Person:
    """The person. Raises a `Refusal` (404) when there is none."""
    found = persons([person_id]).get(person_id)
    if found is None:
        raise not_found(_("There is no such person."))
    return found


def persons(person_ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those of `person_ids` (at most 1000) who exist, in one query."""
    _check_count(person_ids)
    return {row.id: as_person(row) for row in _people().filter(id__in=person_ids)}


def person_by_handle(handle: str) -> Person | None:
    """The person called `@handle`, in any case and with or without the @, or None."""
    row = _people().filter(handle=_plain(handle)).first()
    return as_person(row) if row else None


def person_by_email(email: str) -> Person | None:
    """The person whose address it is, or None. Only for flows that may say so: it tells who has an account."""
    row = _people().filter(email=email.strip().lower()).first()
    return as_person(row) if row else None


def search_people(text: str, limit: int = 20) -> list[Person]:
    """People whose handle or name begins with `text`; for the operator's console."""
    words = text.strip().removeprefix("@").lower()
    match = Q(handle__startswith=words) | Q(display_name__istartswith=words) | Q(email__startswith=words)
    return [as_person(row) for row in _people().filter(match).order_by("handle")[: min(limit, LIST_ROWS_MAX)]]


def organisation(organisation_id: UUID) -> Organisation:
    """The organisation. Raises a `Refusal` (404) when there is none."""
    row = models.Organisation.objects.filter(id=organisation_id).first()
    if row is None:
        raise not_found(_("There is no such organisation."))
    return as_organisation(row)


def organisations(organisation_ids: Collection[UUID]) -> dict[UUID, Organisation]:
    """Those of `organisation_ids` (at most 1000) that exist, in one query."""
    _check_count(organisation_ids)
    return {row.id: as_organisation(row) for row in models.Organisation.objects.filter(id__in=organisation_ids)}


def organisation_by_handle(handle: str) -> Organisation | None:
    """The organisation called `@handle`, or None."""
    row = models.Organisation.objects.filter(handle=_plain(handle)).first()
    return as_organisation(row) if row else None


def party(party_id: UUID) -> Party:
    """The person or organisation. Raises a `Refusal` (404) when it is neither."""
    found = _parties([party_id]).get(party_id)
    if found is None:
        raise not_found(_("There is nobody here by that name."))
    return found


def party_by_handle(handle: str) -> Party | None:
    """Whoever is called `@handle` now, or None."""
    one = person_by_handle(handle)
    if one:
        return Party(one.id, one.handle, one.display_name, "person", one.tier is Tier.DOCUMENT, one.frozen)
    firm = organisation_by_handle(handle)
    return Party(firm.id, firm.handle, firm.name, "organisation", firm.verified, firm.frozen) if firm else None


def party_name(party_id: UUID) -> str:
    """The display name of a person or organisation; "Somebody" for one whose account was erased."""
    return party_names([party_id])[party_id]


def party_names(party_ids: Iterable[UUID]) -> dict[UUID, str]:
    """A name for each of `party_ids` (at most 1000), in at most two queries."""
    wanted = set(party_ids)
    found = _parties(wanted)
    return {each: found[each].name if each in found else _("Somebody") for each in wanted}


def memberships(person_id: UUID) -> list[Membership]:
    """The organisations that the person works for, by name."""
    rows = _memberships().filter(person_id=person_id).order_by("organisation__name")
    return [as_membership(row) for row in rows[:LIST_ROWS_MAX]]


def members(organisation_id: UUID) -> list[Membership]:
    """Who works for the organisation, by name."""
    rows = _memberships().filter(organisation_id=organisation_id).order_by("person__display_name")
    return [as_membership(row) for row in rows[:LIST_ROWS_MAX]]


def roles(person_id: UUID) -> frozenset[str]:
    """The person's roles for the whole town (`Role` values) that hold now."""
    rows = models.RoleGrant.objects.filter(person_id=person_id, revoked_at=None, person__frozen_at=None)
    rows = rows.filter(Q(ends_at=None) | Q(ends_at__gt=now()), person__is_active=True)
    return frozenset(rows.values_list("role", flat=True))


def people_with_role(role: Role) -> list[UUID]:
    """Ids of the people who hold `role` now."""
    rows = models.RoleGrant.objects.filter(role=role, revoked_at=None, person__frozen_at=None, person__is_active=True)
    return list(rows.filter(Q(ends_at=None) | Q(ends_at__gt=now())).values_list("person_id", flat=True)[:LIST_ROWS_MAX])


def mandates_for(person_id: UUID) -> list[Mandate]:
    """Mandates under which the person may act for somebody, ended ones included, the newest first."""
    return _mandates(models.Mandate.objects.filter(agent_id=person_id))


def mandates_given(principal_id: UUID) -> list[Mandate]:
    """Mandates that let somebody act for this person or organisation, ended ones included, the newest first."""
    return _mandates(models.Mandate.objects.filter(principal_id=principal_id))


def subjects_of(person_id: UUID) -> list[Subject]:
    """Everybody the person may act for now, herself first: people and organisations, and in what capacity."""
    own = [Subject(person_id, party_name(person_id), "self", None)]
    staff = [Subject(each.organisation_id, each.organisation_name, each.role, None) for each in memberships(person_id)]
    mandates = [
        Subject(each.principal_id, each.principal_name, "mandate", each.ends_at)
        for each in mandates_for(person_id)
        if each.live
    ]
    seen = {each.id for each in staff}
    return own + staff + list({each.id: each for each in mandates if each.id not in seen}.values())


def tokens(person_id: UUID) -> list[Token]:
    """The person's API tokens, revoked ones included, the newest first."""
    moment = now()
    return [
        Token(
            id=row.id,
            name=row.name,
            hint=row.hint,
            scopes=frozenset(row.scopes),
            subject_id=row.subject_id,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
            live=row.revoked_at is None and row.expires_at > moment,
        )
        for row in models.ApiToken.objects.filter(person_id=person_id).order_by("-created_at")[:LIST_ROWS_MAX]
    ]


def programs_of(person_id: UUID) -> list[Program]:
    """The programs that have access to the person now, by name."""
    found: dict[str, Program] = {}
    for token in OidcToken.objects.valid().filter(user_id=person_id).select_related("client").order_by("created_at"):
        known = found.get(token.client_id)
        scopes = frozenset(token.get_scopes()) | (known.scopes if known else frozenset())
        since = known.since if known else token.created_at
        found[token.client_id] = Program(token.client_id, token.client.name, scopes, since)
    return sorted(found.values(), key=lambda each: each.name)


def registered_programs() -> list[RegisteredProgram]:
    """Every program that may offer "sign in with Bocage", by name; for operators."""
    return [
        RegisteredProgram(
            client_id=row.id,
            name=row.name,
            redirect_uris=tuple(row.get_redirect_uris()),
            scopes=frozenset(row.get_scopes()),
            public=row.type == Client.Type.PUBLIC,
            registered_at=row.created_at,
        )
        for row in Client.objects.order_by("name", "id")[:LIST_ROWS_MAX]
    ]


def trusted_people(person_id: UUID) -> list[TrustedPerson]:
    """Whom the person named to help her back in."""
    rows = models.TrustedPerson.objects.filter(person_id=person_id).select_related("trusted")
    return [
        TrustedPerson(row.id, row.trusted_id, row.trusted.display_name, row.trusted.handle, row.agreed_at is not None)
        for row in rows.order_by("created_at")
    ]


def trusting_people(person_id: UUID) -> list[TrustedPerson]:
    """Who named this person to help them back in: each row is the other one."""
    rows = models.TrustedPerson.objects.filter(trusted_id=person_id).select_related("person")
    return [
        TrustedPerson(row.id, row.person_id, row.person.display_name, row.person.handle, row.agreed_at is not None)
        for row in rows.order_by("created_at")[:LIST_ROWS_MAX]
    ]


def recovery_case(case_id: UUID, secret: str) -> RecoveryCase | None:
    """The case, for the browser that opened it; None when it never was, or the secret is wrong."""
    row = models.RecoveryCase.objects.select_related("person").filter(id=case_id).first()
    if row is None or not hmac.compare_digest(bytes(row.digest), sha256(secret.encode()).digest()):
        return None
    return _as_case(row)


def recovery_of(person_id: UUID) -> RecoveryCase | None:
    """The case that runs for the person's account, if any: shown to her, to stop it."""
    row = _running_cases().filter(person_id=person_id).first()
    return _as_case(row) if row else None


def recovery_asks(trusted_id: UUID) -> list[RecoveryCase]:
    """Cases in which this trusted person is asked to vouch and has not yet."""
    rows = _running_cases().filter(
        person__trusted_people__trusted_id=trusted_id, person__trusted_people__agreed_at__isnull=False
    )
    rows = rows.exclude(factors__kind="trusted", factors__by_id=trusted_id)
    return [_as_case(row) for row in rows[:LIST_ROWS_MAX]]


def as_person(row: models.Person) -> Person:
    """The row as others may see it."""
    return Person(
        id=row.id,
        handle=row.handle,
        display_name=row.display_name,
        email=row.email,
        language=row.language,
        time_zone=row.time_zone,
        tier=Tier(row.tier),
        frozen=row.frozen_at is not None,
        active=row.is_active,
        deceased_on=row.deceased_on,
    )


def as_organisation(row: models.Organisation) -> Organisation:
    """The row as others may see it."""
    return Organisation(
        id=row.id,
        handle=row.handle,
        name=row.name,
        kind=OrganisationKind(row.kind),
        mcc=row.mcc,
        country=row.country,
        verified=row.verified_at is not None,
        frozen=row.frozen_at is not None,
    )


def as_membership(row: models.Membership) -> Membership:
    """The row as others may see it."""
    return Membership(
        organisation_id=row.organisation_id,
        organisation_name=row.organisation.name,
        person_id=row.person_id,
        person_name=row.person.display_name,
        role=StaffRole(row.role),
    )


def _running_cases() -> QuerySet[models.RecoveryCase]:
    rows = models.RecoveryCase.objects.select_related("person")
    return rows.filter(state__in=OPEN_STATES, closes_at__gt=now())


def _as_case(row: models.RecoveryCase) -> RecoveryCase:
    return RecoveryCase(
        id=row.id,
        person_id=row.person_id,
        person_name=row.person.display_name,
        state=row.state if row.closes_at > now() or row.state not in OPEN_STATES else "expired",
        speak_code=row.speak_code,
        proofs=proofs(row),
        trusted_given=row.factors.filter(kind="trusted").count(),
        opened_at=row.opened_at,
        ripe_at=row.ripe_at,
        closes_at=row.closes_at,
    )


def _people() -> QuerySet[models.Person]:
    return models.Person.objects.only(*PERSON_COLUMNS)


def _memberships() -> QuerySet[models.Membership]:
    rows = models.Membership.objects.select_related("organisation", "person")
    return rows.only("role", "organisation_id", "organisation__name", "person_id", "person__display_name")


def _parties(party_ids: Collection[UUID]) -> dict[UUID, Party]:
    found = {
        each.id: Party(each.id, each.handle, each.display_name, "person", each.tier is Tier.DOCUMENT, each.frozen)
        for each in persons(party_ids).values()
    }
    rest = [each for each in party_ids if each not in found]
    for firm in organisations(rest).values() if rest else ():
        found[firm.id] = Party(firm.id, firm.handle, firm.name, "organisation", firm.verified, firm.frozen)
    return found


def _mandates(rows: QuerySet[models.Mandate]) -> list[Mandate]:
    found = list(rows.order_by("-created_at")[:LIST_ROWS_MAX])
    names = party_names({row.principal_id for row in found} | {row.agent_id for row in found})
    moment = now()
    return [
        Mandate(
            id=row.id,
            principal_id=row.principal_id,
            principal_name=names[row.principal_id],
            agent_id=row.agent_id,
            agent_name=names[row.agent_id],
            scopes=frozenset(row.scopes),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            revoked_at=row.revoked_at,
            live=row.revoked_at is None and row.starts_at <= moment < row.ends_at,
        )
        for row in found
    ]


def _plain(handle: str) -> str:
    # No handle has a space; with a NUL there the database would refuse the question instead of finding nobody.
    return handle.strip().removeprefix("@").lower().replace("\0", " ")


def _check_count(ids: Collection[UUID]) -> None:
    if len(ids) > IDS_MAX:
        raise ValueError(f"{len(ids)} ids asked for at once; the most is {IDS_MAX}")
