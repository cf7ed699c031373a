"""The chain over the ledger: canonical bytes of a transfer, Merkle trees of batches, and the hash that links batches.

Pure: knows no database, so that a receipt can be verified where there is none. The layout (`TRANSFER`, version 1) is in
docs/adr/0007-ledger-chain.md; trees and proofs follow RFC 6962, section 2.1 (leaves hashed behind a 0x00, nodes behind
a 0x01; the proof is verified as in RFC 9162, section 2.1.3.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

VERSION = 1
GENESIS = bytes(32)
LANES = ("A", "B")
BATCH_TRANSFERS_MAX = 8192
MARK_BYTES = 4

KINDS = ("post", "hold", "post_hold", "void_hold", "expire_hold")

# Which columns are null, a bit each; a null column's bytes are zero.
NULLABLE = (
    "debit_account_id",
    "credit_account_id",
    "amount_minor",
    "up_to_minor",
    "hold_id",
    "expires_at",
    "group_id",
    "group_position",
    "group_size",
    "refusal",
)

# Big-endian, unaligned; the first byte is the tree's prefix of a leaf and not part of the transfer. Times are
# microseconds since 1970 UTC, texts UTF-8 padded with zeros, `memo_digest` SHA-256 of the reference (zeros: none).
# 245 bytes: what SHA-256 still digests in four blocks.
TRANSFER = np.dtype(
    [
        ("leaf_prefix", "u1"),
        ("version", "u1"),
        ("kind", "u1"),
        ("nulls", ">u2"),
        ("seq", ">i8"),
        ("id", "V16"),
        ("debit_account_id", "V16"),
        ("credit_account_id", "V16"),
        ("amount_minor", ">i8"),
        ("up_to_minor", ">i8"),
        ("unit", "S12"),
        ("code", "S40"),
        ("memo_digest", "V32"),
        ("hold_id", "V16"),
        ("expires_at", ">i8"),
        ("group_id", "V16"),
        ("group_position", ">i2"),
        ("group_size", ">i2"),
        ("refusal", "S32"),
        ("created_at", ">i8"),
    ]
)
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
_NODE_BYTES = 65  # the prefix and two hashes
BATCH_PREFIX = b"bocage ledger batch 1\0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UUIDS = {"id", "debit_account_id", "credit_account_id", "hold_id", "group_id"}
_TIMES = {"expires_at", "created_at"}
_TEXTS = {"unit", "code", "refusal"}


class Malformed(ValueError):
    """Bytes that are no canonical transfer of a version known here."""


@dataclass(frozen=True)
class Batch:
    """A sealed batch: the members' `seq`s in the order of the tree's leaves, and its place in its lane's chain.
    `leaf_marks`: `MARK_BYTES` of each leaf, which name a changed row (the root alone says that there is one)."""

    lane: str
    number: int
    seqs: tuple[int, ...]
    previous_hash: bytes
    merkle_root: bytes
    hash: bytes
    leaf_marks: bytes
    sealed_at: datetime


def memo_digest(memo_ref: str) -> bytes:
    """What the chain keeps of a reference: it can be shown to belong, and not be guessed from a proof alone."""
    return sha256(memo_ref.encode()).digest() if memo_ref else bytes(32)


def leaf_hashes(transfers: NDArray[np.void]) -> list[bytes]:
    """The leaves of a batch; `transfers` is an array of `TRANSFER` in the batch's order."""
    return [each.digest() for each in map(sha256, transfers.view(f"V{TRANSFER.itemsize}").tolist())]


def leaf_marks(leaves: Sequence[bytes]) -> bytes:
    """The beginning of each leaf: one changed row in 2^32 keeps its mark, and the root tells even then."""
    octets = np.frombuffer(b"".join(leaves), np.uint8).reshape(len(leaves), len(GENESIS))
    return octets[:, :MARK_BYTES].tobytes()


