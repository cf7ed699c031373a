"""Django's name for the package."""

from django.apps import AppConfig


class ProofsConfig(AppConfig):
    name = "bocage.kernel.proofs"
    label = "proofs"
