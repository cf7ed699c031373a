"""Passes verified a second on one core, the whole chain beside a bare signature check and, where installed, its peers.

    python benchmarks/passes.py [--rounds 2000] [--vectors FOLDER] [--peers FOLDER]

Times are CPU time of this process (one thread), so that other load hardly counts. `floor` is cryptography's own
verification of the same signature over bytes that are ready: nothing that verifies can be faster. FOLDER of --vectors
is dgc-testdata: every vector that must verify, and every one that must not, by us and by the peer. The peer is pycose
(`pip install --no-deps --target FOLDER pycose attrs certvalidator asn1crypto oscrypto ecdsa six`): it checks the
signature of a COSE message that has been decompressed for it, and no key id: that check is left to who calls it. (cwt
3.3, the other one, does not run on cbor2 6.)
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from rich.console import Console
from rich.table import Table

from bocage.engines import passes
from bocage.engines.passes import PassError, base45, cbor, cose, dcc, keys, limits, shc, tokens, vectors
from bocage.engines.passes.inflating import inflate
from bocage.engines.passes.tests import making

P95_LIMIT_MS = 5
WARM = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--peers", type=Path, help="where pycose was installed")
    given = parser.parse_args()
    if given.peers:
        sys.path.append(str(given.peers))
    out = Console(width=None if sys.stdout.isatty() else 120)
    out.print(f"Python {sys.version.split()[0]}, {given.rounds} rounds, one core")
    peers = _peers()
    table, slowest = _speed(given.rounds, peers)
    out.print(table)
    if given.vectors:
        out.print(_vectors(given.vectors, peers))
    if slowest > P95_LIMIT_MS:
        out.print(f"[red]p95 {slowest:.2f} ms is above {P95_LIMIT_MS} ms[/]")
        raise SystemExit(1)


def _speed(rounds: int, peers: dict[str, Any]) -> tuple[Table, float]:
    rsa_key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    rsa_signer = cose.Signer(cose.PS256, b"rsa-2026", lambda data: rsa_key.sign(data, pss, hashes.SHA256()))
    trusted = making.trust() + keys.trust([keys.TrustedKey(b"rsa-2026", rsa_key.public_key())])
    now = making.NOW
    certificate = making.certificate()
    by_rsa = dcc.issue(making.vaccination(), "FR", rsa_signer, issued_at=now - 60, expires_at=now + 60)
    batch = tokens.issue_batch(tokens.Colour.GREEN, making.token_signer(), begins_at=now, count=1, life_seconds=600)
    message = inflate(base45.decode(dcc.unprefixed(certificate)), limits.INFLATED_BYTES_MAX)
    parsed = cose.parse(message)
    signed = cbor.dumps(["Signature1", parsed.protected, b"", parsed.payload])
    der, public, hashed = cose.der_signature(parsed.signature), making.p256().public_key(), ec.ECDSA(hashes.SHA256())
    token = cose.parse(base45.decode(batch[0].text[4:]))
    token_bytes = cbor.dumps(["Signature1", token.protected, b"", token.payload])
    ours: dict[str, str | list[str]] = {
        "EU certificate, ES256": certificate,
        "EU certificate, PS256": by_rsa,
        "SMART Health Card": shc.codes(making.card())[0],
        "colour token, EdDSA": batch[0].text,
    }
    rows: dict[str, Callable[[], object]] = {
        f"{name}: whole chain": lambda text=text: passes.verify(text, trusted, now)  # type: ignore[misc]
        for name, text in ours.items()
    }
    for name, verify in rows.items():
        assert verify().valid, name  # type: ignore[attr-defined]
    whole = len(rows)
    rows["floor: bare ECDSA P-256"] = lambda: public.verify(der, signed, hashed)
    ed25519 = making.ed25519().public_key()
    rows["floor: bare Ed25519"] = lambda: ed25519.verify(token.signature, token_bytes)
    for name, peer in peers.items():
        rows[f"{name}: COSE alone, no key id check"] = lambda peer=peer: peer(message, public)  # type: ignore[misc]
    table = Table(title="CPU time", box=None)
    for heading in ("what", "p50 ms", "p95 ms", "a second a core"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    slowest = 0.0
    for number, (name, verify) in enumerate(rows.items()):
        times = _times(verify, rounds)
        p95 = times[int(len(times) * 0.95)]
        if number < whole:
            slowest = max(slowest, p95)
        a_second = 1000 / statistics.fmean(times)
        table.add_row(name, f"{statistics.median(times):.3f}", f"{p95:.3f}", f"{a_second:,.0f}")
    return table, slowest


def _times(verify: Callable[[], object], rounds: int) -> list[float]:
    """Sorted milliseconds of CPU for each round."""
    for _number in range(WARM):
        verify()
    times = []
    for _number in range(rounds):
        started = time.thread_time_ns()
        verify()
        times.append((time.thread_time_ns() - started) / 1e6)
    return sorted(times)


def _vectors(folder: Path, peers: dict[str, Any]) -> Table:
    """Of the vectors' EXPECTEDVERIFY: how many that must verify do, and how many that must not are refused."""
    tried: list[tuple[bytes, keys.TrustedKey, bool]] = []
    for path in sorted(folder.rglob("*.json")):
        vector = vectors.read_vector(path.read_bytes())
        expected = vector["EXPECTEDRESULTS"].get("EXPECTEDVERIFY") if vector else None
        if vector is not None and isinstance(expected, bool) and isinstance(vector.get("COSE"), str):
            key = keys.read_certificate(vector["TESTCTX"]["CERTIFICATE"])
            tried.append((bytes.fromhex(vector["COSE"]), key, expected))
    table = Table(title="EXPECTEDVERIFY of dgc-testdata", box=None)
    for heading in ("by", "verified, of those that must", "refused, of those that must not"):
        table.add_column(heading)
    checks: dict[str, Callable[[bytes, keys.TrustedKey], object]] = {
        "engines/passes": lambda data, key: cose.signed_by(data, keys.trust([key])),
        **{name: lambda data, key, peer=peer: peer(data, key.public_key) for name, peer in peers.items()},  # type: ignore[misc]
    }
    for name, check in checks.items():
        good = [_accepts(check, data, key) for data, key, expected in tried if expected]
        bad = [not _accepts(check, data, key) for data, key, expected in tried if not expected]
        table.add_row(name, f"{sum(good)} of {len(good)}", f"{sum(bad)} of {len(bad)}")
    return table


