"""Bank and ledger side by side: what the lines of the bank's statements are to the movements of the town's account."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.ledger.flows import Wanted, alone_between, movements_like
from bocage.kernel.ledger.types import Movement, account_id_of
from bocage.services.pay import limits, models
from bocage.services.pay.references import find_reference, pay_out_transfer_id
from bocage.services.pay.types import (
    OPEN_FINDINGS,
    BankMovement,
    LineFinding,
    Page,
    PayOutState,
    ReconciledLine,
    Reconciliation,
    TopUpState,
)

_IDS_A_QUERY = 5_000
_DAY = timedelta(days=1)
# As `reference_key` has it.
_KEY_SQL = "upper(regexp_replace({}, '[^[:alnum:]]', '', 'g'))"
_ENTRIES_SQL = f"""
select transfer_id from pay_bankentry where transfer_id is not null and ({_KEY_SQL.format("bank_reference")} = any(%s)
    or exists (select from regexp_matches({_KEY_SQL.format("text")}, '(?=(RF[0-9]{{2}}[A-Z0-9]{{10}}))', 'g') r (told)
        where told[1] = any(%s)))
"""


def reconciliation(window_days: int = limits.RECONCILE_WINDOW_DAYS_DEFAULT) -> Reconciliation:
    """Where bank and ledger stand, over all files that were taken; for the command and the operator's console."""
    with acting_as(Actor.for_service("pay")):
        lines = models.StatementLine.objects
        counted = lines.values_list("finding").annotate(Count("id")).order_by("finding")
        span = lines.aggregate(first=Min("booked_on"), last=Max("booked_on"))
        counts = {LineFinding(finding): count for finding, count in counted}
        open_rows = lines.filter(finding__in=OPEN_FINDINGS).order_by("-booked_on", "-id")
        shown = tuple(as_reconciled(row) for row in open_rows[: limits.RECONCILED_SHOWN_MAX])
        missing, count, awaited = _missing(span["first"], span["last"], window_days) if span["first"] else ([], 0, 0)
    return Reconciliation(
        first_on=span["first"],
        last_on=span["last"],
        window_days=window_days,
        counts=counts,
        open_lines=shown,
        missing=tuple(missing),
        missing_count=count,
        awaited=awaited,
    )


def lines_of(findings: Sequence[LineFinding], before: UUID | None = None) -> Page[ReconciledLine]:
    """The lines of some findings, by the time they were taken in, newest first."""
    with acting_as(Actor.for_service("pay")):
        rows = models.StatementLine.objects.filter(finding__in=findings).order_by("-id")
        if before is not None:
            rows = rows.filter(id__lt=before)
        found = list(rows[: limits.PAGE_ROWS + 1])
    shown = tuple(as_reconciled(row) for row in found[: limits.PAGE_ROWS])
    return Page(shown, shown[-1].id if len(found) > limits.PAGE_ROWS else None)


def line(line_id: UUID) -> ReconciledLine:
    """One line. Raises a `Refusal` (404)."""
    with acting_as(Actor.for_service("pay")):
        row = models.StatementLine.objects.filter(id=line_id).first()
    if row is None:
        raise not_found(_("There is no such line of the bank's."))
    return as_reconciled(row)


def choices(of: ReconciledLine, window_days: int = limits.RECONCILE_WINDOW_DAYS_MAX) -> tuple[BankMovement, ...]:
    """What a line could be matched with by hand: movements of its amount within the window that no line has yet."""
    window = timedelta(days=window_days)
    with acting_as(Actor.for_service("pay")):
        near = candidates([(of.currency, of.amount_minor, of.booked_on)], (), window, window)
        taken = matched_ids([each.id for each in near])
    free = [each for each in near if each.id not in taken]
    free.sort(key=lambda each: (abs(each.on - of.booked_on), each.on))
    return tuple(free[: limits.PAGE_ROWS])


def candidates(
    lines: Sequence[tuple[str, int, date]], names: Collection[str], window: timedelta, wide: timedelta
) -> list[BankMovement]:
    """What the ledger moved on the town's bank account that some lines (currency, amount, day) may be, and no more.

    By amount: within `window` of such a line; by one of `names` (keys of references): within `wide` of the lines' days.
    As Pay itself. Raises a `Refusal` beyond `RECONCILED_MOVEMENTS_MAX`.
    """
    first, last = min(day for _c, _a, day in lines) - wide, max(day for _c, _a, day in lines) + wide
    ids, hold_ids = named(names) if names else ((), ())
    moved: list[Movement] = []
    for currency in sorted({currency for currency, _amount_minor, _day in lines}):
        moved += movements_like(
            account_id_of(None, currency, "clearing", "pay"),
            _begin_of(first),
            _begin_of(last + _DAY),
            limits.RECONCILED_MOVEMENTS_MAX + 1,
            wanted=_wanted([(amount_minor, day) for each, amount_minor, day in lines if each == currency], window),
            ids=ids,
            hold_ids=hold_ids,
            keys=names,
        )
    if len(moved) > limits.RECONCILED_MOVEMENTS_MAX:
        raise Refusal(
            "too_many_movements",
            _("More than %(most)d movements of the ledger come into question. Give files of fewer days.")
            % {"most": limits.RECONCILED_MOVEMENTS_MAX},
        )
    return _as_bank_has_them(moved)


