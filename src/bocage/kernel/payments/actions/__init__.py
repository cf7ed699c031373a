"""The verbs of payments. Each is idempotent by the caller's id, and takes effect once however often it is asked.

A refused verb changes nothing and may be asked again with the same id once its reason is gone. Each verb locks in one
order (intent, the payer's day, the ledger's accounts), so that two of them wait for each other and never both for ever.
"""

from bocage.kernel.payments.actions.asking import ask_for_kept, lapse_next, object_to_asking
from bocage.kernel.payments.actions.disputes import end_dispute, open_dispute
from bocage.kernel.payments.actions.escrow import open_escrow, release_escrow, return_escrow
from bocage.kernel.payments.actions.exchange import exchange, exchange_at_once, liquidity_of, quote, set_rate
from bocage.kernel.payments.actions.intents import (
    authorise,
    cancel,
    capture,
    create_intent,
    expire_overdue,
    refund,
    transfer_between_people,
)
from bocage.kernel.payments.actions.mandates import (
    charge_mandate,
    grant_mandate,
    pause_mandate,
    pay_due,
    resume_mandate,
    revoke_mandate,
)
from bocage.kernel.payments.actions.splits import open_split, release_split
from bocage.kernel.payments.actions.wallets import set_fee_terms, wallet_of

__all__ = [
    "ask_for_kept",
    "authorise",
    "cancel",
    "capture",
    "charge_mandate",
    "create_intent",
    "end_dispute",
    "exchange",
    "exchange_at_once",
    "expire_overdue",
    "grant_mandate",
    "lapse_next",
    "liquidity_of",
    "object_to_asking",
    "open_dispute",
    "open_escrow",
    "open_split",
    "pause_mandate",
    "pay_due",
    "quote",
    "refund",
    "release_escrow",
    "release_split",
    "resume_mandate",
    "return_escrow",
    "revoke_mandate",
    "set_fee_terms",
    "set_rate",
    "transfer_between_people",
    "wallet_of",
]
