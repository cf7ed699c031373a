"""What payments shows: to payer and payee their own rows, to a service those it made. Others see nothing."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from django.db.models import Case, F, Q, When
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.payments import limits, models
from bocage.kernel.payments.allowances import allowance
from bocage.kernel.payments.fees import fee_of, terms_of
from bocage.kernel.payments.rows import as_charge, as_dispute, as_intent, as_mandate, as_quote, as_refund, as_share
from bocage.kernel.payments.types import (
    Charge,
    Dispute,
    DisputeState,
    Intent,
    IntentKind,
    IntentPage,
    IntentState,
    Mandate,
    Quote,
    Rate,
    Refund,
    Share,
)

__all__ = [
    "allowance",
    "charges",
    "dispute",
    "dispute_about",
    "disputes_of",
    "fee_of",
    "intent",
    "intents",
    "is_kept_for",
    "kept",
    "mandate",
    "mandates",
    "named",
    "open_disputes",
    "quote",
    "rates",
    "refunds",
    "set_aside",
    "shares",
    "terms_of",
    "transfer_of",
    "wallet",
]


def wallet(owner_id: UUID, currency: str) -> UUID:
    """The id of the party's wallet in this currency, opened or not; `ledger.queries.balances` knows what is on it."""
    return account_id_of(owner_id, currency, "wallet")


def intent(id: UUID) -> Intent:
    """The intent, where the actor is one of its parties. Raises `Refusal` (not_found)."""
    row = models.Intent.objects.filter(pk=id).first()
    if row is None:
        raise not_found(_("There is no such payment."))
    return as_intent(row)


def intents(party_id: UUID, *, taken: bool | None = None, before: str | None = None, limit: int = 50) -> IntentPage:
    """The party's intents, latest first, at most `PAGE_ROWS_MAX` a page; `before` is the last page's `next_cursor`.

    `taken` True gives those it takes, False those it pays, None both.
    """
    paid, received = Q(payer_id=party_id), Q(payee_id=party_id)
    wanted = (paid | received) if taken is None else received if taken else paid
    rows = models.Intent.objects.filter(wanted)
    if before is not None:
        at, id = _position(before)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=id))
    size = max(1, min(limit, limits.PAGE_ROWS_MAX))
    found = list(rows.order_by("-created_at", "-id")[: size + 1])
    shown = found[:size]
    cursor = f"{shown[-1].created_at.isoformat()}/{shown[-1].id}" if len(found) > size else None
    return IntentPage(tuple(as_intent(row) for row in shown), cursor)


def is_kept_for(party_id: UUID) -> bool:
    """Whether an escrow keeps money that the party paid or is to get, by itself or as one of those who share it."""
    with acting_as(Actor.for_service("payments")):
        kept = models.Intent.objects.filter(kind=IntentKind.ESCROW, state=IntentState.AUTHORISED)
        shared = models.Share.objects.filter(party_id=party_id, released_minor__lt=F("total_minor"))
        between = Q(payer_id=party_id) | Q(payee_id=party_id)
        return kept.filter(between | Q(pk__in=shared.values("intent_id"))).exists()


def kept(party_id: UUID) -> tuple[Intent, ...]:
    """What is kept of the party's money or for it, the latest first, and then what has ended; at most a page."""
    rows = models.Intent.objects.filter(Q(payer_id=party_id) | Q(payee_id=party_id), kind=IntentKind.ESCROW)
    running = Case(When(state=IntentState.AUTHORISED, then=0), default=1)
    return tuple(as_intent(row) for row in rows.order_by(running, "-created_at", "-id")[: limits.PAGE_ROWS_MAX])


def named(ids: Collection[UUID]) -> dict[UUID, Intent]:
    """Those of these payments that the actor may see, by their ids; at most `PAGE_ROWS_MAX` are asked for."""
    rows = models.Intent.objects.filter(pk__in=list(ids)[: limits.PAGE_ROWS_MAX])
    return {row.id: as_intent(row) for row in rows}


def set_aside(party_id: UUID) -> dict[UUID, Intent | Dispute]:
    """What the party's money is reserved for by payments, by the ledger's id of the hold: payments that it agreed to
    and that were not taken yet, and complaints about what it took; at most `PAGE_ROWS_MAX` of each."""
    agreed = models.Intent.objects.filter(
        payer_id=party_id, kind=IntentKind.PAYMENT, state=IntentState.AUTHORISED, expires_at__gt=clock.now()
    )
    disputed = models.Dispute.objects.filter(payee_id=party_id, state=DisputeState.OPEN, kept=False)
    found: list[Intent | Dispute] = [
        as_intent(row) for row in agreed.order_by("-created_at", "-id")[: limits.PAGE_ROWS_MAX]
    ]
    found += [as_dispute(row) for row in disputed.order_by("-opened_at", "-id")[: limits.PAGE_ROWS_MAX]]
    return {uuid5(each.id, "hold"): each for each in found}


