"""The day's checkpoint."""

from bocage.kernel.proofs import actions
from bocage.kernel.work import periodic, task


@periodic("10 0 * * *")
@task(name="proofs.sign_checkpoint", queue="sweeps", single=True)
def sign_checkpoint() -> None:
    """Sign what was sealed since yesterday's checkpoint."""
    actions.sign_checkpoint()
