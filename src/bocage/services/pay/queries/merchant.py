"""What a shop sees of its takings."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import ExtractHour, TruncDate

from bocage.services.pay import limits, models
from bocage.services.pay.queries.wallet import as_line
from bocage.services.pay.types import Line, LineKind, Takings

HOURS = 24


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The instants at which a business day begins and ends, in the town's zone."""
    zone = ZoneInfo(settings.TOWN["time_zone"])
    following = day + timedelta(days=1)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def takings(payee_id: UUID, currency: str, day: date) -> Takings:
    """The shop's business day, in two queries."""
    start, end = day_bounds(day)
    rows = models.Line.objects.filter(owner_id=payee_id, currency=currency, at__gte=start, at__lt=end)
    taken = Q(kind=LineKind.TAKEN)
    given_back = Q(kind=LineKind.REFUND, amount_minor__lt=0)
    sums = rows.aggregate(
        count=Count("id", filter=taken),
        taken=Sum("amount_minor", filter=taken),
        fees=Sum("fee_minor", filter=taken),
        refunded=Sum("amount_minor", filter=given_back),
    )
    by_hour = [0] * HOURS
    zone = ZoneInfo(settings.TOWN["time_zone"])
    hours = rows.filter(taken).annotate(hour=ExtractHour("at", tzinfo=zone)).values("hour").order_by("hour")
    for each in hours.annotate(sum=Sum("amount_minor") + Sum("fee_minor")):
        by_hour[each["hour"]] = each["sum"]
    fees_minor = sums["fees"] or 0
    return Takings(
        day=day,
        currency=currency,
        payments_count=sums["count"],
        taken_minor=(sums["taken"] or 0) + fees_minor,
        refunded_minor=-(sums["refunded"] or 0),
        fees_minor=fees_minor,
        by_hour_minor=tuple(by_hour),
    )


def takings_lines(payee_id: UUID, currency: str, day: date) -> tuple[Line, ...]:
    """Each payment and refund of the business day, in order."""
    start, end = day_bounds(day)
    rows = models.Line.objects.filter(owner_id=payee_id, currency=currency, at__gte=start, at__lt=end)
    shown = rows.filter(kind__in=[LineKind.TAKEN, LineKind.REFUND]).order_by("id")
    return tuple(as_line(row) for row in shown[: limits.STATEMENT_LINES_MAX])


def daily(payee_id: UUID, currency: str, last_day: date, days: int) -> tuple[tuple[date, int], ...]:
    """What was taken on each of the `days` days up to `last_day`, oldest first."""
    first_day = last_day - timedelta(days=days - 1)
    start, end = day_bounds(first_day)[0], day_bounds(last_day)[1]
    rows = models.Line.objects.filter(
        owner_id=payee_id, currency=currency, kind=LineKind.TAKEN, at__gte=start, at__lt=end
    )
    zone = ZoneInfo(settings.TOWN["time_zone"])
    sums = rows.annotate(day=TruncDate("at", tzinfo=zone)).values("day").order_by("day")
    by_day = {each["day"]: each["sum"] for each in sums.annotate(sum=Sum("amount_minor") + Sum("fee_minor"))}
    return tuple((day, by_day.get(day, 0)) for day in (first_day + timedelta(days=offset) for offset in range(days)))


def taken(payee_id: UUID, payment_id: UUID) -> Line | None:
    """The shop's line of a payment, or None while the customer has yet to confirm it."""
    row = models.Line.objects.filter(owner_id=payee_id, payment_id=payment_id, kind=LineKind.TAKEN).first()
    return as_line(row) if row else None
