"""`./bocage pass verify`: a verdict on certificates, health cards, tokens and DCC test vectors. Needs no database."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bocage.engines import passes
from bocage.engines.passes import Kind, PassError, Step, Trust, Verdict, keys, limits, pictures, vectors
from bocage.kernel import clock

FAILED, WRONG = 1, 2
FILES_MAX = 100_000
PASSES_MAX = 10_000
_TEXT_BYTES_MAX = 4 * 1_048_576
_SUFFIXES = frozenset({".json", ".txt", ".png", ".jpg", ".jpeg", ".pdf", ".smart-health-card"})
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")
_PDF = b"%PDF-"
_CHUNK = re.compile(r"shc:/[0-9]{1,2}/[0-9]{1,2}/[0-9]+")
_ROWS_MAX = 40


@dataclass(frozen=True)
class Result:
    """What became of one pass or one vector. `outcomes` are a vector's expected steps, empty for a pass."""

    source: str
    verdict: Verdict | None
    outcomes: tuple[vectors.Outcome, ...] = ()
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether a pass is valid; whether a vector went as it says."""
        if self.error:
            return False
        if self.outcomes:
            return all(outcome.agrees for outcome in self.outcomes)
        return self.verdict is not None and self.verdict.valid


def verify(
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders, or the text of a code (HC1:, shc:/, BC1:, BP1:, a JWS).")
    ],
    trust: Annotated[
        list[str] | None,
        typer.Option(help="A file of keys: certificates (PEM) or a key set (JWKS). ISSUER=FILE names a set's issuer."),
    ] = None,
    at: Annotated[str, typer.Option(help="Verify as at this time (ISO 8601) and not now.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Verify passes, step by step. Exit status 0: all valid, vectors as expected; 1: some not; 2: nothing to try.

    What cannot be read (a damaged picture, a PDF, no text) fails at step `read`, and the rest goes on.

    A DCC test vector brings its own certificate and clock; each of its expected steps is compared. For the rest,
    `--trust` says whose signatures are believed. One pass a line in a text; the codes of one health card go together.
    """
    try:
        trusted = trusted_of(trust or [])
        now = _instant(at)
        files = list(_expanded(sources))
    except PassError as error:
        typer.echo(f"verify: {error}", err=True)
        raise typer.Exit(WRONG) from None
    results: list[Result] = []
    quiet = as_json or len(files) < _ROWS_MAX
    for source in track(files, "Verifying", console=Console(stderr=True), transient=True, disable=quiet):
        results += _results(source, trusted, now)
    if as_json:
        _print_json(results)
    else:
        _print_table(results)
    if not results:
        raise typer.Exit(WRONG)
    raise typer.Exit(0 if all(result.good for result in results) else FAILED)


def trusted_of(files: list[str]) -> Trust:
    """Trust in the keys of all these files; PassError names the file that is none."""
    trusted = Trust()
    for given in files:
        issuer, _, name = given.rpartition("=") if not Path(given).exists() else ("", "", given)
        try:
            trusted += keys.read_trust(_read(Path(name), limits.TRUST_FILE_BYTES_MAX), issuer)
        except PassError as error:
            raise PassError(f"--trust {name}: {error}") from None
    return trusted


def _instant(at: str) -> float:
    if not at:
        return clock.now().timestamp()
    try:
        read = datetime.fromisoformat(at)
    except ValueError:
        raise PassError(f"--at: {at[:40]!r} is not a time such as 2026-03-01T12:00:00Z") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _expanded(sources: list[str]) -> Iterator[str | Path]:
    """Texts as they are, files as paths, folders as the files in them that may hold a pass."""
    count = 0
    for source in sources:
        if _is_text(source):
            yield source
            continue
        path = Path(source)
        try:
            found = sorted(_in_folder(path)) if path.is_dir() else [path]
        except OSError as error:
            raise PassError(f"{source[:200]}: {error.strerror}") from None
        except ValueError:
            raise PassError(f"{source[:200]!r}: not the name of a file") from None
        count += len(found)
        if count > FILES_MAX:
            raise PassError(f"more than {FILES_MAX} files")
        yield from found


def _in_folder(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())


def _is_text(source: str) -> bool:
    return source.startswith(("HC1:", "shc:/", "BC1:", "BP1:")) or (source.startswith("eyJ") and source.count(".") == 2)


def _results(source: str | Path, trusted: Trust, now: float) -> list[Result]:
    if isinstance(source, str):
        return [Result(f"{source[:24]}…", passes.verify(source, trusted, now))]
    name = str(source)
    try:
        data = _read(source, limits.PICTURE_BYTES_MAX)
        if data.startswith(_PICTURES):
            return _of_texts(name, sorted(pictures.read_codes(data)), trusted, now)
        if data.startswith(_PDF):
            raise PassError("a PDF: it is not read, give a picture (PNG, JPEG) of the code in it")
        if len(data) > _TEXT_BYTES_MAX:
            raise PassError(f"more than {_TEXT_BYTES_MAX} bytes")
        if source.suffix.lower() in (".json", ".smart-health-card") or data.lstrip()[:1] == b"{":
            return _of_json(name, data, trusted, now)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise PassError("neither text, JSON, PNG nor JPEG") from None
        return _of_texts(name, [line for line in text.split("\n") if line.strip()], trusted, now)
    except PassError as error:
        return [Result(name, None, error=str(error))]


