"""The poster's door: frames over a unix socket, authenticated in both directions by the installation's secret.

Every frame is a little-endian u32 length of what follows, a u8 type and a u64 request number, then its body:

- 1 submit: 40 bytes the service to tell (zero-padded), then 1 to 8,192 `wire.REQUEST` records.
- 2 answers: as many `wire.ANSWER` records.
- 3 refusal: a code in ASCII: "ledger_busy" (the queue is full: 503), "too_many_in_flight" (this connection's share of
  it is: 429), "malformed: ..." (400), "not_posting" (this poster lost the lane; ask again: 503).
- 4 ask: what waits; no body.
- 5 waiting: `WAITING`, u64 requests that are not answered yet and f64 the age of the oldest in seconds, 0 for none.

A connection begins with the server's 32 random bytes; the client sends 32 of its own and an HMAC-SHA256 over
"client" and both, the server its HMAC over "server" and both. The key is the HMAC of a fixed word under the secret.
"""

import hashlib
import hmac
import os
import struct
import tempfile
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from bocage.kernel.ledger import chain
from bocage.kernel.ledger.wire import REQUEST

SUBMIT, ANSWERS, REFUSAL, ASK, WAITING_TOLD = 1, 2, 3, 4, 5
HEAD = struct.Struct("<IBQ")
WAITING = struct.Struct("<Qd")
_AFTER_LENGTH = HEAD.size - 4
SERVICE_BYTES = 40
NONCE_BYTES = 32
PROOF_BYTES = 32
FRAME_BYTES_MAX = _AFTER_LENGTH + SERVICE_BYTES + chain.BATCH_TRANSFERS_MAX * REQUEST.itemsize
PATH_BYTES_MAX = 100  # of a unix socket's address, which the system cuts at 108


class Frame(NamedTuple):
    type: int
    number: int
    body: memoryview


class FrameError(Exception):
    """The other side sent what is no frame; the connection is of no more use."""


def address() -> Path:
    """Where the poster listens: `BOCAGE_POSTER_SOCKET`, else `poster.sock` in the data folder.

    Where that is too long for a socket's address: a name made from it among the temporary files. Somebody else could
    take that name, and would gain nothing: both sides show that they know the secret.
    """
    path = Path(os.environ.get("BOCAGE_POSTER_SOCKET") or Path(settings.HOME) / "poster.sock")
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        path = Path(tempfile.gettempdir()) / f"bocage-{hashlib.sha256(os.fsencode(path)).hexdigest()[:24]}.sock"
    return path


def proof(side: bytes, server_nonce: bytes, client_nonce: bytes) -> bytes:
    """What shows that `side` (b"client" or b"server") knows the installation's secret."""
    key = hmac.new(settings.SECRET_KEY.encode(), b"bocage ledger poster", hashlib.sha256).digest()
    return hmac.new(key, side + server_nonce + client_nonce, hashlib.sha256).digest()


def frame(type: int, number: int, body: bytes) -> bytes:
    """One frame as it is sent."""
    return HEAD.pack(_AFTER_LENGTH + len(body), type, number) + body


def frames(buffer: bytearray) -> list[Frame]:
    """The whole frames at the beginning of `buffer`, which keeps the rest. Raises `FrameError`."""
    found, begin = [], 0
    while len(buffer) - begin >= HEAD.size:
        length, type, number = HEAD.unpack_from(buffer, begin)
        if not _AFTER_LENGTH <= length <= FRAME_BYTES_MAX:
            raise FrameError(f"a frame of {length} bytes")
        end = begin + 4 + length
        if end > len(buffer):
            break
        found.append(Frame(type, number, memoryview(bytes(buffer[begin + HEAD.size : end]))))
        begin = end
    if begin:
        del buffer[:begin]
    return found
