"""`./bocage pass verify` and `gate`: what each kind of input gives, and one clear error for what is none."""

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import segno
from typer.testing import CliRunner

from bocage.engines.passes import base45, cose, keys, shc, tokens
from bocage.engines.passes.tests import making
from bocage.kernel import clock
from bocage.services.health import commands

AT = datetime.fromtimestamp(making.NOW, UTC).isoformat()


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A key set of the engine's test issuers."""
    numbers = making.p256().public_key().public_numbers()
    card_key = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig"}
    card_key["kid"] = keys.thumbprint(making.p256().public_key())
    card_key |= {"x": keys.urlsafe_text(numbers.x.to_bytes(32)), "y": keys.urlsafe_text(numbers.y.to_bytes(32))}
    own_key = {"kty": "OKP", "crv": "Ed25519", "x": keys.urlsafe_text(making.ed25519().public_key().public_bytes_raw())}
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [card_key, own_key]}))
    return file


def run(*arguments: object, text: str | None = None) -> tuple[int, Any]:
    answer = CliRunner().invoke(commands.passes, [*map(str, arguments)], input=text)
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    try:
        return answer.exit_code, json.loads(answer.stdout)
    except ValueError:
        return answer.exit_code, answer.output


def test_texts_pictures_and_files(trust: Path, tmp_path: Path) -> None:
    folder = tmp_path / "passes"
    folder.mkdir()
    token = tokens.issue_batch(
        tokens.Colour.GREEN, making.token_signer(), begins_at=making.NOW, count=1, life_seconds=600
    )[0]
    segno.make(token.text, error="m").save(str(folder / "token.png"), scale=4)
    (folder / "card.txt").write_text(shc.codes(making.card())[0] + "\n")
    (folder / "cards.smart-health-card").write_text(json.dumps({"verifiableCredential": [making.card()] * 2}))
    (folder / "notes.md").write_text("not looked at")
    code, answer = run("verify", folder, making.card(), "--trust", trust, "--at", AT, "--json")
    assert code == 0
    assert answer["summary"] | {"passes": 5, "valid": 5, "errors": 0} == answer["summary"]
    assert {result["kind"] for result in answer["results"]} == {"token", "shc"}
    code, answer = run("verify", folder, "--at", AT, "--json")
    assert code == 1
    assert {result["failed_step"] for result in answer["results"]} == {"kid"}
    code, shown = run("verify", folder, "--trust", trust, "--at", AT)
    assert code == 0
    assert "4 of 4 passes valid" in shown


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("empty.txt", b"", "empty"),
        ("binary.txt", b"\xff\xfe\x00", "neither text"),
        ("not.json", b"{", "not JSON"),
        ("deep.json", b"[" * 200_000, "not JSON"),
        ("other.json", b'{"keys": []}', "neither a DCC test vector nor"),
        ("broken.png", b"\x89PNG\r\n\x1a\nxx", "not a whole PNG"),
        ("large.txt", b"a" * 5_000_000, "more than"),
        ("blank.png", None, "no QR code"),
        ("paper.pdf", b"%PDF-1.4", "a PDF"),
    ],
)
def test_files_that_are_no_pass(tmp_path: Path, name: str, data: bytes | None, error: str) -> None:
    file = tmp_path / name
    if data is None:
        from PIL import Image

        Image.new("L", (64, 64), 255).save(file)
    else:
        file.write_bytes(data)
    code, answer = run("verify", file, "--json")
    assert code == 1
    (result,) = answer["results"]
    assert error in result["error"]
    assert (result["valid"], result["failed_step"], result["reason"]) == (False, "read", result["error"])
    assert "\n" not in result["error"]


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: zlib.compress(bytes(5_000_000)), "zlib"),
    "lists in lists": (lambda: zlib.compress(b"\x81" * 4000 + b"\0"), "cose"),
    "a list of 2^64": (lambda: zlib.compress(b"\x9b" + b"\xff" * 8), "cose"),
    "a key twice": (lambda: claimed(b"\xa2\x04\x01\x04\x02"), "cbor"),
    "a time of 2^256": (lambda: claimed(b"\xa1\x04\xc2\x58\x20" + b"\xff" * 32), "cbor"),
    "a time that is no number": (lambda: claimed(b"\xa2\x04\xf9\x7e\0\x39\x01\x03\xa1\x01\xa0"), "cbor"),
    "a text of 2^63": (lambda: claimed(b"\x7b\x7f" + b"\xff" * 7), "cbor"),
    "two streams": (lambda: zlib.compress(b"\0") * 2, "zlib"),
}