def _of_texts(name: str, texts: list[str], trusted: Trust, now: float) -> list[Result]:
    texts = [text.removesuffix("\r") for text in texts]
    if not texts:
        raise PassError("empty")
    if len(texts) > PASSES_MAX:
        raise PassError(f"more than {PASSES_MAX} passes")
    chunks = [text for text in texts if _CHUNK.fullmatch(text)]
    verdicts = [passes.verify(chunks, trusted, now)] if chunks else []
    verdicts += [passes.verify(text, trusted, now) for text in texts if not _CHUNK.fullmatch(text)]
    if len(verdicts) == 1:
        return [Result(name, verdicts[0])]
    return [Result(f"{name}:{number}", verdict) for number, verdict in enumerate(verdicts, start=1)]


def _of_json(name: str, data: bytes, trusted: Trust, now: float) -> list[Result]:
    vector = vectors.read_vector(data)
    if vector is not None:
        return [Result(name, _whole(vector), tuple(vectors.judge(vector)))]
    held = json.loads(data.decode("utf-8-sig"))
    cards = _cards(held)
    if not cards:
        raise PassError("neither a DCC test vector nor a file of health cards")
    return _of_texts(name, cards, trusted, now)


def _whole(vector: Mapping[str, Any]) -> Verdict:
    """The whole chain over a vector's code, with its own certificate and clock."""
    try:
        return vectors.verify(vector)
    except PassError as error:
        return Verdict(Kind.DCC, (Step("vector", False, str(error)),))


def _cards(held: Any) -> list[str]:
    """The JWSs in a .smart-health-card file, or in the FHIR Parameters of $health-cards-issue."""
    if not isinstance(held, Mapping):
        return []
    if isinstance(held.get("verifiableCredential"), list):
        return [str(card) for card in held["verifiableCredential"]]
    parameters = held.get("parameter")
    if held.get("resourceType") != "Parameters" or not isinstance(parameters, list):
        return []
    named = [each for each in parameters if isinstance(each, Mapping) and each.get("name") == "verifiableCredential"]
    return [str(each.get("valueString", "")) for each in named]


def _read(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise PassError(f"{error.strerror}") from None
    except ValueError:
        raise PassError("not the name of a file") from None
    if len(data) > bytes_max:
        raise PassError(f"more than {bytes_max} bytes")
    return data


def _print_json(results: list[Result]) -> None:
    answer = {"results": [_plain(result) for result in results], "summary": _summary(results)}
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))


def _plain(result: Result) -> dict[str, Any]:
    held: dict[str, Any] = {"source": result.source, "good": result.good}
    if result.error:
        unread = {"kind": str(Kind.UNKNOWN), "valid": False, "failed_step": "read", "reason": result.error, "steps": []}
        return held | unread | {"content": None, "error": result.error}
    verdict = result.verdict
    assert verdict is not None
    failed = verdict.failed
    held |= {
        "kind": str(verdict.kind),
        "valid": verdict.valid,
        "failed_step": failed.name if failed else None,
        "reason": failed.reason if failed else "",
        "steps": [{"name": step.name, "passed": step.passed, "reason": step.reason} for step in verdict.steps],
        "content": verdict.content,
    }
    if result.outcomes:
        held["expected"] = [
            {
                "name": each.name,
                "expected": each.expected,
                "got": each.got,
                "agrees": each.agrees,
                "reason": each.reason,
            }
            for each in result.outcomes
        ]
    return held


def _summary(results: list[Result]) -> dict[str, int]:
    outcomes = [outcome for result in results for outcome in result.outcomes]
    plain = [result for result in results if not result.outcomes and not result.error]
    return {
        "passes": len(plain),
        "valid": sum(result.good for result in plain),
        "vectors": sum(bool(result.outcomes) for result in results),
        "vectors_as_expected": sum(result.good for result in results if result.outcomes),
        "steps": sum(outcome.got is not None for outcome in outcomes),
        "steps_as_expected": sum(outcome.got is not None and outcome.agrees for outcome in outcomes),
        "steps_not_tried": sum(outcome.got is None for outcome in outcomes),
        "errors": sum(bool(result.error) for result in results),
    }


def _print_table(results: list[Result]) -> None:
    console = Console()
    shown = results if len(results) <= _ROWS_MAX else [result for result in results if not result.good]
    if shown:
        table = Table(box=None, pad_edge=False)
        for heading in ("", "what", "kind", "step", "reason"):
            table.add_column(heading, overflow="fold")
        for result in shown:
            _add_rows(table, result)
        console.print(table)
    counts = _summary(results)
    if len(shown) < len(results):
        console.print(f"({len(results) - len(shown)} that are as they should be are not listed)")
    if counts["passes"]:
        console.print(f"{counts['valid']} of {counts['passes']} passes valid")
    if counts["vectors"]:
        console.print(
            f"{counts['vectors_as_expected']} of {counts['vectors']} vectors as expected;"
            f" {counts['steps_as_expected']} of {counts['steps']} steps, {counts['steps_not_tried']} not tried"
        )
    if counts["errors"]:
        console.print(f"{counts['errors']} could not be read")


def _add_rows(table: Table, result: Result) -> None:
    mark = "[green]✓[/]" if result.good else "[red]✗[/]"
    if result.error:
        table.add_row(mark, result.source, "", "read", result.error)
        return
    wrong = [outcome for outcome in result.outcomes if not outcome.agrees]
    for outcome in wrong:
        said = "should fail, passes" if outcome.got else f"should pass: {outcome.reason}"
        table.add_row(mark, result.source, "vector", outcome.name, said)
    if wrong or result.verdict is None:
        return
    failed = result.verdict.failed
    kind = "vector" if result.outcomes else str(result.verdict.kind)
    table.add_row(mark, result.source, kind, failed.name if failed else "valid", failed.reason if failed else "")
