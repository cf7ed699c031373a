"""The cache commits apart from the request, so that an attempt that failed still counts against its rate limit."""

import pytest
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, transaction


@pytest.fixture
def cache(fresh_database: str) -> DatabaseCache:
    return DatabaseCache("bocage_cache", {})


def test_what_a_failed_request_counted_stays_counted(cache: DatabaseCache) -> None:
    cache.set("attempts", 1)
    with pytest.raises(RuntimeError), transaction.atomic():
        cache.incr("attempts")
        raise RuntimeError("the request ends in an error")
    assert cache.get("attempts") == 2
    connections["cache"].close()
