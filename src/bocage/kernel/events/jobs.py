"""Jobs of the event log."""

from bocage.kernel.events.sending import send_due
from bocage.kernel.work import periodic, task


@periodic("* * * * *")
@task(name="events.send_webhooks", queue="outside", single=True, in_transaction=False)
def send_webhooks() -> None:
    """Send what the webhooks owe: at once when the log brings something, and every minute for what failed before."""
    send_due()
