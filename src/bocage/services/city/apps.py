"""Django's name for the service."""

from django.apps import AppConfig


class CityConfig(AppConfig):
    name = "bocage.services.city"
    label = "city"
