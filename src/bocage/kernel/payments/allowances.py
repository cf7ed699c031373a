"""How much may leave a wallet by payments, by how well its owner is known: a payment and a day of the town."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Tier
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.payments import limits
from bocage.kernel.payments.models import Spending
from bocage.kernel.payments.types import Allowance

_SPEND_SQL = """
insert into payments_spending as spending (payer_id, currency, day, spent_minor) values (%s, %s, %s, %s)
on conflict (payer_id, currency, day) do update set spent_minor = spending.spent_minor + excluded.spent_minor
returning spent_minor
"""


def allowance(payer_id: UUID, currency: str) -> Allowance:
    """What the payer may pay at once, and what is left of today's limit."""
    a_payment_minor, a_day_minor = _limits_minor(payer_id, currency)
    row = Spending.objects.filter(payer_id=payer_id, currency=currency, day=_today()).first()
    return Allowance(a_payment_minor, max(0, a_day_minor - (row.spent_minor if row else 0)))


def spend(payer_id: UUID, amount_minor: int, currency: str) -> date:
    """Count a payment into its payer's day, which is answered. Raises `Refusal` where it passes a limit."""
    return spend_all(payer_id, [amount_minor], currency)


def spend_all(payer_id: UUID, amounts_minor: Sequence[int], currency: str) -> date:
    """The same for several payments at once: each under the limit of one, their sum under the day's."""
    a_payment_minor, a_day_minor = _limits_minor(payer_id, currency)
    if max(amounts_minor) > a_payment_minor:
        raise Refusal(
            "exceeds_payment_limit",
            _("This is more than you may pay at once. Have your identity checked to raise the limit."),
            field="amount",
        )
    day = _today()
    with connection.cursor() as cursor:
        cursor.execute(_SPEND_SQL, [payer_id, currency, day, sum(amounts_minor)])
        (spent_minor,) = cursor.fetchone()
    if spent_minor > a_day_minor:
        raise Refusal(
            "exceeds_day_limit",
            _("This is more than is left of what you may pay today. Pay tomorrow, or have your identity checked."),
            field="amount",
        )
    return day


def give_back(payer_id: UUID, amount_minor: int, currency: str, day: date) -> None:
    """Take what was not spent after all out of the day it was counted in."""
    rows = Spending.objects.filter(payer_id=payer_id, currency=currency, day=day)
    rows.update(spent_minor=F("spent_minor") - amount_minor)


def _limits_minor(payer_id: UUID, currency: str) -> tuple[int, int]:
    limit = limits.TIER_LIMITS[_tier(payer_id)]
    minor = 10 ** ledger.unit(currency).exponent
    return limit.a_payment_units * minor, limit.a_day_units * minor


def _tier(payer_id: UUID) -> Tier:
    person = identity.persons([payer_id]).get(payer_id)
    if person is not None:
        return person.tier
    return Tier.DOCUMENT if identity.party(payer_id).verified else Tier.CONTACT


def _today() -> date:
    return clock.today(settings.TOWN["time_zone"])
