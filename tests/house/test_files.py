"""The size, names and hygiene of every file that people write."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
BANNED_NAMES = {"utils", "helpers", "manager", "base", "common"}
# Catching NotImplementedError, as zipfile raises it, is finished work; raising it is not.
UNFINISHED = re.compile(r"\b(TODO|FIXME|raise NotImplementedError)\b|[#/]\s*XXX\b")
HAND_WRITTEN = {".py", ".html", ".js", ".css", ".sql", ".toml", ".sh"}


def tracked_files() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files = (ROOT / name for name in names.split("\0") if name)
    return [file for file in files if file.suffix in HAND_WRITTEN and "/vendor/" not in str(file) and file.exists()]


def test_no_file_is_longer_than_a_person_reads() -> None:
    long = {
        str(f.relative_to(ROOT)): n for f in tracked_files() if (n := len(f.read_text().splitlines())) > FILE_LINES_MAX
    }
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = []
    for file in tracked_files():
        if file.suffix != ".py" or "migrations" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name} ({lines})")
    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [str(f.relative_to(ROOT)) for f in tracked_files() if f.suffix == ".py" and f.stem in BANNED_NAMES]
    assert vague == []


def test_nothing_is_left_unfinished() -> None:
    me = Path(__file__)
    marks = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in tracked_files()
        if file != me
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert marks == []