def leaf_hash(transfer: bytes) -> bytes:
    """The leaf of one canonical transfer (without the prefix)."""
    return sha256(LEAF_PREFIX + transfer).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaves' hashes; RFC 6962 splits at the largest power of two, which pairing up level by level
    and carrying an odd last one gives too."""
    if not leaves:
        raise ValueError("a batch has at least one transfer")
    level, count = b"".join(leaves), len(leaves)
    while count > 1:
        pairs = count // 2
        nodes = np.empty((pairs, _NODE_BYTES), np.uint8)
        nodes[:, 0] = NODE_PREFIX[0]
        nodes[:, 1:] = np.frombuffer(level, np.uint8, 64 * pairs).reshape(pairs, 64)
        hashes = map(sha256, nodes.reshape(-1).view(f"V{_NODE_BYTES}").tolist())
        above = b"".join([each.digest() for each in hashes])
        level, count = above + level[-32:] if count % 2 else above, (count + 1) // 2
    return level


def inclusion_proof(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """The hashes that lead from the leaf at `position` (from 0) to the root, bottom first."""
    if not 0 <= position < len(leaves):
        raise ValueError(f"a batch of {len(leaves)} has no position {position}")
    proof: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        beside = position ^ 1
        if beside < len(level):
            proof.append(level[beside])
        above = [sha256(NODE_PREFIX + level[n] + level[n + 1]).digest() for n in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level, position = above, position // 2
    return proof


def is_included(leaf: bytes, position: int, count: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from `leaf`, at `position` of `count`, to `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= position < count:
        return False
    place, last, found = position, count - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = sha256(NODE_PREFIX + each + found).digest()
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            found = sha256(NODE_PREFIX + found + each).digest()
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def batch_hash(lane: str, number: int, count: int, previous: bytes, root: bytes, sealed_at: datetime) -> bytes:
    """The chain's next link: SHA-256 over what the batch says of itself and the hash of the one before."""
    if lane not in LANES or len(previous) != len(GENESIS) or len(root) != len(GENESIS):
        raise ValueError("a batch hash needs a lane A or B and two hashes of 32 bytes")
    head = BATCH_PREFIX + lane.encode() + number.to_bytes(8) + count.to_bytes(4)
    return sha256(head + previous + root + microseconds(sealed_at).to_bytes(8, signed=True)).digest()


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant(microseconds: int) -> datetime:
    """The instant that many microseconds after 1970 UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def canonical(transfer: NDArray[np.void] | np.void) -> bytes:
    """The bytes of one transfer, as receipts carry them: version first, the tree's prefix left out."""
    return transfer.tobytes()[1:]


def described(transfer: bytes) -> dict[str, Any]:
    """The columns of a canonical transfer, by name, in Python's types; `memo_digest` in hex. Raises `Malformed`."""
    if len(transfer) != TRANSFER.itemsize - 1 or transfer[0] != VERSION:
        raise Malformed("these bytes are no transfer of version 1")
    (record,) = np.frombuffer(LEAF_PREFIX + transfer, TRANSFER)
    if not 1 <= record["kind"] <= len(KINDS) or record["nulls"] >> len(NULLABLE):
        raise Malformed("these bytes are a transfer of no known kind")
    found: dict[str, Any] = {"kind": KINDS[record["kind"] - 1]}
    for name in TRANSFER.names[4:]:  # type: ignore[index] # a structured type has names
        found[name] = _value(name, record[name])
    for bit, name in enumerate(NULLABLE):
        if record["nulls"] >> bit & 1:
            found[name] = None
    return found


def _value(name: str, stored: Any) -> Any:
    if name in _UUIDS:
        return UUID(bytes=stored.tobytes())
    if name in _TIMES:
        return instant(int(stored))
    if name in _TEXTS:
        try:
            return stored.decode()
        except UnicodeDecodeError:
            raise Malformed(f"{name} is not UTF-8") from None
    return stored.tobytes().hex() if name == "memo_digest" else int(stored)
