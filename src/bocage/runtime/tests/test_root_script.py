"""The root script: which Python it finds, when it installs, and what it leaves when it is stopped halfway."""

import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bocage.kernel.postgres import launcher
from bocage.runtime.place import ROOT

SCRIPT = ROOT / "bocage"
FIRST_ANSWER_SECONDS = 90
SECOND_ANSWER_SECONDS = 15
STOP_SECONDS = 10


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, for a checkout of its own with two small lock files."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = importlib.machinery.SourceFileLoader("bocage_script", str(SCRIPT))
    specification = importlib.util.spec_from_loader(loader.name, loader)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    loader.exec_module(module)
    environment = checkout / ".venv"
    for name, value in {
        "ROOT": checkout,
        "ENVIRONMENT": environment,
        "PYTHON": environment / "bin" / "python",
        "STAMP": environment / "bocage-stamp.json",
        "UNFINISHED": environment / "bocage-unfinished",
    }.items():
        monkeypatch.setattr(module, name, value)
    (checkout / "lock.txt").write_text("")
    (checkout / "lock-dev.txt").write_text("")
    return module


@pytest.fixture
def installed(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lock files that were installed; pip itself is left out, the environment is real."""
    calls: list[str] = []
    run = subprocess.run

    def without_pip(command: list[str], **options: Any) -> Any:
        # Laying pip into an environment takes five seconds, and nobody calls it here.
        return run([*command, "--without-pip"] if command[1:3] == ["-m", "venv"] else command, **options)

    monkeypatch.setattr(script.subprocess, "run", without_pip)
    monkeypatch.setattr(script, "install", lambda lock, _fresh: calls.append(lock))
    return calls


def fake_python(path: Path, version: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)


# --- finding Python --------------------------------------------------------------------------------------------------


def test_the_running_python_is_taken_when_it_is_new_enough(script: ModuleType) -> None:
    path, version = script.find_python()
    assert version == sys.version_info[:3]
    assert Path(path).resolve() == Path(sys.executable).resolve()


@pytest.fixture
def on_an_old_python(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As run by Python 3.8, with nothing on PATH and an empty home."""
    monkeypatch.setattr(script.sys, "version_info", (3, 8, 18))
    home, empty = tmp_path / "home", tmp_path / "empty"
    home.mkdir()
    empty.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.delenv("UV_PYTHON_INSTALL_DIR", raising=False)
    return home


def test_an_old_python_finds_a_newer_one_on_path(
    script: ModuleType, on_an_old_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    fake_python(folder / "python3", "3 8 18")
    fake_python(folder / "python3.12", "3 12 4")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(script, "clean_environment", lambda: {"PATH": "/usr/bin:/bin"})
    assert script.find_python() == (str(folder / "python3.12"), (3, 12, 4))


def test_a_shim_for_an_absent_version_is_passed_over(
    script: ModuleType, on_an_old_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "python3.13").write_text("#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    (shims / "python3.13").chmod(0o755)
    fake_python(on_an_old_python / ".pyenv/versions/3.12.9/bin/python3", "3 12 9")
    monkeypatch.setenv("PATH", f"{shims}:/usr/bin:/bin")
    path, version = script.find_python()
    assert version >= (3, 12)
    assert "shims" not in path


def test_pyenvs_and_uvs_versions_are_found_the_best_first(script: ModuleType, on_an_old_python: Path) -> None:
    pyenv = on_an_old_python / ".pyenv" / "versions"
    managed = on_an_old_python / ".local" / "share" / "uv" / "python"
    for version in ("3.9.18", "3.12.1", "3.12.11", "3.13.0"):
        fake_python(pyenv / version / "bin" / "python3", version.replace(".", " "))
    fake_python(managed / "cpython-3.13.5-linux-x86_64-gnu" / "bin" / "python3", "3 13 5")
    found = [Path(each).parent.parent.name for each in script.candidates()]
    assert found == ["3.13.0", "3.12.11", "3.12.1", "3.9.18", "cpython-3.13.5-linux-x86_64-gnu"]


def test_no_python_at_all_is_said_with_a_way_out(
    script: ModuleType, on_an_old_python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        script.find_python()
    said = capsys.readouterr().err
    assert "needs Python 3.12 or newer; this is 3.8" in said
    assert "apt install" in said


def test_a_broken_python3_on_path_does_not_stop_it(tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "python3").write_text("#!/bin/sh\necho 'pyenv: version 3.13 is not installed' >&2\nexit 1\n")
    (shims / "python3").chmod(0o755)
    (shims / "python").symlink_to(sys.executable)
    copy = tmp_path / "bocage"
    shutil.copy(SCRIPT, copy)
    answer = subprocess.run(
        [copy, "extras"], env={"PATH": f"{shims}:/usr/bin:/bin", "HOME": "/nonexistent"}, capture_output=True, text=True
    )
    assert answer.returncode == 0
    assert "This version of Bocage has none." in answer.stderr


def test_the_script_is_valid_for_an_old_python() -> None:
    import ast

    ast.parse(SCRIPT.read_text(), feature_version=(3, 8))


# --- the environment -------------------------------------------------------------------------------------------------


def test_the_second_start_installs_nothing_and_a_changed_lock_only_itself(
    script: ModuleType, installed: list[str]
) -> None:
    script.synchronise(["lock.txt"])
    assert installed == ["lock.txt"]
    assert list(script.ENVIRONMENT.glob("lib/python3.*/site-packages/bocage.pth"))
    script.synchronise(["lock.txt"])
    assert installed == ["lock.txt"]
    (script.ROOT / "lock.txt").write_text("# changed\n")
    script.synchronise(["lock.txt"])
    assert installed == ["lock.txt", "lock.txt"]


def test_the_development_lock_stands_for_the_base_too(script: ModuleType, installed: list[str]) -> None:
    script.synchronise(["lock.txt", "lock-dev.txt"])
    assert installed == ["lock-dev.txt"]
    script.synchronise(["lock.txt"])
    assert installed == ["lock-dev.txt"]


def test_two_starts_at_once_install_once(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[str] = []

    def install(lock: str, _fresh: bool) -> None:
        calls.append(lock)
        time.sleep(0.5)

    monkeypatch.setattr(script, "install", install)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(script.synchronise, [["lock.txt"], ["lock.txt"]]))
    assert calls == ["lock.txt"]
    assert "waiting for it" in capsys.readouterr().err


def test_an_extra_stays_up_to_date_once_added(
    script: ModuleType, installed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (script.ROOT / "lock-city.txt").write_text("")
    script.extras(["add", "city"])
    assert installed == ["lock.txt", "lock-city.txt"]
    (script.ROOT / "lock-city.txt").write_text("# changed\n")
    script.synchronise(["lock.txt"])
    assert installed[2:] == ["lock-city.txt"]
    script.extras([])
    assert "There are: city. Installed: city." in capsys.readouterr().err


def test_an_unknown_extra_is_named_with_those_that_exist(
    script: ModuleType, installed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (script.ROOT / "lock-city.txt").write_text("")
    with pytest.raises(SystemExit):
        script.extras(["add", "moon"])
    assert "There is no extra called moon. There are: city." in capsys.readouterr().err
    assert installed == []


def test_an_environment_cut_off_halfway_is_made_anew(
    script: ModuleType, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(_lock: str, _fresh: bool) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(script, "install", cut_off)
        with pytest.raises(KeyboardInterrupt):
            script.synchronise(["lock.txt"])
    assert not script.STAMP.exists()
    (script.ENVIRONMENT / "half-unpacked").touch()
    script.synchronise(["lock.txt"])
    assert installed == ["lock.txt"]
    assert not (script.ENVIRONMENT / "half-unpacked").exists()
    assert not script.UNFINISHED.exists()


def test_an_environment_whose_python_is_gone_is_made_anew(script: ModuleType, installed: list[str]) -> None:
    script.synchronise(["lock.txt"])
    script.PYTHON.unlink()
    script.synchronise(["lock.txt"])
    assert installed == ["lock.txt", "lock.txt"]
    assert script.version_of(str(script.PYTHON)) is not None


def test_a_failing_installation_shows_what_pip_said(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    (script.ROOT / "lock.txt").write_text("bocage-no-such-thing==1.0 --hash=sha256:" + "0" * 64 + "\n")
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in pip.items():
            patched.setenv(name, value)
        with pytest.raises(SystemExit):
            script.synchronise(["lock.txt"])
    said = capsys.readouterr().err
    assert "bocage-no-such-thing" in said
    assert "package index" in said
    assert not script.STAMP.exists()


def test_a_missing_lock_is_one_clear_error(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    (script.ROOT / "lock.txt").unlink()
    with pytest.raises(SystemExit):
        script.synchronise(["lock.txt"])
    assert "lock.txt is missing" in capsys.readouterr().err


def test_the_development_lock_holds_all_of_the_base_lock() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^ \\\n]*==[^ \\\n]+", (ROOT / name).read_text(), re.MULTILINE))

    assert pins("lock.txt")
    assert pins("lock.txt") - pins("lock-dev.txt") == set()


def test_sources_that_are_not_to_be_compiled_beside_are_compiled_elsewhere(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, str]] = []
    monkeypatch.setattr(script.os, "execve", lambda _program, _arguments, environment: told.append(environment))
    for setting in ("1", ""):
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", setting)
        monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
        script.become(["-m", "bocage.cli"])
    assert [each.get("PYTHONPYCACHEPREFIX") for each in told] == [str(script.ENVIRONMENT / "compiled"), None]
    assert not any("PYTHONDONTWRITEBYTECODE" in each for each in told)


# --- the whole of it -------------------------------------------------------------------------------------------------


@pytest.fixture
def clone() -> Iterator[Path]:
    """The checkout as git has it, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="bocage-clone-", dir="/tmp"))
    folder.chmod(0o755)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, names):
        source, target = ROOT / os.fsdecode(name), folder / os.fsdecode(name)
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    yield folder
    subprocess.run([folder / "bocage", "down"], capture_output=True, check=False)
    launcher.remove(folder / ".bocage" / "postgres")
    shutil.rmtree(folder, ignore_errors=True)


def surroundings() -> dict[str, str]:
    """The environment without what a test run adds to it."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BOCAGE_", "DJANGO_", "PYTEST_"))
        and name not in {"TMPDIR", "VIRTUAL_ENV", "DATABASE_URL"}
    }


def start_and_wait(clone: Path, port: int, limit_seconds: float) -> tuple["subprocess.Popen[bytes]", float]:
    begun = time.monotonic()
    process = subprocess.Popen(
        [clone / "bocage", "up", "--port", str(port)], cwd=clone, env=surroundings(), start_new_session=True
    )
    while time.monotonic() - begun < limit_seconds + 60:
        if process.poll() is not None:
            pytest.fail(f"./bocage up ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/", timeout=5) as answer:
                if answer.status == 200:
                    return process, time.monotonic() - begun
        except OSError:
            time.sleep(0.1)
    process.kill()
    pytest.fail("no HTTP 200")


@pytest.mark.heavy
def test_a_fresh_clone_answers_within_its_time(clone: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    figures: dict[str, float] = {}
    for name, limit_seconds in (("first", FIRST_ANSWER_SECONDS), ("second", SECOND_ANSWER_SECONDS)):
        process, figures[name] = start_and_wait(clone, port, limit_seconds)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        figures[f"{name} stop"] = time.monotonic() - begun
        assert not launcher.alive(clone / ".bocage" / "postgres")
    print(json.dumps({name: round(seconds, 1) for name, seconds in figures.items()}))
    assert figures["first"] <= FIRST_ANSWER_SECONDS
    assert figures["second"] <= SECOND_ANSWER_SECONDS
    assert figures["first stop"] <= STOP_SECONDS
    assert figures["second stop"] <= STOP_SECONDS
