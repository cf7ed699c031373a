"""Puts the test floor's database in place of pytest-django's own: a conftest's fixture wins over a plugin's."""

from bocage.testing import django_db_setup

__all__ = ["django_db_setup"]
