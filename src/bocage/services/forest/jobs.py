"""Forest's jobs: statements that nobody confirmed are forgotten, and letters of the month go out."""

from bocage.kernel.work import periodic, task
from bocage.services.forest.actions import aiming, importing


@periodic("41 2 * * *")
@task(name="forest.forget", single=True)
def forget_left_waiting() -> None:
    """Delete the statements that have waited for a week."""
    importing.forget_left_waiting()


@periodic("17 6 3 * *")
@task(name="forest.letters", single=True)
def send_letters() -> None:
    """Write the letter of the last month to whoever asked for it."""
    aiming.send_letters()
