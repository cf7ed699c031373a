"""Our own two passes: the colour token of a phone, which names nobody, and the paper certificate, which has a name.

Both are COSE_Sign1 by EdDSA (RFC 9052, 9053) with the claims of a CWT (RFC 8392), base45 behind a prefix of their own.

A token says a colour, from when until when, and a random number. A phone fetches a batch of them, one for each stretch
of time, and shows each at one gate. Two tokens of one person have nothing in common but the colour: no name, no
account, no series, and times on the same grid for everybody; so two gates cannot tell that it was one person.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bocage.engines.passes import base45, cbor, cose, limits
from bocage.engines.passes.cose import Sign1, Signer
from bocage.engines.passes.keys import Trust, TrustedKey, check_dates
from bocage.engines.passes.types import Kind, PassError, Trail, Verdict

TOKEN_PREFIX = "BC1:"  # noqa: S105
PAPER_PREFIX = "BP1:"
STEPS = ("prefix", "base45", "cose", "kid", "signature", "claims", "time")
EXP, NBF, IAT, CTI = 4, 5, 6, 7
# Private-use claims (RFC 8392, 9.1: below -65536).
COLOUR, NAME, BORN = -65_537, -65_538, -65_539
NONCE_BYTES = 8
BATCH_MAX = 256
LIFE_SECONDS_MAX = 86_400
# A batch is signed at once for what is to come: a token begins at most this long after it was signed.
AHEAD_SECONDS_MAX = 14_400
PAPER_SECONDS_MAX = 30 * 86_400
NAME_CHARACTERS_MAX = 80
_TOKEN_CLAIMS = frozenset({EXP, NBF, CTI, COLOUR})
_PAPER_CLAIMS = frozenset({EXP, IAT, CTI, COLOUR, NAME, BORN})


class Colour(IntEnum):
    """The colours of a pass."""

    RED = 0
    YELLOW = 1
    GREEN = 2


@dataclass(frozen=True)
class Token:
    """A token that was issued: the code's text, and its nonce, by which a gate with a connection spends it once."""

    text: str
    nonce: bytes
    not_before: int
    expires_at: int


def issue_batch(colour: Colour, signer: Signer, *, begins_at: int, count: int, life_seconds: int) -> list[Token]:
    """`count` tokens for consecutive stretches of `life_seconds`, on the grid that all people share (Unix seconds)."""
    if not 0 < count <= BATCH_MAX:
        raise PassError(f"a batch is of 1 to {BATCH_MAX} tokens")
    if not 0 < life_seconds <= LIFE_SECONDS_MAX:
        raise PassError(f"a token lives 1 to {LIFE_SECONDS_MAX} seconds")
    if (count - 1) * life_seconds > AHEAD_SECONDS_MAX:
        raise PassError(f"a batch reaches at most {AHEAD_SECONDS_MAX} seconds ahead")
    first = begins_at - begins_at % life_seconds
    return [_token(colour, signer, first + number * life_seconds, life_seconds) for number in range(count)]


def _token(colour: Colour, signer: Signer, not_before: int, life_seconds: int) -> Token:
    nonce = secrets.token_bytes(NONCE_BYTES)
    claims = {COLOUR: int(colour), EXP: not_before + life_seconds, NBF: not_before, CTI: nonce}
    text = TOKEN_PREFIX + base45.encode(cose.sign(cbor.dumps(claims), signer, tagged=False))
    return Token(text, nonce, not_before, not_before + life_seconds)


def issue_paper(colour: Colour, name: str, born: str, signer: Signer, *, issued_at: int, expires_at: int) -> str:
    """The text of a paper certificate's code. It names its bearer, and is worth nothing without their identity card."""
    if not name.strip() or len(name) > NAME_CHARACTERS_MAX:
        raise PassError(f"a name of 1 to {NAME_CHARACTERS_MAX} characters")
    if not 0 < expires_at - issued_at <= PAPER_SECONDS_MAX:
        raise PassError(f"a paper certificate lives 1 to {PAPER_SECONDS_MAX // 86_400} days")
    claims = {
        COLOUR: int(colour),
        EXP: expires_at,
        IAT: issued_at,
        CTI: secrets.token_bytes(NONCE_BYTES),
        NAME: name,
        BORN: born,
    }
    return PAPER_PREFIX + base45.encode(cose.sign(cbor.dumps(claims), signer, tagged=False))


def verify(text: str, trusted: Trust, now: float) -> Verdict:
    """Whether a token or paper certificate is valid at `now` (Unix seconds). If it is spent, only its issuer knows."""
    is_paper = text.startswith(PAPER_PREFIX)
    trail = Trail(Kind.PAPER if is_paper else Kind.TOKEN, STEPS)
    try:
        data = trail.step(base45.decode, trail.step(_unprefixed, text))
        message = trail.step(cose.parse, data)
        keys = trail.step(_keys, message, trusted)
        key = trail.step(cose.verify_by, message, keys)
        content = trail.step(_claims, message, _PAPER_CLAIMS if is_paper else _TOKEN_CLAIMS)
        trail.step(_check_time, content, key, now, 0 if is_paper else AHEAD_SECONDS_MAX)
        trail.content = content
    except PassError:
        pass
    return trail.verdict()


def _unprefixed(text: str) -> str:
    if len(text) > limits.TEXT_CHARACTERS_MAX:
        raise PassError(f"more than {limits.TEXT_CHARACTERS_MAX} characters")
    for prefix in (TOKEN_PREFIX, PAPER_PREFIX):
        if text.startswith(prefix):
            return text[len(prefix) :]
    raise PassError(f"does not begin with {TOKEN_PREFIX} or {PAPER_PREFIX}")


def _keys(message: Sign1, trusted: Trust) -> tuple[TrustedKey, ...]:
    if message.header(cose.ALGORITHM) != cose.EDDSA:
        raise PassError("our passes are signed by EdDSA")
    return trusted.by_kid(cose.kid_of(message))


def _claims(message: Sign1, wanted: frozenset[int]) -> Mapping[str, Any]:
    held = cbor.loads(message.payload)
    if not isinstance(held, Mapping) or set(held) != wanted:
        raise PassError("not the claims of this kind of pass")
    begins = NBF if NBF in wanted else IAT
    for claim in (EXP, begins, COLOUR):
        if isinstance(held[claim], bool) or not isinstance(held[claim], int):
            raise PassError(f"claim {claim} is not a whole number")
    if held[COLOUR] not in list(Colour):
        raise PassError(f"{held[COLOUR]} is no colour")
    if not isinstance(held[CTI], bytes) or len(held[CTI]) != NONCE_BYTES:
        raise PassError(f"the nonce is not {NONCE_BYTES} bytes")
    if not 0 < held[EXP] - held[begins] <= (LIFE_SECONDS_MAX if begins == NBF else PAPER_SECONDS_MAX):
        raise PassError("it would be valid for longer than its kind may be")
    content = {
        "colour": Colour(held[COLOUR]).name.lower(),
        "not_before": held[begins],
        "expires_at": held[EXP],
        "nonce": held[CTI].hex(),
    }
    if NAME in wanted:
        if not isinstance(held[NAME], str) or not isinstance(held[BORN], str):
            raise PassError("name and date of birth are texts")
        content |= {"name": held[NAME], "born": held[BORN]}
    return content


def _check_time(content: Mapping[str, Any], key: TrustedKey, now: float, ahead: float) -> None:
    if now < content["not_before"]:
        raise PassError("not valid yet")
    if now > content["expires_at"]:
        raise PassError("its time is over")
    check_dates(key, content["not_before"], now, ahead)
