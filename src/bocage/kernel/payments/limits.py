"""Every bound of payments, in one place."""

from dataclasses import dataclass
from datetime import timedelta

from bocage.kernel.identity.types import Tier

CURRENCY_CHARACTERS = 3
MEMO_REF_CHARACTERS_MAX = 64
SERVICE_CHARACTERS_MAX = 40
REASON_CHARACTERS_MAX = 40
PAGE_ROWS_MAX = 100

# How long an authorised payment waits to be captured.
AUTHORISATION_LIFE = timedelta(days=7)
DISPUTE_WINDOW = timedelta(days=120)
# How long the disputed money is set aside; an undecided dispute gives it back to the payee after that.
DISPUTE_LIFE = timedelta(days=60)
REFUNDS_A_PAYMENT_MAX = 100
EXPIRED_A_TRANSACTION_MAX = 100

# An exchange: how long a quote holds its rate, and the largest whole number in a rate.
QUOTE_LIFE = timedelta(minutes=15)
RATE_TERM_MAX = 1_000_000_000
UNIT_CHARACTERS_MAX = 12
QUOTES_OPEN_MAX = 20
QUOTES_A_DAY_MAX = 200
# Kept money: from when on it may be asked for where nobody said, and how far ahead that may be.
KEPT_FOR_DEFAULT = timedelta(days=30)
KEPT_FOR_MAX = timedelta(days=366)
# A lapse that cannot be carried out (somebody is frozen, an account closed) is tried again after this.
LAPSE_AGAIN = timedelta(days=1)
# For how long it waits for a frozen side; then two operators decide, for nobody of the two may be there to end it.
FROZEN_WAIT = timedelta(days=30)
# A payment among many: two transfers a party and step, and a linked group has at most a hundred.
SHARES_MAX = 45
SHARE_PARTS_MAX = 1_000_000
RELEASES_A_PAYMENT_MAX = 100
# Recurring payments: how far ahead a mandate may end, how many a payer has, how many due dates one transaction pays.
MANDATE_LIFE = timedelta(days=5 * 366)
MANDATES_A_PAYER_MAX = 100
DUE_A_TRANSACTION_MAX = 20
MEMO_CHARACTERS_MAX = 80
# How long the ids of a batch's transfers are kept beside the day they were counted in.
COUNTED_KEPT = timedelta(days=2)

BASIS_POINTS = 10_000
FEE_BASIS_POINTS_MAX = 1_000
FEE_FIXED_MINOR_MAX = 1_000
FEE_BASIS_POINTS_DEFAULT = 60
FEE_FIXED_MINOR_DEFAULT = 0


@dataclass(frozen=True)
class TierLimit:
    """What may leave a party's wallet by payments, in whole units of the currency, whichever it is."""

    a_payment_units: int
    a_day_units: int


TIER_LIMITS = {
    Tier.NONE: TierLimit(150, 150),
    Tier.CONTACT: TierLimit(1_000, 2_500),
    Tier.DOCUMENT: TierLimit(15_000, 30_000),
}
