"""Django's name for the package."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "bocage.kernel.messages"
    # "messages" is the label of django.contrib.messages.
    label = "outbox"
