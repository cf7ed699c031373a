"""Django's name for the package."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "bocage.kernel.events"
    label = "events"
