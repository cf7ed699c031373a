"""The sweep of payments that nobody took in time (the ledger has released their money by then), and what falls due."""

from bocage.kernel.payments import actions, limits
from bocage.kernel.work import periodic, task


@periodic("* * * * *")
@task(name="payments.sweep_overdue", queue="sweeps", single=True, in_transaction=False)
def sweep_overdue() -> None:
    """Mark lapsed payments and tell their payees, a hundred a transaction, until none is left."""
    expired = limits.EXPIRED_A_TRANSACTION_MAX
    while expired == limits.EXPIRED_A_TRANSACTION_MAX:
        expired = actions.expire_overdue()


@periodic("*/5 * * * *")
@task(name="payments.pay_due", queue="sweeps", single=True, in_transaction=False)
def pay_due() -> None:
    """Pay what is due by its mandates, some a transaction, until nothing is due; missed days are caught up."""
    while actions.pay_due():
        pass
