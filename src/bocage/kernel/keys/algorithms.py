"""The two ways in which the registry's keys sign, on plain bytes.

A private key is 32 bytes: Ed25519's seed, or the scalar of P-256. A public key is 32 bytes, or the uncompressed point
of P-256 (65 bytes). A signature is 64 bytes: of Ed25519, or r || s as JOSE and COSE want it (RFC 7518, 3.4; RFC 9053,
2.1).
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bocage.kernel.keys.types import Algorithm

NUMBER_BYTES = 32
_ECDSA = ec.ECDSA(hashes.SHA256())


def generate(algorithm: Algorithm) -> tuple[bytes, bytes]:
    """A new private key, and its public key."""
    if algorithm is Algorithm.EDDSA:
        private = Ed25519PrivateKey.generate()
        return private.private_bytes_raw(), private.public_key().public_bytes_raw()
    number = ec.generate_private_key(ec.SECP256R1())
    point = number.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return number.private_numbers().private_value.to_bytes(NUMBER_BYTES), point


def sign(algorithm: Algorithm, private_key: bytes, message: bytes) -> bytes:
    """The signature of `message`."""
    if algorithm is Algorithm.EDDSA:
        return Ed25519PrivateKey.from_private_bytes(private_key).sign(message)
    key = ec.derive_private_key(int.from_bytes(private_key), ec.SECP256R1())
    r, s = utils.decode_dss_signature(key.sign(message, _ECDSA))
    return r.to_bytes(NUMBER_BYTES) + s.to_bytes(NUMBER_BYTES)


def verifies(algorithm: Algorithm, public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is of `message` by this key."""
    try:
        if algorithm is Algorithm.EDDSA:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
            return True
        if len(signature) != 2 * NUMBER_BYTES:
            return False
        r, s = int.from_bytes(signature[:NUMBER_BYTES]), int.from_bytes(signature[NUMBER_BYTES:])
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(utils.encode_dss_signature(r, s), message, _ECDSA)
    except InvalidSignature:
        return False
    return True
