"""How much may leave a wallet by payments, by how well its owner is known: a payment and a day of the town."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

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
from bocage.kernel.payments.models import Counted, Spending
from bocage.kernel.payments.types import Allowance

_SPEND_SQL = """
insert into payments_spending as spending (payer_id, currency, day, spent_minor) values (%s, %s, %s, %s)
on conflict (payer_id, currency, day) do update set spent_minor = spending.spent_minor + excluded.spent_minor
returning spent_minor
"""
_COUNT_SQL = """
insert into payments_counted (transfer_id, payer_id, currency, day, amount_minor)
select id, %s, %s, day, amount_minor from unnest(%s::uuid[], %s::date[], %s::bigint[]) given (id, day, amount_minor)
on conflict (transfer_id) do nothing returning transfer_id
"""
_UNCOUNT_SQL = """
delete from payments_counted where payer_id = %s and currency = %s and transfer_id = any(%s) returning day, amount_minor
"""


def allowance(payer_id: UUID, currency: str) -> Allowance:
    """What the payer may pay at once, and what is left of today's limit."""
    a_payment_minor, a_day_minor = _limits_minor(payer_id, currency)
    row = Spending.objects.filter(payer_id=payer_id, currency=currency, day=_today()).first()
    return Allowance(a_payment_minor, max(0, a_day_minor - (row.spent_minor if row else 0)))


def spend(payer_id: UUID, amount_minor: int, currency: str) -> date:
    """Count a payment into its payer's day, which is answered. Raises `Refusal` where it passes a limit."""
    a_payment_minor, a_day_minor = _limits_minor(payer_id, currency)
    _check_payment(amount_minor, a_payment_minor)
    day = _today()
    _check_day(_spent(payer_id, currency, day, amount_minor), a_day_minor)
    return day


def spend_once(payer_id: UUID, amounts_minor: Mapping[UUID, int], currency: str) -> set[UUID]:
    """Count several transfers, by their ids, into today: each under the limit of one, their sum under the day's.

    What was counted before under the same id is not counted again; those counted now are answered. Asked before
    `count_moved` and `uncount`, even with nothing to count: it locks the payer's day first, in which they then follow.
    """
    day = _today()
    _spent(payer_id, currency, day, 0)
    if not amounts_minor:
        return set()
    a_payment_minor, a_day_minor = _limits_minor(payer_id, currency)
    _check_payment(max(amounts_minor.values()), a_payment_minor)
    counted = _count(payer_id, currency, {id: (day, amount_minor) for id, amount_minor in amounts_minor.items()})
    added_minor = sum(amounts_minor[id] for id in counted)
    _check_day(_spent(payer_id, currency, day, added_minor), a_day_minor)
    return counted


def count_moved(payer_id: UUID, moved: Mapping[UUID, tuple[datetime, int]], currency: str) -> None:
    """Count what the ledger moved (when, how much) and nobody counted, into the day it moved: no limit undoes it."""
    zone = ZoneInfo(settings.TOWN["time_zone"])
    given = {id: (at.astimezone(zone).date(), amount_minor) for id, (at, amount_minor) in moved.items()}
    sums: Counter[date] = Counter()
    for id in _count(payer_id, currency, given):
        day, amount_minor = given[id]
        sums[day] += amount_minor
    for day in sorted(sums):
        _spent(payer_id, currency, day, sums[day])


def uncount(payer_id: UUID, ids: Collection[UUID], currency: str) -> None:
    """Take transfers that moved nothing out of the days they were counted in; what was not counted changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCOUNT_SQL, [payer_id, currency, list(ids)])
        sums: Counter[date] = Counter()
        for day, amount_minor in cursor:
            sums[day] += amount_minor
    for day in sorted(sums):
        give_back(payer_id, sums[day], currency, day)


def forget_counted() -> None:
    """Drop the ids of days that are over: no limit of today asks for them. As payments itself."""
    Counted.objects.filter(day__lt=_today() - limits.COUNTED_KEPT).delete()


def give_back(payer_id: UUID, amount_minor: int, currency: str, day: date) -> None:
    """Take what was not spent after all out of the day it was counted in."""
    rows = Spending.objects.filter(payer_id=payer_id, currency=currency, day=day)
    rows.update(spent_minor=F("spent_minor") - amount_minor)


def _check_payment(amount_minor: int, a_payment_minor: int) -> None:
    if amount_minor > a_payment_minor:
        raise Refusal(
            "exceeds_payment_limit",
            _("This is more than you may pay at once. Have your identity checked to raise the limit."),
            field="amount",
        )


def _check_day(spent_minor: int, a_day_minor: int) -> None:
    if spent_minor > a_day_minor:
        raise Refusal(
            "exceeds_day_limit",
            _("This is more than is left of what you may pay today. Pay tomorrow, or have your identity checked."),
            field="amount",
        )


def _spent(payer_id: UUID, currency: str, day: date, amount_minor: int) -> int:
    """Add to the payer's day; what it is then."""
    with connection.cursor() as cursor:
        cursor.execute(_SPEND_SQL, [payer_id, currency, day, amount_minor])
        (spent_minor,) = cursor.fetchone()
    return int(spent_minor)


def _count(payer_id: UUID, currency: str, given: Mapping[UUID, tuple[date, int]]) -> set[UUID]:
    """Write down that these transfers are counted; those that were not before."""
    if not given:
        return set()
    days, amounts_minor = zip(*given.values(), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_SQL, [payer_id, currency, list(given), list(days), list(amounts_minor)])
        return {id for (id,) in cursor}


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
