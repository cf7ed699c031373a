"""Django's name for the service."""

from django.apps import AppConfig


class PayConfig(AppConfig):
    name = "bocage.services.pay"
    label = "pay"

    def ready(self) -> None:
        from bocage.services.pay import verbs  # noqa: F401 - makes the verbs known
