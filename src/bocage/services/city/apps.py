"""Django's name for the service."""

from django.apps import AppConfig


class CityConfig(AppConfig):
    name = "bocage.services.city"
    label = "city"

    def ready(self) -> None:
        from bocage.services.city import verbs  # noqa: F401 - makes the verb known
