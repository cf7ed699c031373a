"""Django's name for the package."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "bocage.kernel.identity"
    label = "identity"

    def ready(self) -> None:
        from bocage.kernel.identity import verbs  # noqa: F401 - registers them
