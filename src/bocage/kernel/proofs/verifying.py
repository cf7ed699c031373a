"""Verifying a receipt's proof, step by step, with neither server nor database. Pure but for Ed25519.

The steps follow the money's record outwards: the transfer's bytes, the batch that holds it, the checkpoint that holds
the batch, the signature on the checkpoint, and whose key it was. The first step that fails ends the verification.
"""

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bocage.kernel.ledger import chain
from bocage.kernel.proofs import limits, notes
from bocage.kernel.proofs.types import LaneHead, Step

FORMAT = "bocage-receipt-proof-1"


class Failed(Exception):
    """A step does not hold; the words say why."""


def fingerprint(public_key: bytes) -> str:
    """How a public key is told by people: SHA-256 of its 32 bytes, in hex, in groups of four."""
    digits = sha256(public_key).hexdigest()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def verify(raw: bytes, public_key: bytes | None = None) -> list[Step]:
    """The steps taken, each passed but the last where the proof does not hold.

    `public_key` (32 bytes) is the town's, as its reader knows it; without it the key in the file is taken, and the last
    step says so: whoever can forge a file can put another key in.
    """
    steps: list[Step] = []
    state: dict[str, Any] = {"raw": raw, "key": public_key}
    for name, check in _STEPS:
        try:
            steps.append(Step(name, True, check(state)))
        except Failed as failure:
            steps.append(Step(name, False, str(failure)))
            break
    return steps


def _read_file(state: dict[str, Any]) -> str:
    if len(state["raw"]) > limits.PROOF_BYTES_MAX:
        raise Failed(f"the file has more than {limits.PROOF_BYTES_MAX} bytes")
    try:
        proof = json.loads(state["raw"])
    except (ValueError, RecursionError):
        raise Failed("the file is not JSON") from None
    if not isinstance(proof, dict) or proof.get("format") != FORMAT:
        raise Failed(f"the file is not of the format {FORMAT}")
    state["proof"] = proof
    return f"a proof of the format {FORMAT}"


def _read_transfer(state: dict[str, Any]) -> str:
    proof = state["proof"]
    bytes_ = _base64(proof, "transfer")
    try:
        found = chain.described(bytes_)
    except chain.Malformed as error:
        raise Failed(str(error)) from None
    for name, value in as_fields(found).items():
        if (_mapping(proof, "fields")).get(name) != value:
            raise Failed(f"the field {name!r} says something else than the transfer's bytes")
    state["leaf"] = chain.leaf_hash(bytes_)
    memo_ref = proof.get("memo_ref", "")
    if not isinstance(memo_ref, str) or (memo_ref and chain.memo_digest(memo_ref).hex() != found["memo_digest"]):
        raise Failed("the reference is not the transfer's")
    outcome = f"refused ({found['refusal']})" if found["refusal"] else "done"
    return f"transfer {found['id']}: {found['kind']} of {found['amount_minor']} {found['unit']} (minor), {outcome}"


def _check_batch(state: dict[str, Any]) -> str:
    batch = _mapping(state["proof"], "batch")
    root, previous = _hash(batch, "root"), _hash(batch, "previous_hash")
    count, position, number = (_whole(batch, name) for name in ("count", "position", "number"))
    if not chain.is_included(state["leaf"], position, count, _path(batch), root):
        raise Failed("the path does not lead from the transfer to the batch's root")
    try:
        sealed_at = datetime.fromisoformat(str(batch.get("sealed_at")))
        state["batch"] = chain.batch_hash(str(batch.get("lane")), number, count, previous, root, sealed_at)
    except (ValueError, TypeError, OverflowError) as error:
        raise Failed(f"the batch is not as batches are: {error}") from None
    state["lane"], state["number"] = batch["lane"], number
    return f"in place {position + 1} of {count} in batch {number} of lane {batch['lane']}"


def _check_checkpoint(state: dict[str, Any]) -> str:
    checkpoint = _mapping(state["proof"], "checkpoint")
    text = checkpoint.get("text")
    try:
        number, _previous, signed_at, lanes = notes.read(text if isinstance(text, str) else "")
    except notes.Malformed as error:
        raise Failed(f"the checkpoint cannot be read: {error}") from None
    lane = next((each for each in lanes if each.lane == state["lane"]), None)
    if lane is None or not lane.first <= state["number"] <= lane.last:
        raise Failed("the checkpoint does not cover this batch")
    if not _covers(lane, state, _path(checkpoint)):
        raise Failed("the path does not lead from the batch to the checkpoint's root")
    state["signed_at"], state["text"] = signed_at, text
    return f"under checkpoint {number}, signed {signed_at.isoformat()}"


def _covers(lane: LaneHead, state: Mapping[str, Any], path: list[bytes]) -> bool:
    place, count = state["number"] - lane.first, lane.last - lane.first + 1
    return chain.is_included(state["batch"], place, count, path, lane.root)


def _check_signature(state: dict[str, Any]) -> str:
    checkpoint = _mapping(state["proof"], "checkpoint")
    inside = _base64(checkpoint, "public_key")
    key = state["key"] if state["key"] is not None else inside
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(_base64(checkpoint, "signature"), state["text"].encode())
    except ValueError:
        raise Failed("the public key is not one of Ed25519 (32 bytes)") from None
    except InvalidSignature:
        raise Failed(f"the signature is not by the key {fingerprint(key)}") from None
    return f"signed by the key {fingerprint(key)}"


def _name_key(state: dict[str, Any]) -> str:
    if state["key"] is None:
        return "the key came with the file: compare its fingerprint with the one that the town publishes"
    return "the key is the one you gave"


_STEPS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("file", _read_file),
    ("transfer", _read_transfer),
    ("batch", _check_batch),
    ("checkpoint", _check_checkpoint),
    ("signature", _check_signature),
    ("key", _name_key),
)


def as_fields(described: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a transfer as JSON has them: numbers and null as they are, all else as text."""
    return dict(_fields(described))


def _fields(described: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in described.items():
        if isinstance(value, datetime):
            yield name, value.isoformat()
        else:
            yield name, value if value is None or isinstance(value, int) else str(value)


def _mapping(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name)
    if not isinstance(found, dict):
        raise Failed(f"the file has no {name!r}")
    return found


def _whole(holder: Mapping[str, Any], name: str) -> int:
    found = holder.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Failed(f"{name!r} is not a whole number")
    return found


def _hash(holder: Mapping[str, Any], name: str) -> bytes:
    return _as_hash(holder.get(name), name)


def _path(holder: Mapping[str, Any]) -> list[bytes]:
    found = holder.get("path")
    if not isinstance(found, list) or len(found) > limits.PATH_HASHES_MAX:
        raise Failed("'path' is not a list of hashes")
    return [_as_hash(each, "path") for each in found]


def _as_hash(text: object, name: str) -> bytes:
    try:
        found = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        found = b""
    if len(found) != len(chain.GENESIS):
        raise Failed(f"{name!r} is not a hash of 32 bytes in hex")
    return found


def _base64(holder: Mapping[str, Any], name: str) -> bytes:
    try:
        return b64decode(str(holder.get(name, "")), validate=True)
    except (NotBase64, ValueError):
        raise Failed(f"{name!r} is not base64") from None
