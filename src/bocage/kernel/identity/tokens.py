"""The form of an API token, and who stands behind one that is presented.

`bok_` + 32 random characters + 6 of checksum, all base 62: the prefix lets secret scanners find a leaked one, the
checksum lets them (and us) tell a token from noise without asking the database.
"""

import hmac
import secrets
import zlib
from hashlib import sha256

from django.db.models import Q

from bocage.kernel.clock import now
from bocage.kernel.identity import limits
from bocage.kernel.identity.manifest import SCOPES
from bocage.kernel.identity.models import ApiToken
from bocage.kernel.identity.standing import standing
from bocage.kernel.identity.types import TokenIdentity
from bocage.kernel.manifest import Text, services

PREFIX = "bok_"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_CHARACTERS = 32
CHECKSUM_CHARACTERS = 6
LENGTH = len(PREFIX) + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS
HINT_CHARACTERS = 8


def make() -> str:
    """A new token: 190 bits of randomness."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return PREFIX + body + checksum(body)


def checksum(body: str) -> str:
    """Six base-62 digits of CRC-32."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def well_formed(raw: str) -> bool:
    """Whether `raw` has the form of a token, checksum included."""
    if len(raw) != LENGTH or not raw.startswith(PREFIX) or not raw.isascii():
        return False
    body = raw[len(PREFIX) : -CHECKSUM_CHARACTERS]
    return hmac.compare_digest(checksum(body).encode(), raw[-CHECKSUM_CHARACTERS:].encode())


def digest(raw: str) -> bytes:
    """What is stored of a token."""
    return sha256(raw.encode()).digest()


def known_scopes() -> dict[str, Text]:
    """Each scope that identity or a service's manifest names, with what it allows in words."""
    return {**SCOPES, **{name: says for service in services() for name, says in (service.scopes or {}).items()}}


def authenticate_token(raw: str) -> TokenIdentity | None:
    """Who stands behind the token, or None for one that is unknown, expired, revoked or whose owner is stopped.

    The lookup is by digest, so its time tells nothing of a stored token. The time of use is kept to the hour.
    """
    if not well_formed(raw):
        return None
    presented = digest(raw)
    moment = now()
    row = (
        ApiToken.objects.filter(digest=presented, revoked_at=None, expires_at__gt=moment)
        .filter(person__is_active=True, person__frozen_at=None, person__deceased_on=None)
        .first()
    )
    if row is None or not hmac.compare_digest(bytes(row.digest), presented):
        return None
    if standing(row.person_id, row.subject_id) is None:
        return None
    unrecorded = Q(last_used_at=None) | Q(last_used_at__lt=moment - limits.TOKEN_USE_RECORDED_EVERY)
    ApiToken.objects.filter(unrecorded, id=row.id).update(
        last_used_at=moment.replace(minute=0, second=0, microsecond=0)
    )
    return TokenIdentity(row.id, row.person_id, row.subject_id, frozenset(row.scopes))
