"""Django's name for the package."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "bocage.kernel.notifications"
    label = "notifications"
