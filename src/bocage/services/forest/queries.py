"""What Forest answers: months, lines with their reasons, grams and trees."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max, Min, Q
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import not_found
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.types import account_id_of
from bocage.services.forest import accounts, limits, reading
from bocage.services.forest.acts import ACT_BY_SLUG
from bocage.services.forest.engine_words import class_title, words
from bocage.services.forest.models import Award, Correction, Line, SharedAccount, Tree, Upload
from bocage.services.forest.species import SPECIES_BY_SLUG
from bocage.services.forest.statement_words import field_word, note_words, problem_words
from bocage.services.forest.types import (
    AwardView,
    CategorySum,
    Choices,
    FootprintLine,
    Grove,
    Month,
    MonthSum,
    Preview,
    TreeView,
    UploadView,
)
from bocage.services.forest.weighing import Group, interval

_TREES_SHOWN_MAX = 200


def month(person_id: UUID, first_day: date) -> Month:
    """The month that begins on `first_day`: exact sum of its lines, combined interval, categories."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select category, factor, sum(micrograms), sum(low_micrograms), sum(high_micrograms), count(*)
            from forest_line where person_id = %s and booked_on >= %s and booked_on < %s and counted
            group by category, factor, micrograms < 0
            """,
            [person_id, first_day, _month_after(first_day)],
        )
        rows = [(row[0], row[1], *map(int, row[2:])) for row in cursor.fetchall()]
    low, high = interval(Group(*row[:5]) for row in rows)
    total = sum(row[2] for row in rows)
    sums: dict[str, list[int]] = {}
    for category, _factor, micrograms, _low, _high, count in rows:
        kept = sums.setdefault(category, [0, 0])
        kept[0] += micrograms
        kept[1] += count
    categories = tuple(
        CategorySum(name, class_title(name), micrograms, count, max(0, micrograms * 100 // total) if total > 0 else 0)
        for name, (micrograms, count) in sorted(sums.items(), key=lambda pair: (-pair[1][0], pair[0]))
    )
    unknown = sums.get("unknown", [0, 0])[1]
    return Month(first_day, total, low, high, sum(row[5] for row in rows), unknown, categories)


def trend(person_id: UUID, last_month: date) -> tuple[MonthSum, ...]:
    """The sums of the months up to and with `last_month`, oldest first; months without a line are 0."""
    months = [last_month]
    while len(months) < limits.TREND_MONTHS:
        months.append(_month_before(months[-1]))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select date_trunc('month', booked_on)::date, sum(micrograms) from forest_line
            where person_id = %s and booked_on >= %s and booked_on < %s group by 1
            """,
            [person_id, months[-1], _month_after(last_month)],
        )
        sums = {first: int(sum_of) for first, sum_of in cursor.fetchall()}
    return tuple(MonthSum(first, sums.get(first, 0)) for first in reversed(months))


def span(person_id: UUID) -> tuple[date, date] | None:
    """The first days of the earliest and of the latest month with a line."""
    found = Line.objects.filter(person_id=person_id).aggregate(first=Min("booked_on"), last=Max("booked_on"))
    return (found["first"].replace(day=1), found["last"].replace(day=1)) if found["first"] else None


def lines(
    person_id: UUID, *, first_day: date | None = None, category: str | None = None, before: UUID | None = None
) -> tuple[FootprintLine, ...]:
    """Lines, latest first, at most `PAGE_ROWS_MAX`; `before` is the id of the last one shown."""
    rows = Line.objects.filter(person_id=person_id).order_by("-booked_on", "-id")
    if first_day is not None:
        rows = rows.filter(booked_on__gte=first_day, booked_on__lt=_month_after(first_day))
    if category:
        rows = rows.filter(category=category)
    if before is not None:
        last = Line.objects.filter(person_id=person_id, pk=before).values_list("booked_on", "id").first()
        if last is None:
            raise not_found(_("There is no such line among yours."), field="cursor")
        rows = rows.extra(where=["(booked_on, id) < (%s, %s)"], params=list(last))
    return tuple(_line(row) for row in rows[: limits.PAGE_ROWS_MAX])


