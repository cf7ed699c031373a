"""Checkpoints are public, whole and enough to check a receipt with."""

from base64 import b64decode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client

from bocage.kernel.proofs.tests.test_audit import _town

CHECKPOINTS = "/api/v1/ledger/checkpoints"


def test_anybody_reads_the_checkpoints_and_checks_them(fresh_database: str) -> None:
    _town()
    anybody = Client()
    page = anybody.get(CHECKPOINTS).json()
    second, first = page["items"]
    assert (second["number"], first["number"], page["before"]) == (2, 1, None)
    assert f"previous {first['digest']}" in second["text"]
    for each in page["items"]:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(each["public_key"]))
        key.verify(b64decode(each["signature"]), each["text"].encode())
        assert sha256(each["text"].encode()).hexdigest() == each["digest"]
        assert anybody.get(f"{CHECKPOINTS}/{each['number']}").json() == each
    newest = anybody.get(CHECKPOINTS, {"limit": 1}).json()
    assert [each["number"] for each in newest["items"]] == [2] and newest["before"] == 2
    assert anybody.get(CHECKPOINTS, {"before": 2, "limit": 1}).json()["items"] == [first]


@pytest.mark.django_db
def test_what_is_not_there_is_a_problem() -> None:
    anybody = Client()
    assert anybody.get(CHECKPOINTS).json() == {"items": [], "before": None}
    for address, status in ((f"{CHECKPOINTS}/1", 404), (f"{CHECKPOINTS}/-1", 404), (f"{CHECKPOINTS}/9{'9' * 30}", 404)):
        answer = anybody.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    for wrong in ({"limit": 0}, {"limit": 101}, {"before": 0}, {"before": "x"}, {"before": 2**64}):
        assert anybody.get(CHECKPOINTS, wrong).status_code == 422
