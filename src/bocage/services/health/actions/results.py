"""Results of laboratories: believed by their signature, brought by a claim code or a handle, never by a search.

A laboratory signs the bytes of a JSON object with the Ed25519 key that two officials registered:
`{"laboratory", "sample", "revision", "kind", "outcome", "taken_at", "claim", "handle"?}`. `claim` is a code of 16
letters and digits that the person was handed; `handle` is what she told the laboratory herself. The same sample and
revision is the same result; a higher revision corrects the one before.
"""

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.consent import queries as consents
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.identity import queries as identity
from bocage.services.health import limits, words
from bocage.services.health.actions import deciding
from bocage.services.health.actions.scheme import require_scheme
from bocage.services.health.actions.sources import require_agreed
from bocage.services.health.models import Laboratory, Test, WaitingResult

CLAIM = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}")
PURPOSE = "health.tests"
REVISION_MAX = 99
_SIGNATURE_BYTES = 64
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Signed:
    """A result whose signature was checked. `digest` is SHA-256 of the signed bytes, in hex."""

    laboratory_id: UUID
    sample_digest: bytes
    revision: int
    kind: str
    outcome: str
    taken_at: datetime
    claim: str
    handle: str
    digest: str
    payload: bytes


def report(laboratory_id: UUID, payload: str, signature: str) -> None:
    """Take a result that the laboratory `laboratory_id`, who asks, has signed (base64url of bytes and signature).

    It goes to her who told her handle and agreed to it, or waits, sealed, for her who brings the claim code; the
    laboratory is not told which. Raises a `Refusal` for what is malformed, not its own, or older than what is known.
    """
    signed = _checked(laboratory_id, payload, signature)
    person = identity.person_by_handle(signed.handle) if signed.handle else None
    with acting_as(Actor.for_service("health")):
        known = _known(signed)
        _require_own_claim(signed)
        if known is not None:
            if known.revision < signed.revision:
                _put(known.person_id, signed)
            else:
                _compare(known.revision, known.digest, signed)
        elif person and consents.hold_granted([person.id], PURPOSE):
            _put(person.id, signed)
            deciding.tell(person.id)
        else:
            _let_wait(signed)


def claim(person_id: UUID, code: str) -> UUID:
    """Take the result that waits for this code into one's pass; its id. Claiming again answers the same."""
    require_agreed(person_id, PURPOSE)
    wanted = _plain_code(code)
    with own_tables("health"):
        require_scheme()
        row = WaitingResult.objects.select_for_update().filter(claim_digest=_claim_digest(wanted)).first()
        mine = Test.objects.filter(person_id=person_id, claim_digest=_claim_digest(wanted)).first()
    if mine:
        return mine.id
    if row is None:
        raise not_found(_("No result waits for this code. It may not be ready yet: try again later."), field="code")
    try:
        payload = AESGCM(_claim_key(wanted)).decrypt(_nonce(row.revision), bytes(row.sealed), bytes(row.sample_digest))
    except InvalidTag:
        raise not_found(_("No result waits for this code."), field="code") from None
    signed = _read(row.laboratory_id, payload)
    with own_tables("health"):
        WaitingResult.objects.filter(claim_digest=row.claim_digest).delete()
        made = _write(person_id, signed)
        deciding.put_due(person_id)
    return made.id


def _put(person_id: UUID, signed: Signed) -> None:
    with own_tables("health"):
        _write(person_id, signed)
        deciding.put_due(person_id)


def _write(person_id: UUID, signed: Signed) -> Test:
    row, _made = Test.objects.update_or_create(
        laboratory_id=signed.laboratory_id,
        sample_digest=signed.sample_digest,
        defaults={
            "person_id": person_id,
            "revision": signed.revision,
            "kind": signed.kind,
            "outcome": signed.outcome,
            "taken_at": signed.taken_at,
            "received_at": clock.now(),
            "digest": signed.digest,
            "claim_digest": _claim_digest(signed.claim),
        },
    )
    return row


def _known(signed: Signed) -> Test | None:
    with own_tables("health"):
        require_scheme()
        rows = Test.objects.select_for_update()
        return rows.filter(laboratory_id=signed.laboratory_id, sample_digest=signed.sample_digest).first()


def _require_own_claim(signed: Signed) -> None:
    """One code, one sample, whether its result waits or has reached somebody: or the refusal would tell which."""
    with own_tables("health"):
        for table in (WaitingResult, Test):
            others = table.objects.filter(claim_digest=_claim_digest(signed.claim)).exclude(
                laboratory_id=signed.laboratory_id, sample_digest=signed.sample_digest
            )
            if others.exists():
                raise conflict("claim_taken", _("This claim code belongs to another sample."), field="claim")


