"""Django's name for the package."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "bocage.shell.accounts"
    label = "accounts"
