"""Django's name for the package."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "bocage.kernel.keys"
    label = "keys"
