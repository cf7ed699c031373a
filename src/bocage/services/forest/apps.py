"""Django's name for the service."""

from django.apps import AppConfig


class ForestConfig(AppConfig):
    name = "bocage.services.forest"
    label = "forest"
