"""Django's name for the package."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "bocage.kernel.payments"
    label = "payments"
