"""The master key: derived from the installation's secret, never stored, seals every private key in the database."""

from functools import lru_cache
from hashlib import sha256
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FINGERPRINT_BYTES = 8
_SECRETS_REMEMBERED = 8


class SealBroken(Exception):
    """Sealed bytes that no present secret opens: another secret file, or a changed byte."""


@lru_cache(maxsize=_SECRETS_REMEMBERED)
def _derived(secret: str) -> tuple[bytes, AESGCM]:
    key = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=b"bocage", info=b"master key, version 1").derive(
        secret.encode()
    )
    return sha256(b"fingerprint" + key).digest()[:_FINGERPRINT_BYTES], AESGCM(key)


def seal(plaintext: bytes, context: str) -> bytes:
    """Encrypt with the present secret. `context` names what is sealed and must be given again to open it.

    Shape: 8 bytes fingerprint of the master key, 12 bytes nonce, AES-256-GCM ciphertext and tag.
    """
    fingerprint, cipher = _derived(settings.SECRET_KEY)
    nonce = token_bytes(_NONCE_BYTES)
    return fingerprint + nonce + cipher.encrypt(nonce, plaintext, context.encode())


def unseal(sealed: bytes, context: str) -> bytes:
    """Decrypt with the secret that sealed: the present one or one of `SECRET_KEY_FALLBACKS`. Raises SealBroken."""
    fingerprint, nonce = sealed[:_FINGERPRINT_BYTES], sealed[_FINGERPRINT_BYTES : _FINGERPRINT_BYTES + _NONCE_BYTES]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        known, cipher = _derived(secret)
        if known == fingerprint:
            try:
                return cipher.decrypt(nonce, sealed[_FINGERPRINT_BYTES + _NONCE_BYTES :], context.encode())
            except InvalidTag as error:
                raise SealBroken(f"the sealed {context} was changed") from error
    raise SealBroken(f"the {context} was sealed with another secret: put the old one in SECRET_KEY_FALLBACKS")
