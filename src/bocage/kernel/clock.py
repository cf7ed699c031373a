"""The one clock. Everything that asks what time it is asks here, so that a test can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_frozen_at: ContextVar[datetime | None] = ContextVar("frozen_at", default=None)
_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta(0))


def now() -> datetime:
    """The present instant, in UTC."""
    frozen = _frozen_at.get()
    return (frozen if frozen is not None else datetime.now(UTC)) + _shift.get()


def today(zone: str) -> date:
    """The calendar day it is now in `zone` (an IANA name): the town's for business days, the person's for display."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` (timezone-aware) for the block."""
    if instant.tzinfo is None:
        raise ValueError("a frozen instant needs a time zone")
    token = _frozen_at.set(instant)
    try:
        yield
    finally:
        _frozen_at.reset(token)


@contextmanager
def shifted(delta: timedelta) -> Iterator[None]:
    """Move the clock by `delta` for the block; shifts add up."""
    token = _shift.set(_shift.get() + delta)
    try:
        yield
    finally:
        _shift.reset(token)
