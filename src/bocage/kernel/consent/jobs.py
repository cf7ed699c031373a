"""Jobs of consent."""

from bocage.kernel.consent.actions import expire_due
from bocage.kernel.work import periodic, task


@periodic("*/5 * * * *")
@task(name="consent.expire", single=True)
def expire() -> None:
    """Mark the agreements whose end has come."""
    expire_due()
