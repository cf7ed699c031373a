"""The OpenID Connect provider's own part: pairwise subjects, claims, and keys sealed in the database.

The subject of a person at a program is AES-SIV (RFC 5297) of her id with the program's sector as associated data: the
same at each sign-in, another in each sector, and nobody without our key can tell that two belong to one person
(OpenID Connect Core 8.1). Being deterministic encryption it needs no table, and only we can turn it back.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.private_keys import filter_keys
from allauth.idp.oidc.models import Client, PrivateKey
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from bocage.kernel.clock import now
from bocage.kernel.identity.models import OidcKey, Person
from bocage.kernel.keys.master import seal, unseal

RSA_BITS = 3072
SIV_BITS = 512
# Programs may keep our list of keys for an hour; an old key is published for a day after it last signed.
RETIRED_KEY_LIFE = timedelta(days=1)


class OidcAdapter(DefaultOIDCAdapter):  # type: ignore[misc]
    """What allauth asks us about subjects, claims and keys."""

    scope_display = {
        "openid": _("Know that you are the same person when you come back"),
        "email": _("Your e-mail address"),
        "profile": _("Your name, your handle, and the language and time zone you read in"),
    }

    def get_issuer(self) -> str:
        return str(settings.PUBLIC_URL)

    def get_user_sub(self, client: Client, user: Person) -> str:
        return subject_at(client, user.pk)

    def get_user_by_sub(self, client: Client, sub: str) -> Person | None:
        person_id = person_of(client, sub)
        if person_id is None:
            return None
        return Person.objects.filter(pk=person_id, is_active=True, frozen_at=None).first()

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: Person,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        claims: dict[str, Any] = super().get_claims(purpose, user, client, set(scopes) - {"profile"}, email, **kwargs)
        if "profile" in scopes:
            claims |= {
                "name": user.display_name,
                "preferred_username": user.handle,
                "locale": user.language,
                "zoneinfo": user.time_zone,
            }
        return claims

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        data["subject_types_supported"] = ["pairwise"]
        data["response_types_supported"] = ["code"]
        data["grant_types_supported"] = ["authorization_code", "refresh_token"]
        data.pop("device_authorization_endpoint", None)

    def list_private_keys(
        self, *, did_activate: Literal[True] | None = None, is_active: Literal[True] | None = None
    ) -> list[PrivateKey]:
        rows = list(OidcKey.objects.filter(purpose="sign")) or [_make("sign")]
        keys = [_private_key(row) for row in rows]
        return list(filter_keys(keys, did_activate=did_activate, is_active=is_active))


def subject_at(client: Client, person_id: UUID) -> str:
    """What `client` knows the person as: 43 characters."""
    return urlsafe_b64encode(_cipher().encrypt(person_id.bytes, [sector_of(client).encode()])).rstrip(b"=").decode()


def person_of(client: Client, subject: str) -> UUID | None:
    """The person that `client` knows as `subject`, or None for one that we never gave to it."""
    try:
        sealed = urlsafe_b64decode(subject.encode("ascii") + b"==")
        return UUID(bytes=_cipher().decrypt(sealed, [sector_of(client).encode()]))
    except (ValueError, InvalidTag):
        return None


def sector_of(client: Client) -> str:
    """The one host that all of the client's redirects lead to, else its id: programs of one firm know one subject."""
    hosts = {urlsplit(uri).netloc for uri in client.get_redirect_uris()}
    return hosts.pop() if len(hosts) == 1 else str(client.id)


def rotate_signing_key() -> None:
    """Sign with a new key from now on; the old one is published for one day more."""
    OidcKey.objects.filter(purpose="sign", expires_at=None).update(expires_at=now() + RETIRED_KEY_LIFE)
    _create("sign")


def _private_key(row: OidcKey) -> PrivateKey:
    pem = unseal(bytes(row.sealed), _context(row)).decode()
    return PrivateKey(pem=pem, issued_at=row.issued_at, expires_at=row.expires_at)


def _cipher() -> AESSIV:
    row = OidcKey.objects.filter(purpose="pairwise").order_by("issued_at").first() or _make("pairwise")
    return AESSIV(unseal(bytes(row.sealed), _context(row)))


def _make(purpose: str) -> OidcKey:
    with connection.cursor() as cursor:
        # Two first requests at once must agree on one key.
        cursor.execute("select pg_advisory_xact_lock(hashtext('oidc_key'), hashtext(%s))", [purpose])
    return OidcKey.objects.filter(purpose=purpose).order_by("issued_at").first() or _create(purpose)


def _create(purpose: str) -> OidcKey:
    row = OidcKey(purpose=purpose)
    if purpose == "sign":
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    else:
        secret = AESSIV.generate_key(SIV_BITS)
    row.sealed = seal(secret, _context(row))
    row.save()
    return row


def _context(row: OidcKey) -> str:
    return f"oidc key {row.id} for {row.purpose}"
