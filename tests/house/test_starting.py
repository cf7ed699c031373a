"""What every process of an installation waits for before it does anything."""

import subprocess
import sys

# None of these is needed to answer, and each takes long to load.
HEAVY = {"scipy.spatial", "scipy.stats", "pypdf", "pyarrow", "duckdb", "pandas"}


def said_by(program: str) -> list[set[str]]:
    """The words of each line that a new Python prints."""
    command = [sys.executable, "-c", program]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return [set(line.split()) for line in printed.splitlines()]


def test_a_command_that_is_known_loads_no_service() -> None:
    asked = "import sys; from bocage import cli; cli.register_all('up')"
    commands, modules = said_by(f"{asked}; print(*cli.command_names()); print(*sys.modules)")
    assert {"up", "down", "work"} <= commands and "populate" not in commands
    assert not {
        name for name in modules if name.startswith(("bocage.services.", "bocage.engines.")) and "commands" in name
    }


def test_a_group_is_whole_though_several_parts_add_to_it() -> None:
    asked = "import sys; from bocage import cli; cli.register_all('ledger'); from typer.main import get_command"
    (commands,) = said_by(f"{asked}; print(*get_command(cli.app).commands['ledger'].commands)")
    assert {"audit", "reconcile"} <= commands


def test_help_and_errors_name_the_command_that_one_types() -> None:
    command = [sys.executable, "-m", "bocage.cli", "up", "--prot", "1"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stderr
    assert "./bocage up" in said and "python -m" not in said


def test_pages_load_without_what_only_some_of_them_need() -> None:
    asked = "import sys, bocage.wsgi; from django.urls import get_resolver; get_resolver().url_patterns"
    (modules,) = said_by(f"{asked}; print(*sys.modules)")
    assert "bocage.services.pay.pages.wallet" in modules
    assert not HEAVY & modules
