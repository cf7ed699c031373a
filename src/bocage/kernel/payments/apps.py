"""Django's name for the package."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "bocage.kernel.payments"
    label = "payments"

    def ready(self) -> None:
        from bocage.kernel.payments.approving import register_verbs

        register_verbs()
