"""Django's name for the package."""

from django.apps import AppConfig


class ActingConfig(AppConfig):
    name = "bocage.kernel.acting"
    label = "acting"
