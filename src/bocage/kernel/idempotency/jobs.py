"""Jobs of idempotency."""

from bocage.kernel.idempotency.actions import sweep
from bocage.kernel.work import periodic, task


@periodic("23 * * * *")
@task(name="idempotency.sweep", single=True)
def sweep_answers() -> None:
    """Forget answers older than two days."""
    sweep()
