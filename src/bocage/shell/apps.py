"""Django's name for the package."""

from django.apps import AppConfig


class ShellConfig(AppConfig):
    name = "bocage.shell"
    label = "shell"
