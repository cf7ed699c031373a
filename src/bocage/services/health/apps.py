"""Django's name for the service."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "bocage.services.health"
    label = "health"

    def ready(self) -> None:
        from bocage.services.health import verbs  # noqa: F401 - makes the verbs known
