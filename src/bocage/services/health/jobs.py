"""Health's jobs."""

from bocage.kernel.work import periodic, task
from bocage.services.health.actions import scheme


@periodic("*/10 * * * *")
@task(name="health.forget", single=True)
def forget() -> None:
    """Delete what is 14 days old, and everything at the sunset."""
    scheme.end_at_sunset()
    scheme.sweep()
