"""Django's name for the package."""

from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "bocage.kernel.idempotency"
    label = "idempotency"
