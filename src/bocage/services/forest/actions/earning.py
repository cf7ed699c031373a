"""Acts earn grams: held in the ledger while a refund may still come, then collected, or faded."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid5

from django.db import connection
from django.utils.translation import gettext as _

from bocage.engines.carbon.assess import REFUND_WINDOW
from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.events.actions import emit
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import Hold, PostHold, Transfer
from bocage.services.forest import accounts, limits
from bocage.services.forest.actions.turns import one_at_a_time
from bocage.services.forest.acts import ACT_BY_SLUG, Act, act_of, acts_of_the_wallet
from bocage.services.forest.models import Award, Line
from bocage.services.forest.reading import purchase_of
from bocage.services.forest.weighing import own_item

_HOLD_SPACE = UUID("2c1c5a86-7d1c-5f7e-9d57-0b8b8e8d6a11")
_COLLECT_SPACE = UUID("a1f3f7a8-3a53-5c35-8f0e-6d8b0f5d1c02")
_RETURN_SPACE = UUID("0d6a9a6c-8e0b-5a8e-b9b0-4a7f3c2e9d13")
_HOLDS_A_CALL = 50


def award_for(lines: Sequence[Line], *, proven: bool = False) -> int:
    """Hold the grams that these lines' acts earn, within each day's caps; how many awards were made.

    `proven`: they were paid by the wallet to a checked shop.

    Runs in the transaction that wrote the lines. Each act of a day takes a numbered place, so that nothing passes the
    cap; a person's transactions take turns, so that none misses a free place either.
    """
    for person_id in sorted({line.person_id for line in lines}):
        one_at_a_time(person_id)
    oldest = clock.now().date() - timedelta(days=limits.REWARDED_DAYS)
    earning = [
        (line, act)
        for line in lines
        if line.amount_minor < 0 and line.booked_on >= oldest
        for act in _acts_of(line, proven=proven)
    ]
    made = [award for line, act in earning if (award := _take_place(line, act, proven=proven))]
    source = accounts.source() if made else None
    for start in range(0, len(made), _HOLDS_A_CALL):
        ledger.post_linked_or_refuse(
            [
                Hold(
                    Transfer(
                        award.hold_id,
                        source or award.id,
                        accounts.grams_of(award.person_id),
                        award.grams,
                        accounts.GRAMS,
                        "forest.earned",
                        str(award.id),
                    ),
                    award.fades_at,
                )
                for award in made[start : start + _HOLDS_A_CALL]
            ]
        )
    return len(made)


def collect(person_id: UUID, award_ids: Sequence[UUID] | None = None) -> int:
    """Collect ripe grams (all of them when no ids are given, a hundred awards at once); how many grams.

    Raises `Refusal` (nothing_ripe) when there is nothing to collect. Collecting twice collects once.
    """
    now = clock.now()
    ripe = Award.objects.select_for_update().filter(
        person_id=person_id, state="held", ripe_at__lte=now, fades_at__gt=now
    )
    if award_ids is not None:
        ripe = ripe.filter(pk__in=award_ids)
    awards = list(ripe.order_by("ripe_at", "id")[: limits.COLLECT_AT_ONCE_MAX])
    if not awards:
        raise Refusal("nothing_ripe", _("Nothing is ripe yet. Grams ripen 14 days after the day they were earned."))
    ledger.post_linked_or_refuse([PostHold(collecting_id(award.id), award.hold_id) for award in awards])
    Award.objects.filter(pk__in=[award.id for award in awards]).update(state="collected", resolved_at=now)
    grams = sum(award.grams for award in awards)
    emit("forest.collected", subject_id=person_id, data={"grams": grams, "acts": len(awards)})
    return grams


def collecting_id(award_id: UUID) -> UUID:
    """The id of the one transfer that collects an award, whoever sets it off."""
    return uuid5(_COLLECT_SPACE, str(award_id))


def take_back(line_ids: Sequence[UUID]) -> int:
    """Claw back the grams of refunded lines while they are held; how many awards were returned.

    What was collected stays: ripening outlasts the refund window.
    """
    awards = list(Award.objects.select_for_update().filter(line_id__in=line_ids, state="held").order_by("id"))
    for award in awards:
        ledger.accepted(ledger.void_hold(uuid5(_RETURN_SPACE, str(award.id)), award.hold_id))
    Award.objects.filter(pk__in=[award.id for award in awards]).update(state="returned", resolved_at=clock.now())
    return len(awards)


def take_back_refunded(lines: Sequence[Line]) -> int:
    """Claw back for the refunds among a statement's new lines: the latest held act of the same kind and amount."""
    returned = 0
    for refund in lines:
        if refund.amount_minor <= 0 or refund.micrograms >= 0 or act_of(_own_item(refund), refund.text) is None:
            continue
        bought = Line.objects.filter(
            person_id=refund.person_id,
            item=refund.item,
            currency=refund.currency,
            amount_minor=-refund.amount_minor,
            booked_on__lte=refund.booked_on,
            booked_on__gte=refund.booked_on - REFUND_WINDOW,
        )
        held = Award.objects.filter(line_id__in=bought.values("id"), state="held").order_by("-day", "-id").first()
        returned += take_back([held.line_id]) if held else 0
    return returned


