"""Load Django for a command that needs the database."""

import json
import os
from pathlib import Path

_BESIDE_THE_SOURCE = Path(__file__).resolve().parents[3] / ".bocage"


def set_up_django() -> None:
    """Load settings and apps, once. In another shell than that of `up`: on the installation that it runs."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bocage.settings")
    find_installation()
    django.setup()


def find_installation() -> None:
    """Take over what the running `up` told its own processes (see `runtime.place.State`), where nothing was said."""
    if "BOCAGE_DATABASE_URL" in os.environ:
        return
    state = Path(os.environ.get("BOCAGE_HOME") or _BESIDE_THE_SOURCE) / "up.json"
    try:
        told: dict[str, str] = json.loads(state.read_text())["told"]
    except (FileNotFoundError, KeyError, ValueError):
        return
    os.environ.update(told)