def _accepts(check: Callable[[bytes, keys.TrustedKey], object], data: bytes, key: keys.TrustedKey) -> bool:
    try:
        check(data, key)
    except (PassError, InvalidSignature):
        return False
    except Exception:
        # A peer's own way of refusing; ours has one.
        return False
    return True


def _peers() -> dict[str, Callable[[bytes, Any], object]]:
    """The peer, where it is installed, as a function that raises unless the message is signed by the key."""
    try:
        return {"pycose": _pycose()}
    except ImportError:
        return {}


def _pycose() -> Callable[[bytes, Any], object]:
    from pycose.keys import EC2Key, RSAKey
    from pycose.messages import Sign1Message

    def verify(data: bytes, key: Any) -> object:
        # Its own decoder does not know the tuples of cbor2 6, so the message is handed over in its four parts.
        parts = cbor.untagged(cbor.loads(data), cbor.CWT_TAG, cbor.COSE_SIGN1_TAG)
        message = Sign1Message.from_cose_obj([parts[0], dict(parts[1]), *parts[2:]], True)
        numbers = key.public_numbers()
        if isinstance(key, rsa.RSAPublicKey):
            message.key = RSAKey(n=numbers.n.to_bytes(key.key_size // 8), e=numbers.e.to_bytes(3))
        else:
            size = (key.key_size + 7) // 8
            curve = f"P_{key.key_size}"
            message.key = EC2Key(crv=curve, x=numbers.x.to_bytes(size), y=numbers.y.to_bytes(size))
        if not message.verify_signature():
            raise PassError("refused")
        return message

    return verify


if __name__ == "__main__":
    main()
