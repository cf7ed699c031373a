"""What a gate needs: whose signatures are believed, and what its organisation's gates counted."""

import logging
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.urls import reverse

from bocage.engines.passes import PassError, Trust, keys
from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.keys.actions import signing_key
from bocage.kernel.keys.queries import jwk_of, signing_keys
from bocage.kernel.keys.types import Algorithm, SigningKey
from bocage.services.health.models import GateHour

PURPOSE = "health.pass"
# Signs certificates for the world outside, by ES256.
CARDS = "health.cards"
_JWKS = "/.well-known/jwks.json"
_REREAD_SECONDS = 600
_FILES_MAX = 1_000
COUNTED_FOR = timedelta(days=1)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counted:
    """How many of a colour the gates of an organisation saw in the hour from `hour` on."""

    hour: datetime
    colour: str
    count: int


def trusted() -> Trust:
    """Trust in our own keys, and in those of the installation's trust folder."""
    own = [keys.of_ed25519(key.public_key, *_dates(key)) for key in _unrevoked(PURPOSE)]
    cards = [keys.of_p256(key.public_key, *_dates(key)) for key in _unrevoked(CARDS)]
    issuers = [keys.IssuerKeys(card_issuer(), {key.label: key for key in cards})] if cards else []
    tests = [replace(key, usages=frozenset("t")) for key in cards]
    return keys.trust(own + tests, issuers) + _from_folder(int(clock.now().timestamp()) // _REREAD_SECONDS)


def card_issuer() -> str:
    """Who issues the town's health cards: the address under which `.well-known/jwks.json` lists its keys."""
    return "https://" + urlsplit(settings.PUBLIC_URL).netloc + reverse("health:card-keys").removesuffix(_JWKS)


def card_key() -> keys.TrustedKey:
    """The key that signs certificates now."""
    return keys.of_p256(signing_key(CARDS, Algorithm.ES256).public_key)


def card_keys() -> dict[str, Any]:
    """The key set of the town's health cards, as their framework wants it: these keys and no others."""
    return {"keys": [jwk_of(key) for key in _unrevoked(CARDS)]}


def _unrevoked(purpose: str) -> list[SigningKey]:
    return [key for key in signing_keys(purpose) if key.revoked_at is None]


def _dates(key: SigningKey) -> tuple[int, int | None]:
    """From when until when a key signs, in the whole seconds that passes say."""
    return int(key.signs_from.timestamp()), int(key.signs_until.timestamp()) if key.signs_until else None


@lru_cache(maxsize=1)
def _from_folder(stretch: int) -> Trust:
    """The keys of the folder, read again each ten minutes. A file that is none is left out, and said in the log."""
    found = Trust()
    folder = settings.PASS_TRUST_FOLDER
    files = sorted(folder.iterdir())[:_FILES_MAX] if folder.is_dir() else []
    for file in files:
        try:
            found += keys.read_trust(file.read_bytes())
        except (OSError, PassError) as error:
            logger.warning("%s is no file of keys: %s", file.name, error)
    return found


def keys_for_gates() -> dict[str, Any]:
    """The same keys for a browser (WebCrypto): COSE keys by key id, and issuers of health cards with theirs."""
    held = trusted()
    return {
        "cose": [_plain(key) for each in held.cose.values() for key in each],
        "issuers": [
            {
                "issuer": entry.issuer,
                "keys": [_plain(key) | {"kid": kid} for kid, key in entry.keys.items()],
            }
            for entry in held.issuers
        ],
    }


def _plain(key: keys.TrustedKey) -> dict[str, Any]:
    return {
        "kid": key.kid.hex(),
        "kind": _kind(key.public_key),
        "spki": _spki(key.public_key),
        "usages": sorted(key.usages),
        "from": key.valid_from,
        "until": key.valid_until,
        "expires": key.expires,
    }


def _kind(key: keys.PublicKey) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"P-{key.key_size}"
    return "RSA" if isinstance(key, rsa.RSAPublicKey) else "Ed25519"


def _spki(key: keys.PublicKey) -> str:
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def counted(organisation_id: UUID) -> list[Counted]:
    """What the organisation's gates saw in the last day, oldest first."""
    with own_tables("health"):
        rows = GateHour.objects.filter(organisation_id=organisation_id, hour__gt=clock.now() - COUNTED_FOR)
        return [Counted(row.hour, row.colour, row.count) for row in rows.order_by("hour", "colour")]