def line(person_id: UUID, line_id: UUID) -> FootprintLine:
    """One line with its reasons. Raises `Refusal` (not_found)."""
    row = Line.objects.filter(person_id=person_id, pk=line_id).first()
    if row is None:
        raise not_found(_("There is no such line among yours."), field="id")
    return _line(row)


def awards(person_id: UUID, limit: int = limits.PAGE_ROWS_MAX) -> tuple[AwardView, ...]:
    """What acts earned, latest day first."""
    rows = Award.objects.filter(person_id=person_id).order_by("-day", "-id")
    return tuple(_award(row) for row in rows[:limit])


def award_of(person_id: UUID, line_id: UUID) -> AwardView | None:
    """What one line earned."""
    row = Award.objects.filter(person_id=person_id, line_id=line_id).first()
    return _award(row) if row else None


def grove(person_id: UUID) -> Grove:
    """Grams in hand, ripe and ripening, and the trees."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select coalesce(sum(grams) filter (where ripe_at <= %(now)s), 0)::bigint,
                coalesce(sum(grams) filter (where ripe_at > %(now)s), 0)::bigint,
                min(ripe_at) filter (where ripe_at > %(now)s)
            from forest_award where person_id = %(person)s and state = 'held' and fades_at > %(now)s
            """,
            {"now": now, "person": person_id},
        )
        ripe, ripening, next_ripe_at = cursor.fetchone()
    trees = list(Tree.objects.filter(person_id=person_id).order_by("id")[:_TREES_SHOWN_MAX])
    own = account_id_of(person_id, accounts.GRAMS, "grams", accounts.SERVICE)
    balances = ledger.balances([own, *(tree.id for tree in trees)])
    views = tuple(_tree(tree, balances[tree.id].posted_minor if tree.id in balances else 0) for tree in trees)
    return Grove(balances[own].posted_minor if own in balances else 0, ripe, ripening, next_ripe_at, views)


def uploads(person_id: UUID) -> tuple[UploadView, ...]:
    """Statements handed in, latest first."""
    rows = Upload.objects.filter(person_id=person_id).exclude(state="discarded").defer("content").order_by("-id")
    return tuple(_upload(row) for row in rows[: limits.PAGE_ROWS_MAX])


def preview(person_id: UUID, upload_id: UUID) -> Preview:
    """What confirming the upload would add. Raises `Refusal` (not_found) for another's or a forgotten one."""
    upload = Upload.objects.filter(person_id=person_id, pk=upload_id).first()
    if upload is None or upload.state == "discarded":
        raise not_found(_("There is no such statement among yours."), field="id")
    taken = reading.take(upload)
    first = tuple(
        FootprintLine(
            id=upload.id,
            booked_on=purchase.booked_on,
            amount_minor=purchase.amount_minor,
            currency=purchase.currency,
            exponent=purchase.exponent,
            text=purchase.text,
            category=weight.category,
            category_title=class_title(weight.category),
            probability=weight.probability,
            counted=weight.counted,
            assessed=weight.assessed,
            corrected=weight.corrected,
            micrograms=weight.micrograms,
            low_micrograms=weight.low_micrograms,
            high_micrograms=weight.high_micrograms,
            reasons=[words(reason) for reason in weight.reasons],
            book=weight.book,
            origin="statement",
            share_percent=purchase.part.percent,
        )
        for purchase, weight in list(zip(taken.fresh, taken.weighed, strict=True))[: limits.PREVIEW_LINES_MAX]
    )
    accounts_read = taken.statement.accounts
    reconciled = [account.reconciles for account in accounts_read if account.reconciles is not None]
    return Preview(
        upload=_upload(upload),
        format=taken.statement.format,
        accounts=tuple(account.identifier for account in accounts_read if account.identifier),
        lines_new=len(taken.fresh),
        lines_known=taken.known,
        micrograms=sum(weight.micrograms for weight in taken.weighed),
        first=first,
        bad_lines=tuple(
            (bad.line, field_word(bad.field), problem_words(bad))
            for bad in taken.bad_lines[: limits.BAD_LINES_SHOWN_MAX]
        ),
        bad_lines_total=len(taken.bad_lines),
        notes=tuple(note_words(note) for note in taken.statement.notes),
        reconciles=all(reconciled) if reconciled else None,
    )


