"""Every bound of the ledger, in one place. The SQL functions and the tables' checks hold the same numbers."""

from datetime import timedelta

# Far enough under 2**63 that no sum of two counters of an account and one amount can overflow a bigint.
AMOUNT_MINOR_MAX = 1_000_000_000_000_000
COUNTER_MINOR_MAX = 2_000_000_000_000_000_000

UNIT_CHARACTERS_MAX = 12
KIND_CHARACTERS_MAX = 20
CODE_CHARACTERS_MAX = 40
MEMO_REF_CHARACTERS_MAX = 64
MEMO_REF_BYTES_MAX = 64
SERVICE_CHARACTERS_MAX = 40

LINKED_TRANSFERS_MAX = 100
HOLD_LONGEST = timedelta(days=400)
PAGE_ROWS_MAX = 100
LANE_ACCOUNTS_MAX = 100_000
REVERSAL_ATTEMPTS_MAX = 20

# Overdue holds that one transfer, or one transaction of the sweep, expires at most.
EXPIRED_HOLDS_A_TRANSACTION_MAX = 100
SWEEP_PERIOD = timedelta(minutes=1)

KINDS_THAT_MAY_GO_NEGATIVE = ("clearing", "issuer")