def rates() -> tuple[Rate, ...]:
    """The rate in force of each pair of units, in order of the units; at most `PAGE_ROWS_MAX`."""
    rows = models.Rate.objects.order_by("sell_unit", "buy_unit", "-id").distinct("sell_unit", "buy_unit")
    return tuple(
        Rate(each.sell_unit, each.buy_unit, each.numerator, each.denominator, each.since)
        for each in rows[: limits.PAGE_ROWS_MAX]
    )


def transfer_of(intent_id: UUID, part: Literal["keep", "rest", "return", "release", "sell", "buy"]) -> UUID:
    """The ledger's id of a step: what set an escrow's money aside or gave the rest or all of it back; a quote's two."""
    return uuid5(intent_id, part)


def quote(id: UUID) -> Quote:
    """The quote, where it is the actor's. Raises `Refusal` (not_found)."""
    row = models.Quote.objects.filter(pk=id).first()
    if row is None:
        raise not_found(_("There is no such quote."))
    return as_quote(row)


def refunds(intent_id: UUID) -> tuple[Refund, ...]:
    """The refunds of an intent, first to last; an intent has at most `REFUNDS_A_PAYMENT_MAX`."""
    rows = models.Refund.objects.filter(intent_id=intent_id).order_by("created_at", "id")
    return tuple(as_refund(row) for row in rows[: limits.REFUNDS_A_PAYMENT_MAX])


def dispute(id: UUID) -> Dispute:
    """The dispute, where the actor is one of its parties. Raises `Refusal` (not_found)."""
    row = models.Dispute.objects.filter(pk=id).first()
    if row is None:
        raise not_found(_("There is no such dispute."))
    return as_dispute(row)


def open_disputes(after: UUID | None = None) -> tuple[Dispute, ...]:
    """Open disputes, oldest first, at most `PAGE_ROWS_MAX`; an operator's console asks as the service `payments`."""
    rows = models.Dispute.objects.filter(state=DisputeState.OPEN).order_by("opened_at", "id")
    if after is not None:
        last = models.Dispute.objects.filter(pk=after).first()
        if last is None:
            return ()
        rows = rows.filter(Q(opened_at__gt=last.opened_at) | Q(opened_at=last.opened_at, id__gt=last.id))
    return tuple(as_dispute(row) for row in rows[: limits.PAGE_ROWS_MAX])


def disputes_of(party_id: UUID, *, taken: bool | None = None) -> tuple[Dispute, ...]:
    """Complaints about what was taken, open ones first, then the latest; at most `PAGE_ROWS_MAX`. What is still kept is
    contested on its own page (`dispute_about`).

    `taken` True gives those about what the party took, False those it made itself, None both.
    """
    made, about = Q(payer_id=party_id), Q(payee_id=party_id)
    rows = models.Dispute.objects.filter((made | about) if taken is None else about if taken else made, kept=False)
    return tuple(
        as_dispute(row) for row in rows.order_by(F("decided_at").desc(nulls_first=True), "-id")[: limits.PAGE_ROWS_MAX]
    )


def dispute_about(intent_id: UUID) -> Dispute | None:
    """The latest complaint about a payment, where there is one that the actor may see."""
    row = models.Dispute.objects.filter(intent_id=intent_id).order_by("-opened_at", "-id").first()
    return as_dispute(row) if row else None


def shares(intent_id: UUID) -> tuple[Share, ...]:
    """Who shares a payment, in order, at most `SHARES_MAX`: all to its two sides, to a party its own."""
    return tuple(as_share(row) for row in models.Share.objects.filter(intent_id=intent_id).order_by("position"))


def mandate(id: UUID) -> Mandate:
    """The mandate, where the actor is one of its two sides. Raises `Refusal` (not_found)."""
    row = models.Mandate.objects.filter(pk=id).first()
    if row is None:
        raise not_found(_("There is no such agreement."))
    return as_mandate(row)


def mandates(party_id: UUID, *, taken: bool, limit: int = limits.PAGE_ROWS_MAX) -> tuple[Mandate, ...]:
    """The mandates under which the party takes money (`taken`) or pays it, the newest first, at most a page."""
    rows = (
        models.Mandate.objects.filter(payee_id=party_id) if taken else models.Mandate.objects.filter(payer_id=party_id)
    )
    return tuple(as_mandate(row) for row in rows.order_by("-created_at", "-id")[: min(limit, limits.PAGE_ROWS_MAX)])


def charges(mandate_id: UUID, limit: int = limits.PAGE_ROWS_MAX) -> tuple[Charge, ...]:
    """What was taken or tried under a mandate, the newest first, at most a page."""
    rows = models.Charge.objects.filter(mandate_id=mandate_id).order_by("-due_on", "-at")
    return tuple(as_charge(row) for row in rows[: min(limit, limits.PAGE_ROWS_MAX)])


def _position(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, _slash, id = cursor.partition("/")
        return datetime.fromisoformat(at), UUID(id)
    except ValueError:
        raise Refusal("bad_cursor", _("Use the cursor of the page before, unchanged."), field="before") from None