def claimed(payload: bytes) -> bytes:
    """A payload that the engine's test laboratory signed."""
    signer = cose.es256_signer(making.p256(), keys.key_id(keys.point_of(making.p256().public_key())))
    return zlib.compress(cose.sign(payload, signer))


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_to_hurt_fails_at_its_step(name: str, trust: Path, tmp_path: Path) -> None:
    make, step = HOSTILE[name]
    file = tmp_path / "code.txt"
    file.write_text("HC1:" + base45.encode(make()))
    code, answer = run("verify", file, "--trust", trust, "--at", AT, "--json")
    (result,) = answer["results"]
    assert (code, result["valid"], result["failed_step"]) == (1, False, step), result["reason"]


def test_bytes_changed_at_random_never_break_it(trust: Path, tmp_path: Path) -> None:
    random = Random(1)
    good = [making.certificate(), shc.codes(making.card())[0], making.card()]
    for number in range(200):
        data = bytearray(random.choice(good).encode())
        for _change in range(random.randint(1, 5)):
            data[random.randrange(len(data))] = random.randrange(256)
        (tmp_path / f"{number}.txt").write_bytes(data)
    code, answer = run("verify", tmp_path, "--trust", trust, "--at", AT, "--json")
    assert code == 1
    refused = [result for result in answer["results"] if not result["valid"]]
    assert len(refused) > 150
    assert all(result["failed_step"] and result["reason"] for result in refused)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["HC1:A", "--at", "tomorrow"], "--at"),
        (["HC1:A", "--trust", "/nowhere/keys.pem"], "--trust /nowhere/keys.pem: No such file"),
        (["HC1:A", "--trust", "https://a.example=/nowhere"], "--trust /nowhere"),
    ],
)
def test_arguments_that_are_wrong(arguments: list[str], error: str) -> None:
    code, said = run("verify", *arguments)
    assert code == 2
    assert error in said


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    code, answer = run("verify", tmp_path / "nothing.txt", "--json")
    assert (code, answer["results"][0]["error"]) == (1, "No such file or directory")
    code, answer = run("verify", "\0", "--json")
    assert (code, answer["results"][0]["error"]) == (1, "not the name of a file")


def test_a_turnstile_without_a_connection(trust: Path) -> None:
    token = tokens.issue_batch(
        tokens.Colour.GREEN, making.token_signer(), begins_at=making.NOW, count=1, life_seconds=600
    )[0].text
    with clock.frozen(datetime.fromtimestamp(making.NOW, UTC)):
        answer = CliRunner().invoke(
            commands.passes, ["gate", "--trust", str(trust)], input=f"{token}\n{token}\nhello\n{making.card()}\n"
        )
    decisions = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [decision["open"] for decision in decisions] == [True, False, False, False]
    assert decisions[1]["reason"].startswith("spent")
    assert (decisions[3]["colour"], decisions[3]["name"]) == ("green", "Ana Martin")


def test_a_turnstile_that_cannot_ask_stays_shut() -> None:
    code, answer = run("gate", "--url", "http://127.0.0.1:9", text="BC1:X\n")
    assert code == 0
    assert (answer["open"], answer["reason"]) == (False, "the installation did not answer: ConnectError")
    assert run("gate")[0] == 2