def _let_wait(signed: Signed) -> None:
    sealed = AESGCM(_claim_key(signed.claim)).encrypt(_nonce(signed.revision), signed.payload, signed.sample_digest)
    with own_tables("health"):
        waiting = WaitingResult.objects.select_for_update()
        row = waiting.filter(laboratory_id=signed.laboratory_id, sample_digest=signed.sample_digest).first()
        if row and row.revision >= signed.revision:
            _compare(row.revision, sha256(bytes(row.sealed)).hexdigest(), signed, sha256(sealed).hexdigest())
            return
        if row:
            row.delete()
        WaitingResult.objects.create(
            claim_digest=_claim_digest(signed.claim),
            laboratory_id=signed.laboratory_id,
            sample_digest=signed.sample_digest,
            revision=signed.revision,
            sealed=sealed,
            at=clock.now(),
        )


def _compare(revision: int, digest: str, signed: Signed, against: str | None = None) -> None:
    """The same again is no news; another result under the same revision, or an older revision, is a conflict."""
    if revision == signed.revision and digest == (against or signed.digest):
        return
    raise conflict(
        "result_exists",
        _("This sample has another result already. Correct it with a higher revision."),
        field="revision",
    )


def _checked(laboratory_id: UUID, payload: str, signature: str) -> Signed:
    with own_tables("health"):
        require_scheme()
        row = Laboratory.objects.filter(organisation_id=laboratory_id, revoked_at=None).first()
    if row is None:
        raise forbidden(_("Two officials must register this laboratory and its key first."))
    given, sign = _bytes(payload, "payload"), _bytes(signature, "signature")
    if len(given) > limits.RESULT_BYTES_MAX or len(sign) != _SIGNATURE_BYTES:
        raise Refusal("bad_result", _("The signed result is too long, or the signature is not of 64 bytes."))
    try:
        Ed25519PublicKey.from_public_bytes(bytes(row.public_key)).verify(sign, given)
    except InvalidSignature:
        raise Refusal(
            "bad_signature", _("The signature is not by this laboratory's registered key."), field="signature"
        ) from None
    return _read(laboratory_id, given)


def _read(laboratory_id: UUID, payload: bytes) -> Signed:
    try:
        given: Any = json.loads(payload)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise Refusal("bad_result", _("The signed bytes are not a JSON object."), field="payload")
    sample = _field(given, "sample", lambda value: 0 < len(value) <= limits.SAMPLE_CHARACTERS_MAX)
    kind = _field(given, "kind", words.TEST_KINDS.__contains__)
    outcome = _field(given, "outcome", words.OUTCOMES.__contains__)
    code = _field(given, "claim", lambda value: CLAIM.fullmatch(value) is not None)
    handle = _field({"handle": "", **given}, "handle", lambda value: len(value) <= limits.SAMPLE_CHARACTERS_MAX)
    laboratory = identity.organisation(laboratory_id)
    if given.get("laboratory") != laboratory.handle:
        raise _bad("laboratory")
    revision = given.get("revision")
    if type(revision) is not int or not 1 <= revision <= REVISION_MAX:
        raise _bad("revision")
    try:
        taken_at = datetime.fromisoformat(str(given.get("taken_at")))
    except ValueError:
        raise _bad("taken_at") from None
    now = clock.now()
    if taken_at.tzinfo is None or not now - limits.KEPT < taken_at <= now:
        raise _bad("taken_at")
    return Signed(
        laboratory_id=laboratory_id,
        sample_digest=sha256(laboratory_id.bytes + sample.encode()).digest(),
        revision=revision,
        kind=kind,
        outcome=outcome,
        taken_at=taken_at,
        claim=code,
        handle=handle,
        digest=sha256(payload).hexdigest(),
        payload=payload,
    )


def _field(given: dict[str, Any], name: str, allowed: Any) -> str:
    value = given.get(name)
    if not isinstance(value, str) or "\0" in value or not allowed(value):
        raise _bad(name)
    return value


def _bad(field: str) -> Refusal:
    return Refusal("bad_result", _("The result's %(field)s is missing or wrong.") % {"field": field}, field=field)


def _bytes(text: str, field: str) -> bytes:
    try:
        # altchars alone would drop what is no base64 in silence.
        return urlsafe_b64decode(text + "=" * (-len(text) % 4)) if re.fullmatch(r"[\w-]*", text, re.ASCII) else _no()
    except (NotBase64, ValueError):
        raise Refusal("bad_result", _("Send base64url without padding."), field=field) from None


def _no() -> bytes:
    raise ValueError


def _plain_code(code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).upper().translate(str.maketrans("OIL", "011"))
    if not CLAIM.fullmatch(plain):
        raise Refusal("bad_code", _("The code has 16 letters and digits. Read it again from your slip."), field="code")
    return plain


def _claim_digest(code: str) -> bytes:
    return sha256(b"bocage health claim\0" + code.encode()).digest()


def _nonce(revision: int) -> bytes:
    """A code seals one sample, each revision of it once: no nonce is used twice under its key."""
    return revision.to_bytes(_NONCE_BYTES)


def _claim_key(code: str) -> bytes:
    """A code has 80 random bits, so that its key needs no salt of its own."""
    return HKDF(algorithm=SHA256(), length=32, salt=b"bocage health", info=b"claim code, version 1").derive(
        code.encode()
    )
