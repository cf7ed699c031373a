"""Django's name for the package."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "bocage.shell.console"
    label = "console"
