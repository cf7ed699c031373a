"""Django's name for the package."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "bocage.kernel.identity"
    label = "identity"
