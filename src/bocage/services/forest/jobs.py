"""Forest's job: statements that nobody confirmed are forgotten."""

from bocage.kernel.work import periodic, task
from bocage.services.forest.actions import importing


@periodic("41 2 * * *")
@task(name="forest.forget", single=True)
def forget_left_waiting() -> None:
    """Delete the statements that have waited for a week."""
    importing.forget_left_waiting()
