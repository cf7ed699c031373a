"""What identity shows to everybody else: frozen dataclasses, never rows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _


class Tier(StrEnum):
    """How well a person is known: not at all, by a working contact, or by a document shown at the counter."""

    NONE = "none"
    CONTACT = "contact"
    DOCUMENT = "document"


class Role(StrEnum):
    """What a person may do for the whole town."""

    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    SUPPORT = "support"


class StaffRole(StrEnum):
    """What a person may do for one organisation."""

    OWNER = "owner"
    MANAGER = "manager"
    CASHIER = "cashier"
    AUDITOR = "auditor"


class OrganisationKind(StrEnum):
    """What an organisation is in the town."""

    MERCHANT = "merchant"
    OPERATOR = "operator"
    PUBLIC = "public"
    CHARITY = "charity"


TIER_NAMES = {Tier.NONE: _("not checked"), Tier.CONTACT: _("contact checked"), Tier.DOCUMENT: _("document checked")}
ROLE_NAMES = {
    Role.OPERATOR: _("operator"),
    Role.APPROVER: _("approver"),
    Role.AUDITOR: _("auditor"),
    Role.SUPPORT: _("support"),
}
STAFF_ROLE_NAMES = {
    StaffRole.OWNER: _("owner"),
    StaffRole.MANAGER: _("manager"),
    StaffRole.CASHIER: _("cashier"),
    StaffRole.AUDITOR: _("auditor"),
}


@dataclass(frozen=True)
class Person:
    """A person as the rest of Bocage sees her. `frozen` means that nothing may be done in her name for now."""

    id: UUID
    handle: str
    display_name: str
    email: str | None
    language: str
    time_zone: str
    tier: Tier
    frozen: bool
    active: bool
    deceased_on: date | None = None


@dataclass(frozen=True)
class Organisation:
    """A firm, shop, association or public body. `mcc` is its ISO 18245 category, `country` ISO 3166-1 alpha-2."""

    id: UUID
    handle: str
    name: str
    kind: OrganisationKind
    mcc: str
    country: str
    verified: bool
    frozen: bool


@dataclass(frozen=True)
class Party:
    """Whoever can own an account and be paid: a person or an organisation."""

    id: UUID
    handle: str
    name: str
    kind: str  # "person" or "organisation"
    verified: bool
    frozen: bool


@dataclass(frozen=True)
class Membership:
    """That a person works for an organisation, as what."""

    organisation_id: UUID
    organisation_name: str
    person_id: UUID
    person_name: str
    role: StaffRole


@dataclass(frozen=True)
class Mandate:
    """That `agent` may act for `principal` (a person or an organisation) within `scopes`, until `ends_at`."""

    id: UUID
    principal_id: UUID
    principal_name: str
    agent_id: UUID
    agent_name: str
    scopes: frozenset[str]
    starts_at: datetime
    ends_at: datetime
    revoked_at: datetime | None
    live: bool


@dataclass(frozen=True)
class Subject:
    """Somebody a person may act for, and in what capacity; shown in the "acting for" switch."""

    id: UUID
    name: str
    capacity: str
    until: datetime | None


@dataclass(frozen=True)
class Token:
    """An API token as its owner sees it: never the secret. `last_used_at` is exact to the hour."""

    id: UUID
    name: str
    hint: str
    scopes: frozenset[str]
    subject_id: UUID
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    live: bool


@dataclass(frozen=True)
class TokenIdentity:
    """Who stands behind a token that was presented: the person, for whom, and what it may do."""

    token_id: UUID
    person_id: UUID
    subject_id: UUID
    scopes: frozenset[str]


@dataclass(frozen=True)
class TrustedPerson:
    """One side of a trust: the other person, and whether the trusted one has agreed."""

    id: UUID
    person_id: UUID
    name: str
    handle: str
    agreed: bool


@dataclass(frozen=True)
class RecoveryCase:
    """A try at getting back in: `proofs` are the kinds complete (two are needed), `ripe_at` when it may be finished."""

    id: UUID
    person_id: UUID
    person_name: str
    state: str
    speak_code: str
    proofs: frozenset[str]
    trusted_given: int
    opened_at: datetime
    ripe_at: datetime | None
    closes_at: datetime


@dataclass(frozen=True)
class Program:
    """A program that a person signs in to with Bocage: what it was given (words), and since when."""

    client_id: str
    name: str
    scopes: frozenset[str]
    since: datetime


@dataclass(frozen=True)
class RegisteredProgram:
    """A program that may offer "sign in with Bocage"; a public one (an app) has no secret."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    public: bool
    registered_at: datetime
