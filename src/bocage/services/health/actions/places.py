"""Venues with their posters, and laboratories with their keys."""

import secrets
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.services.health import limits
from bocage.services.health.models import KINDS_OF_PLACE, Laboratory, Venue

_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
TOKEN_CHARACTERS = 12
KEY_BYTES = 32


def open_venue(organisation_id: UUID, name: str, kind: str) -> UUID:
    """Give a place of the organisation a poster. The venue's id."""
    name = name.strip()
    if not name or len(name) > limits.NAME_CHARACTERS_MAX or "\0" in name:
        raise Refusal("bad_name", _("Give the place a name of 1 to 120 characters."), field="name")
    if kind not in KINDS_OF_PLACE:
        raise Refusal("bad_kind", _("Choose what kind of place it is."), field="kind")
    with own_tables("health"):
        if Venue.objects.filter(organisation_id=organisation_id, closed_at=None).count() >= limits.VENUES_MAX:
            raise Refusal("too_many_venues", _("You have 50 posters. Take one down first."))
        token = "".join(secrets.choice(_LETTERS) for _place in range(TOKEN_CHARACTERS))
        row = Venue.objects.create(
            organisation_id=organisation_id, name=name, kind=kind, token=token, created_at=clock.now()
        )
    return row.id


def close_venue(organisation_id: UUID, venue_id: UUID) -> None:
    """Take a poster out of use. Closing again changes nothing."""
    with own_tables("health"):
        row = Venue.objects.filter(organisation_id=organisation_id, id=venue_id).first()
        if row is None:
            raise not_found(_("There is no such place of yours."))
        if row.closed_at is None:
            row.closed_at = clock.now()
            row.save(update_fields=["closed_at"])


def register_laboratory(handle: str, public_key: str) -> None:
    """Believe results that the organisation signs with this Ed25519 key (base64url, 32 bytes); two officials decide."""
    organisation_id, key = laboratory_of(handle, public_key)
    with own_tables("health"):
        Laboratory.objects.update_or_create(
            organisation_id=organisation_id,
            defaults={"public_key": key, "registered_at": clock.now(), "revoked_at": None},
        )


def revoke_laboratory(organisation_id: UUID) -> None:
    """Believe no further result of it."""
    with own_tables("health"):
        changed = Laboratory.objects.filter(organisation_id=organisation_id, revoked_at=None)
        if not changed.update(revoked_at=clock.now()):
            raise not_found(_("There is no such laboratory."))


def laboratory_of(handle: str, public_key: str) -> tuple[UUID, bytes]:
    """The organisation and the key that are meant. Raises a `Refusal` naming the field."""
    found = identity.organisation_by_handle(handle)
    if found is None:
        raise Refusal("unknown_organisation", _("No organisation has this handle."), field="handle")
    try:
        key = urlsafe_b64decode(public_key.strip() + "=" * (-len(public_key.strip()) % 4))
        Ed25519PublicKey.from_public_bytes(key)
    except (NotBase64, ValueError):
        raise Refusal(
            "bad_key", _("Give the public key as base64url of its 32 bytes (Ed25519)."), field="public_key"
        ) from None
    return found.id, key
