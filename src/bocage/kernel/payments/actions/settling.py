"""Where kept money goes when it is not one of the two that says so: a lapse, or a decision."""

from bocage.kernel.payments.actions.escrow import give_back, pay_out
from bocage.kernel.payments.actions.parts import part_id
from bocage.kernel.payments.actions.shares import locked_shares
from bocage.kernel.payments.actions.splits import pay_out_step
from bocage.kernel.payments.models import Intent


def settle(row: Intent, *, to_payee: bool, reason: str) -> None:
    """All that the locked escrow still keeps goes to the payee (and those who share it), or back to the payer."""
    if not to_payee:
        give_back(row, reason)
        return
    shares = locked_shares(row)
    if shares:
        pay_out_step(row, shares, part_id(row.id, "settle"), row.amount_minor - row.captured_minor)
    else:
        pay_out(row, row.amount_minor)
