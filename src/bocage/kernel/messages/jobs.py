"""Jobs of the outbox."""

from bocage.kernel.messages.actions import send_due, sweep
from bocage.kernel.work import periodic, task


@periodic("* * * * *")
@task(name="messages.send_mail", queue="outside", single=True, in_transaction=False)
def send_mail() -> None:
    """Send what waits: at once when something was written, and every minute for what failed before."""
    send_due()


@periodic("7 4 * * *")
@task(name="messages.sweep", single=True)
def sweep_outbox() -> None:
    """Forget messages older than 90 days."""
    sweep()
