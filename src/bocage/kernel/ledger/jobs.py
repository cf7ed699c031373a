"""The sweep: what overdue holds reserve is released each minute, also where nobody touches the account."""

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.ledger import actions, limits
from bocage.kernel.work import periodic, task


@periodic("* * * * *")
@task(name="ledger.sweep_holds", queue="sweeps", single=True, in_transaction=False)
def sweep_holds() -> None:
    """Expire overdue holds, a hundred a transaction, until none is left."""
    expired = limits.EXPIRED_HOLDS_A_TRANSACTION_MAX
    while expired == limits.EXPIRED_HOLDS_A_TRANSACTION_MAX:
        with acting_as(Actor.for_service("ledger")):
            expired = actions.expire_holds()
