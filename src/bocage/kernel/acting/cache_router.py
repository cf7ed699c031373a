"""Which connection Django's cache writes through: one of its own, outside the request's transaction."""

from typing import Any

CACHE_APP = "django_cache"


class CacheRouter:
    """Sends the cache's table, and nothing else, to the alias `cache`."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str | None:
        return "cache" if model._meta.app_label == CACHE_APP else None

    def db_for_write(self, model: type[Any], **hints: Any) -> str | None:
        return self.db_for_read(model, **hints)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == "cache" else None