def _own_item(line: Line) -> str:
    """What the engine takes the line for: a person's own word changes its footprint, never her grams."""
    return own_item(purchase_of(line)) if line.corrected else line.item


def _acts_of(line: Line, *, proven: bool) -> list[Act]:
    """What the line shows: at most its one act, if it is no part of an act that was paid in parts, and the wallet's."""
    by_wallet = acts_of_the_wallet() if proven else []
    act = act_of(_own_item(line), line.text)
    if act is None or _is_a_part(line, act):
        return by_wallet
    return [act, *by_wallet]


def _is_a_part(line: Line, act: Act) -> bool:
    """Whether the line is a part of one act: too little for a whole one, or paid to the same payee within minutes."""
    least_minor = limits.LEAST_PAID_MINOR * 10 ** max(0, line.exponent - 2)
    if line.exponent >= 2 and -line.amount_minor < least_minor:
        return True
    if line.payee_id is None or line.paid_at is None:
        return False
    near = Line.objects.filter(
        person_id=line.person_id,
        payee_id=line.payee_id,
        amount_minor__lt=0,
        paid_at__gt=line.paid_at - limits.ONE_ACT,
        paid_at__lt=line.paid_at + limits.ONE_ACT,
    ).exclude(pk=line.pk)
    awarded = Award.objects.filter(person_id=line.person_id, act=act.slug, line_id__in=near.values("id"))
    return awarded.exclude(state="returned").exists()


def _take_place(line: Line, act: Act, *, proven: bool) -> Award | None:
    """The award for `line`, or None when the day's places for this act are taken or the line has one already."""
    ripe_at = datetime.combine(line.booked_on, time(), UTC) + limits.RIPENING
    award_id, now = uuid7(), clock.now()
    fades_at = max(ripe_at, now) + limits.FADING
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into forest_award
                (id, person_id, line_id, act, grams, day, place, state, hold_id, ripe_at, fades_at, created_at, proven)
            select %(id)s, %(person)s, %(line)s, %(act)s, %(grams)s, %(day)s, free.place, 'held', %(hold)s,
                %(ripe)s, %(fades)s, %(now)s, %(proven)s
            from generate_series(1, %(places)s) free(place)
            where not exists (
                select from forest_award taken where taken.person_id = %(person)s and taken.act = %(act)s
                    and taken.day = %(day)s and taken.place = free.place and taken.state <> 'returned')
                and not exists (select from forest_award mine where mine.line_id = %(line)s and mine.act = %(act)s)
            order by free.place limit 1
            on conflict do nothing
            """,
            {
                "id": award_id,
                "person": line.person_id,
                "line": line.id,
                "act": act.slug,
                "grams": act.grams,
                "day": line.booked_on,
                "hold": uuid5(_HOLD_SPACE, str(award_id)),
                "ripe": ripe_at,
                "fades": fades_at,
                "now": now,
                "proven": proven,
                "places": ACT_BY_SLUG[act.slug].per_day_max,
            },
        )
        made = cursor.rowcount == 1
    return Award.objects.get(pk=award_id) if made else None
