"""A party's wallet: its balance, its lines and its months."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, forbidden, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.payments import queries as payments
from bocage.kernel.proofs import queries as proofs
from bocage.services.pay import limits, models
from bocage.services.pay.queries import codes
from bocage.services.pay.types import Line, LineKind, Page, Payee, Statement, Wallet

KINDS_IN = (LineKind.TAKEN, LineKind.RECEIVED, LineKind.TOP_UP, LineKind.REFUND)
KINDS_OUT = (LineKind.PAID, LineKind.SENT, LineKind.PAY_OUT)


def as_line(row: models.Line) -> Line:
    """The row as others may see it."""
    return Line(
        id=row.id,
        kind=LineKind(row.kind),
        amount_minor=row.amount_minor,
        fee_minor=row.fee_minor,
        currency=row.currency,
        counterpart_id=row.counterpart_id,
        counterpart_name=row.counterpart_name,
        mcc=row.mcc,
        memo=row.memo,
        reference=row.reference,
        payment_id=row.payment_id,
        refund_id=row.refund_id,
        transfer_id=row.transfer_id,
        at=row.at,
    )


def wallet(owner_id: UUID, currency: str) -> Wallet:
    """The owner's wallet; empty where it was not needed yet. Three figures from the ledger in one query."""
    account_id = payments.wallet(owner_id, currency)
    found = ledger.balances([account_id]).get(account_id)
    return Wallet(
        account_id=account_id,
        owner_id=owner_id,
        currency=currency,
        posted_minor=found.posted_minor if found else 0,
        available_minor=found.available_minor if found else 0,
        held_minor=found.pending_minor if found else 0,
    )


def lines(
    owner_id: UUID,
    *,
    search: str = "",
    kinds: Collection[LineKind] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    before: UUID | None = None,
    limit: int = limits.PAGE_ROWS,
) -> Page[Line]:
    """The wallet's lines, newest first. `search` looks in names, notes and references; `kinds` empty means all."""
    rows = models.Line.objects.filter(owner_id=owner_id)
    if kinds:
        rows = rows.filter(kind__in=[each.value for each in kinds])
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    for word in search[: limits.SEARCH_CHARACTERS_MAX].split():
        rows = rows.filter(Q(counterpart_name__icontains=word) | Q(memo__icontains=word) | Q(reference__icontains=word))
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: limit + 1])
    shown = tuple(as_line(row) for row in found[:limit])
    return Page(shown, shown[-1].id if len(found) > limit else None)


def line(owner_id: UUID, line_id: UUID) -> Line:
    """One line of the owner's wallet. Raises a `Refusal` (404)."""
    return as_line(_row(models.Line.objects.filter(owner_id=owner_id, id=line_id)))


def line_of_payment(owner_id: UUID, payment_id: UUID) -> Line:
    """The owner's line of a payment (not of its refunds). Raises a `Refusal` (404)."""
    rows = models.Line.objects.filter(owner_id=owner_id, payment_id=payment_id, refund_id=None)
    return as_line(_row(rows))


def provable(line: Line) -> bool:
    """Whether the line's owner may have the ledger's proof of it: what a shop took would tell it who paid."""
    return line.kind is not LineKind.TAKEN and not (line.kind is LineKind.REFUND and line.amount_minor < 0)


def proof_file(owner_id: UUID, line_id: UUID) -> bytes:
    """The proof that the ledger holds the line's transfer. Raises `Refusal` (forbidden, proof_not_yet)."""
    found = line(owner_id, line_id)
    if not provable(found):
        raise forbidden(_("A proof says who paid, so only the customer has it."))
    return proofs.proof_file(found.transfer_id)


def recent_people(owner_id: UUID) -> tuple[Payee, ...]:
    """People the owner sent to or received from lately, latest first."""
    rows = models.Line.objects.filter(owner_id=owner_id, kind__in=[LineKind.SENT, LineKind.RECEIVED])
    latest = rows.exclude(counterpart_id=None).order_by("-id").values_list("counterpart_id", flat=True)[:100]
    ids = list(dict.fromkeys(each for each in latest if each is not None))[: limits.RECENT_PEOPLE]
    people = codes.payees(ids) if ids else {}
    return tuple(people[each] for each in ids if each in people)


def month_bounds(first_day: date) -> tuple[datetime, datetime]:
    """The instants at which the month begins and ends, in the town's zone."""
    zone = ZoneInfo(settings.TOWN["time_zone"])
    following = date(first_day.year + first_day.month // 12, first_day.month % 12 + 1, 1)
    start = datetime(first_day.year, first_day.month, 1, tzinfo=zone)
    return start.astimezone(UTC), datetime(following.year, following.month, 1, tzinfo=zone).astimezone(UTC)


def statement(owner_id: UUID, currency: str, first_day: date) -> Statement:
    """The wallet's month. The closing balance is the ledger's own, less what moved since."""
    today = clock.today(settings.TOWN["time_zone"])
    if not today.year - limits.YEARS_BACK_MAX <= first_day.year <= today.year or first_day > today:
        raise Refusal("bad_month", _("There is no statement for this month. Choose another."), field="month")
    start, end = month_bounds(first_day)
    rows = models.Line.objects.filter(owner_id=owner_id, currency=currency)
    account = payments.wallet(owner_id, currency)
    posted_minor = ledger.balances([account]).get(account)
    later = rows.filter(at__gte=end).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    closing = (posted_minor.posted_minor if posted_minor else 0) - later
    found = list(rows.filter(at__gte=start, at__lt=end).order_by("id")[: limits.STATEMENT_LINES_MAX + 1])
    if len(found) > limits.STATEMENT_LINES_MAX:
        raise Refusal("statement_too_long", _("This month has too many lines for one file. Use the API's cursor."))
    moved = sum(row.amount_minor for row in found)
    return Statement(
        owner_id=owner_id,
        owner_name=identity.party_name(owner_id),
        account_id=account,
        currency=currency,
        first_day=first_day,
        last_day=date.fromordinal(_following(first_day).toordinal() - 1),
        opening_minor=closing - moved,
        closing_minor=closing,
        lines=tuple(as_line(row) for row in found),
    )


def months(owner_id: UUID) -> tuple[date, ...]:
    """The months for which there may be a statement: from the first line to now, the newest first."""
    first = models.Line.objects.filter(owner_id=owner_id).order_by("id").first()
    zone = ZoneInfo(settings.TOWN["time_zone"])
    month = clock.today(settings.TOWN["time_zone"]).replace(day=1)
    oldest = first.at.astimezone(zone).date().replace(day=1) if first else month
    found = [month]
    while found[-1] > oldest and len(found) < limits.YEARS_BACK_MAX * 12:
        found.append(date.fromordinal(found[-1].toordinal() - 1).replace(day=1))
    return tuple(found)


def _following(first_day: date) -> date:
    return date(first_day.year + first_day.month // 12, first_day.month % 12 + 1, 1)


def _row(rows: QuerySet[models.Line]) -> models.Line:
    row = rows.first()
    if row is None:
        raise not_found(_("There is no such line in this wallet."))
    return row
