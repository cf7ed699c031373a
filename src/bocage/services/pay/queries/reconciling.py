"""Bank and ledger side by side: what the lines of the bank's statements are to the movements of the town's account."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.ledger.flows import movements_between
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


def reconciliation(window_days: int = limits.RECONCILE_WINDOW_DAYS_DEFAULT) -> Reconciliation:
    """Where bank and ledger stand, over all files that were taken; for the command and the operator's console."""
    with acting_as(Actor.for_service("pay")):
        lines = models.StatementLine.objects
        counted = lines.values_list("finding").annotate(Count("id")).order_by("finding")
        span = lines.aggregate(first=Min("booked_on"), last=Max("booked_on"))
        counts = {LineFinding(finding): count for finding, count in counted}
        open_rows = lines.filter(finding__in=OPEN_FINDINGS).order_by("-booked_on", "-id")
        shown = tuple(as_reconciled(row) for row in open_rows[: limits.RECONCILED_SHOWN_MAX])
        missing, awaited = _missing(span["first"], span["last"], window_days) if span["first"] else ([], 0)
    return Reconciliation(
        first_on=span["first"],
        last_on=span["last"],
        window_days=window_days,
        counts=counts,
        open_lines=shown,
        missing=tuple(missing[: limits.RECONCILED_SHOWN_MAX]),
        missing_count=len(missing),
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
        near = posted_movements([of.currency], of.booked_on - window, of.booked_on + window)
        taken = matched_ids([each.id for each in near])
    free = [each for each in near if each.id not in taken and each.amount_minor == of.amount_minor]
    free.sort(key=lambda each: (abs(each.on - of.booked_on), each.on))
    return tuple(free[: limits.PAGE_ROWS])


def posted_movements(currencies: Iterable[str], first: date, last: date) -> list[BankMovement]:
    """What the ledger moved on the town's bank account in these days, with every reference that names it.

    As Pay itself. Raises a `Refusal` beyond `RECONCILED_MOVEMENTS_MAX`.
    """
    zone = ZoneInfo(settings.TOWN["time_zone"])
    since = datetime.combine(first, time.min, zone).astimezone(UTC)
    until = datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC)
    moved: list[Movement] = []
    for currency in sorted(set(currencies)):
        account_id = account_id_of(None, currency, "clearing", "pay")
        moved += movements_between(account_id, since, until, limits.RECONCILED_MOVEMENTS_MAX + 1)
    if len(moved) > limits.RECONCILED_MOVEMENTS_MAX:
        raise Refusal(
            "too_many_movements",
            _("The ledger has more than %(most)d movements in these days. Give files of fewer days.")
            % {"most": limits.RECONCILED_MOVEMENTS_MAX},
        )
    names = _names(moved)
    return [
        BankMovement(
            id=each.transfer_id,
            on=each.at.astimezone(zone).date(),
            # What the clearing account gave went into a wallet: it is what came in at the bank.
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
    for some in batched(ids, _IDS_A_QUERY):
        rows = models.StatementLine.objects.filter(movement_id__in=some)
        found.update(id for id in rows.values_list("movement_id", flat=True) if id is not None)
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


def _missing(first: date, last: date, window_days: int) -> tuple[list[BankMovement], int]:
    """What the ledger alone has in the days that the files cover, latest first; how many the bank may still book."""
    moved = posted_movements([settings.TOWN["currency"]], first, last)
    taken = matched_ids([each.id for each in moved])
    alone = [each for each in moved if each.id not in taken]
    due = last - timedelta(days=window_days)
    missing = [each for each in alone if each.on <= due]
    return missing, len(alone) - len(missing)


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
