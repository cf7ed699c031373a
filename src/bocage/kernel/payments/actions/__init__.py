"""The verbs of payments. Each is idempotent by the caller's id, and takes effect once however often it is asked.

A refused verb changes nothing and may be asked again with the same id once its reason is gone. Each verb locks in one
order (intent, the payer's day, the ledger's accounts), so that two of them wait for each other and never both for ever.
"""

from bocage.kernel.payments.actions.disputes import end_dispute, open_dispute
from bocage.kernel.payments.actions.escrow import open_escrow, release_escrow, return_escrow
from bocage.kernel.payments.actions.intents import (
    authorise,
    cancel,
    capture,
    create_intent,
    expire_overdue,
    refund,
    transfer_between_people,
)
from bocage.kernel.payments.actions.wallets import set_fee_terms, wallet_of

__all__ = [
    "authorise",
    "cancel",
    "capture",
    "create_intent",
    "end_dispute",
    "expire_overdue",
    "open_dispute",
    "open_escrow",
    "refund",
    "release_escrow",
    "return_escrow",
    "set_fee_terms",
    "transfer_between_people",
    "wallet_of",
]
