"""Identity's tables; private to the package.

They carry no row-level security: they are what says who the actor is, so they are read before there is one.
What may be read of them by whom is held by the package's own queries and by grants per database role.
"""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from bocage.kernel.clock import now
from bocage.kernel.identity import limits
from bocage.kernel.identity.types import OrganisationKind, Role, StaffRole, Tier
from bocage.kernel.ids import uuid7

_HANDLE_CHECK = Q(handle__regex=f"^{limits.HANDLE_PATTERN}$")


class People(BaseUserManager["Person"]):
    """What Django and allauth ask of a user model's manager."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(handle=username)


class Person(AbstractBaseUser):
    """A person with an account; Django's user model."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=limits.EMAIL_CHARACTERS_MAX, unique=True, null=True, blank=True)
    handle = models.CharField(max_length=limits.HANDLE_CHARACTERS_MAX, unique=True)
    display_name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    language = models.CharField(max_length=2, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    tier = models.CharField(max_length=10, default=Tier.NONE.value)
    is_active = models.BooleanField(default=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_reason = models.CharField(max_length=limits.REASON_CHARACTERS_MAX, blank=True, default="")
    frozen_by_id = models.UUIDField(null=True, blank=True)
    deceased_on = models.DateField(null=True, blank=True)
    passkey_declined_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    objects: ClassVar[People] = People()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="identity_person_email_lower"),
            models.CheckConstraint(condition=_HANDLE_CHECK, name="identity_person_handle_form"),
            models.CheckConstraint(condition=Q(language__in=["en", "fr"]), name="identity_person_language"),
            models.CheckConstraint(condition=Q(tier__in=[each.value for each in Tier]), name="identity_person_tier"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.handle

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class Organisation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    handle = models.CharField(max_length=limits.HANDLE_CHARACTERS_MAX, unique=True)
    name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    kind = models.CharField(max_length=10, default=OrganisationKind.MERCHANT.value)
    mcc = models.CharField(max_length=4, blank=True, default="")
    country = models.CharField(max_length=2)
    verified_at = models.DateTimeField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_reason = models.CharField(max_length=limits.REASON_CHARACTERS_MAX, blank=True, default="")
    frozen_by_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_HANDLE_CHECK, name="identity_organisation_handle_form"),
            models.CheckConstraint(condition=Q(mcc__regex=r"^([0-9]{4})?$"), name="identity_organisation_mcc_form"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="identity_organisation_country"),
            models.CheckConstraint(
                condition=Q(kind__in=[each.value for each in OrganisationKind]), name="identity_organisation_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class HandleClaim(models.Model):
    """Each handle ever given, people's and organisations' alike, kept by trigger.

    A handle is where money is sent, so one that was given up is never given to somebody else.
    """

    handle = models.CharField(max_length=limits.HANDLE_CHARACTERS_MAX, primary_key=True)
    party_id = models.UUIDField(db_index=True)
    claimed_at = models.DateTimeField(default=now)


class Membership(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person"], name="identity_membership_once"),
            models.CheckConstraint(
                condition=Q(role__in=[each.value for each in StaffRole]), name="identity_membership_role"
            ),
        ]


class RoleGrant(models.Model):
    """A role for the whole town; `ends_at` and `reason` are set where the glass was broken."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=10)
    granted_by_id = models.UUIDField(null=True)
    granted_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=limits.REASON_CHARACTERS_MAX, blank=True, default="")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role"], condition=Q(revoked_at=None), name="identity_role_granted_once"
            ),
            models.CheckConstraint(condition=Q(role__in=[each.value for each in Role]), name="identity_role_known"),
        ]


class Mandate(models.Model):
    """`principal_id` is a person or an organisation; the end is always set: nobody acts for another for ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    principal_id = models.UUIDField(db_index=True)
    agent = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="mandates_held")
    scopes = ArrayField(models.CharField(max_length=limits.SCOPE_CHARACTERS_MAX), size=limits.SCOPES_MAX)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="identity_mandate_ends"),
            models.CheckConstraint(condition=~Q(principal_id=models.F("agent_id")), name="identity_mandate_for_other"),
        ]


class ApiToken(models.Model):
    """`digest` is SHA-256 of the token: 160 random bits need no slow hash, and none can be read back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="api_tokens")
    subject_id = models.UUIDField()
    name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    hint = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=limits.SCOPE_CHARACTERS_MAX), size=limits.SCOPES_MAX)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class TrustedPerson(models.Model):
    """Somebody whom a person named to help her back in; counts once she has agreed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="trusted_people")
    trusted = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="trusted_by")
    created_at = models.DateTimeField(default=now, editable=False)
    agreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "trusted"], name="identity_trusted_once"),
            models.CheckConstraint(condition=~Q(person=models.F("trusted")), name="identity_trusted_is_other"),
        ]


class RecoveryCase(models.Model):
    """One try at getting back in. `digest` is of the secret that the browser which opened the case holds.

    `speak_code` is what the person tells a trusted one by voice, so that trust is asked for and not guessed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="recovery_cases")
    digest = models.BinaryField(max_length=32)
    speak_code = models.CharField(max_length=6)
    state = models.CharField(max_length=10, default="open")
    attempts = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(default=now)
    ripe_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=["open", "waiting"]), name="identity_recovery_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "waiting", "done", "cancelled", "expired"]),
                name="identity_recovery_state",
            ),
        ]


class RecoveryFactor(models.Model):
    """A proof given in a case: a passkey, one trusted person's word, or the counter's code."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(RecoveryCase, on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10)
    by_id = models.UUIDField(null=True, blank=True)
    given_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind", "by_id"], nulls_distinct=False, name="identity_recovery_factor_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["passkey", "trusted", "counter"]), name="identity_recovery_factor_kind"
            ),
        ]


class CounterCode(models.Model):
    """A code that an operator hands over after seeing the person's document; only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="counter_codes")
    digest = models.BinaryField(max_length=32)
    issued_by_id = models.UUIDField()
    issued_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class OidcKey(models.Model):
    """A private key of the OpenID provider, sealed with the installation's master key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=10)
    sealed = models.BinaryField()
    issued_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=["sign", "pairwise"]), name="identity_oidc_key_purpose")
        ]