def choices(person_id: UUID, upload_id: UUID) -> Choices:
    """The first rows of a CSV that waits, to choose columns from. Raises `Refusal` (not_found, bad_statement)."""
    upload = Upload.objects.filter(person_id=person_id, pk=upload_id, state__in=["columns", "preview"]).first()
    if upload is None:
        raise not_found(_("There is no such statement among yours."), field="id")
    return reading.choices_of(upload)


def grams_for(person_id: UUID, payment_ids: Collection[UUID]) -> dict[UUID, int]:
    """What each of these payments weighs, in whole grams, refunds taken off; those not weighed are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select origin_id, round(sum(micrograms) / 1000000.0)::bigint from forest_line
            where person_id = %s and origin = 'payment' and origin_id = any(%s) group by 1
            """,
            [person_id, list(payment_ids)],
        )
        return dict(cursor.fetchall())


def export(person_id: UUID) -> dict[str, Any]:
    """Everything Forest holds about the person."""
    return {
        "lines": list(Line.objects.filter(person_id=person_id).order_by("booked_on", "id").values()),
        "awards": list(Award.objects.filter(person_id=person_id).order_by("id").values()),
        "trees": list(Tree.objects.filter(person_id=person_id).order_by("id").values()),
        "corrections": list(Correction.objects.filter(person_id=person_id).order_by("id").values()),
        "shared_accounts": list(SharedAccount.objects.filter(Q(asker_id=person_id) | Q(asked_id=person_id)).values()),
        "statements": list(Upload.objects.filter(person_id=person_id).defer("content").values("id", "name", "state")),
    }


def _month_after(first_day: date) -> date:
    return date(first_day.year + first_day.month // 12, first_day.month % 12 + 1, 1)


def _month_before(first_day: date) -> date:
    return date(first_day.year - (first_day.month == 1), (first_day.month - 2) % 12 + 1, 1)


def _line(row: Line) -> FootprintLine:
    return FootprintLine(
        id=row.id,
        booked_on=row.booked_on,
        amount_minor=row.amount_minor,
        currency=row.currency,
        exponent=row.exponent,
        text=row.text,
        category=row.category,
        category_title=class_title(row.category),
        probability=row.probability,
        counted=row.counted,
        assessed=row.assessed,
        corrected=row.corrected,
        micrograms=row.micrograms,
        low_micrograms=row.low_micrograms,
        high_micrograms=row.high_micrograms,
        reasons=[words(reason) for reason in row.reasons],
        book=row.book,
        origin=row.origin,
        share_percent=row.share_to_percent - row.share_from_percent,
    )


def _award(row: Award) -> AwardView:
    act, now = ACT_BY_SLUG[row.act], clock.now()
    state = row.state
    if state == "held":
        state = "faded" if row.fades_at <= now else "ripe" if row.ripe_at <= now else "ripening"
    return AwardView(
        id=row.id,
        act=row.act,
        title=str(act.title),
        icon=act.icon,
        grams=row.grams,
        day=row.day,
        state=state,
        ripe_at=row.ripe_at,
        fades_at=row.fades_at,
        sums=act.sum_of(row.grams),
        line_id=row.line_id,
    )


def _tree(row: Tree, drunk_grams: int) -> TreeView:
    species = SPECIES_BY_SLUG[row.species]
    grams = row.price_grams if row.grown_at else drunk_grams
    return TreeView(row.id, row.species, str(species.title), species.kind, grams, row.price_grams, row.grown_at)


def _upload(row: Upload) -> UploadView:
    return UploadView(
        row.id, row.name, row.state, row.country, row.created_at, row.lines_added, row.lines_known, row.lines_bad
    )
