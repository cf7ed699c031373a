"""The sweep of payments that nobody took in time (the ledger has released their money by then), and what falls due."""

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.payments import actions, allowances, limits
from bocage.kernel.payments.actions.wallets import OPERATING
from bocage.kernel.work import periodic, task


@periodic("* * * * *")
@task(name="payments.sweep_overdue", queue="sweeps", single=True, in_transaction=False)
def sweep_overdue() -> None:
    """Mark lapsed payments and tell their payees, a hundred a transaction, until none is left."""
    expired = limits.EXPIRED_A_TRANSACTION_MAX
    while expired == limits.EXPIRED_A_TRANSACTION_MAX:
        expired = actions.expire_overdue()


@periodic("* * * * *")
@task(name="payments.lapse_kept", queue="sweeps", single=True, in_transaction=False)
def lapse_kept() -> None:
    """Give kept money to the side that asked for it where nobody objected in time, one a transaction, until none is."""
    while actions.lapse_next():
        pass


@periodic("*/5 * * * *")
@task(name="payments.pay_due", queue="sweeps", single=True, in_transaction=False)
def pay_due() -> None:
    """Pay what is due by its mandates, some a transaction, until nothing is due; missed days are caught up."""
    while actions.pay_due():
        pass


@periodic("40 2 * * *")
@task(name="payments.forget_counted", queue="sweeps", single=True, in_transaction=False)
def forget_counted() -> None:
    """Drop the ids by which transfers of batches were counted in days that are over."""
    with acting_as(Actor.for_service(OPERATING)):
        allowances.forget_counted()
