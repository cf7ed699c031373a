"""Django's name for the package."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "bocage.kernel.approvals"
    label = "approvals"
