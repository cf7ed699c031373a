"""Jobs of the blob store."""

from bocage.kernel.blobs.actions import sweep
from bocage.kernel.work import periodic, task


@periodic("53 * * * *")
@task(name="blobs.sweep", single=True, in_transaction=False)
def sweep_blobs() -> None:
    """Delete files whose time is over."""
    sweep()
