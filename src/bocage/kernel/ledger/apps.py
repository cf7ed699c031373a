"""Django's name for the package."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "bocage.kernel.ledger"
    label = "ledger"
