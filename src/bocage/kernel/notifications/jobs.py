"""Jobs of notifications."""

from bocage.kernel.notifications.actions import sweep
from bocage.kernel.work import periodic, task


@periodic("41 2 * * *")
@task(name="notifications.sweep", single=True)
def sweep_notifications() -> None:
    """Forget notifications older than 400 days."""
    sweep()