def _wanted(lines: Sequence[tuple[int, date]], window: timedelta) -> list[Wanted]:
    """The days in which each amount is looked for, those that meet made one: a movement is found once."""
    spans: dict[int, list[list[date]]] = {}
    for amount_minor, day in sorted(lines):
        mine = spans.setdefault(amount_minor, [])
        if mine and day - window <= mine[-1][1]:
            mine[-1][1] = day + window + _DAY
        else:
            mine.append([day - window, day + window + _DAY])
    return [
        # What the clearing account gave went into a wallet: it is what came in at the bank.
        Wanted(-amount_minor, _begin_of(since), _begin_of(until))
        for amount_minor, mine in spans.items()
        for since, until in mine
    ]


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(settings.TOWN["time_zone"])).astimezone(UTC)


def _as_bank_has_them(moved: Sequence[Movement]) -> list[BankMovement]:
    """Movements of the clearing account with the bank's sign and every reference that names them."""
    zone = ZoneInfo(settings.TOWN["time_zone"])
    names = _names(moved)
    return [
        BankMovement(
            id=each.transfer_id,
            on=each.at.astimezone(zone).date(),
            amount_minor=-each.amount_minor,
            currency=each.unit,
            references=(each.memo_ref, *names.get(each.transfer_id, ())),
            code=each.code,
            posted=True,
        )
        for each in moved
    ]


def expected_movements(first: date, last: date) -> list[BankMovement]:
    """What is on its way and not in the ledger yet: pay-outs that the bank has, top-ups that were announced."""
    outs = models.PayOut.objects.filter(state=PayOutState.SENT, created_at__date__lte=last).order_by("id")
    ins = models.TopUp.objects.filter(state=TopUpState.WAITING, created_at__date__lte=last).order_by("id")
    sent = [
        BankMovement(
            pay_out_transfer_id(row.id),
            row.created_at.date(),
            -row.amount_minor,
            row.currency,
            (row.end_to_end_id,),
            "pay.pay_out",
            posted=False,
        )
        for row in outs[: limits.RECONCILED_OPEN_MAX]
    ]
    announced = [
        BankMovement(
            row.id, row.created_at.date(), row.amount_minor, row.currency, (row.reference,), "pay.top_up", posted=False
        )
        for row in ins[: limits.RECONCILED_OPEN_MAX]
    ]
    return [each for each in (*sent, *announced) if first <= each.on]


def matched_ids(ids: Iterable[UUID]) -> set[UUID]:
    """Those of the movements that a line of the bank's has been matched with."""
    found: set[UUID] = set()
    with connection.cursor() as cursor:
        for some in batched(ids, _IDS_A_QUERY):
            cursor.execute("select movement_id from pay_statementline where movement_id = any(%s)", [list(some)])
            found.update(id for (id,) in cursor)
    return found


def as_reconciled(row: models.StatementLine) -> ReconciledLine:
    """The row as others may see it."""
    return ReconciledLine(
        id=row.id,
        booked_on=row.booked_on,
        amount_minor=row.amount_minor,
        currency=row.currency,
        party_name=row.party_name,
        text=row.text,
        reference=row.reference,
        file_name=row.file_name,
        source_line=row.source_line,
        finding=LineFinding(row.finding),
        movement_id=row.movement_id,
        candidates=tuple(row.candidates),
        reason=row.reason,
    )


def _missing(first: date, last: date, window_days: int) -> tuple[list[BankMovement], int, int]:
    """What the ledger alone has in the days that the files cover: the latest, how many, how many are not due."""
    account_id = account_id_of(None, settings.TOWN["currency"], "clearing", "pay")
    found = alone_between(
        account_id,
        _begin_of(first),
        _begin_of(last + _DAY),
        _begin_of(last - timedelta(days=window_days) + _DAY),
        limits.RECONCILED_SHOWN_MAX,
        list_of=(models.StatementLine._meta.db_table, "movement_id"),
    )
    return _as_bank_has_them(found.latest), found.count, found.not_due


def named(names: Collection[str]) -> tuple[set[UUID], set[UUID]]:
    """The transfers, and the holds of pay-outs, that Pay knows by one of these keys of references."""
    wanted = list(names)
    top_ups = models.TopUp.objects.filter(reference__in=wanted, transfer_id__isnull=False)
    holds = models.PayOut.objects.filter(end_to_end_id__in=wanted).values_list("hold_id", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES_SQL, [wanted, wanted])
        entries = {id for (id,) in cursor}
    return entries | {id for id in top_ups.values_list("transfer_id", flat=True) if id}, set(holds)


def _names(moved: Sequence[Movement]) -> dict[UUID, list[str]]:
    """What names each movement besides the ledger's own reference: our reference of a top-up, a pay-out's id."""
    names: dict[UUID, list[str]] = {}
    by_hold = {each.hold_id: each.transfer_id for each in moved if each.hold_id}
    for some in batched([each.transfer_id for each in moved], _IDS_A_QUERY):
        top_ups = models.TopUp.objects.filter(transfer_id__in=some).values_list("transfer_id", "reference")
        entries = models.BankEntry.objects.filter(transfer_id__in=some)
        for id, name, text in entries.values_list("transfer_id", "bank_reference", "text"):
            # The same announcement may be paid twice; the top-up knows the first movement alone.
            if id is not None:
                names.setdefault(id, []).extend((name, find_reference(text) or ""))
        for id, name in top_ups:
            if id is not None:
                names.setdefault(id, []).append(name)
    for holds in batched(by_hold, _IDS_A_QUERY):
        for hold_id, name in models.PayOut.objects.filter(hold_id__in=holds).values_list("hold_id", "end_to_end_id"):
            names.setdefault(by_hold[hold_id], []).append(name)
    return names
