"""Django's name for the package."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "bocage.kernel.consent"
    label = "consent"
