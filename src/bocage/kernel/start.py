"""Load Django for a command that needs the database."""

import os


def set_up_django() -> None:
    """Load settings and apps, once."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bocage.settings")
    django.setup()
