"""Kept money as one of its two sides sees it, and what is reserved of a wallet."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import not_found
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.types import Dispute, Intent, IntentState, Share
from bocage.services.pay import models
from bocage.services.pay.queries import codes
from bocage.services.pay.types import KeptState


@dataclass(frozen=True)
class Keeping:
    """Money that is kept. `pays`: the viewer is who pays. `may_ask`, `may_object`, `may_end`: what she may do now;
    `asked_by_me`: it was the viewer who asked for it."""

    intent: Intent
    pays: bool
    other_id: UUID
    other_name: str
    memo: str
    state: KeptState
    left_minor: int
    asked_by_me: bool
    may_ask: bool
    may_object: bool
    may_end: bool


@dataclass(frozen=True)
class Reserved:
    """A part of a wallet that cannot be spent now. `kind`: payment, complaint, pay_out or other.

    `page_id`: the pay-out or payment that has a page of its own.
    """

    kind: str
    name: str
    amount_minor: int
    since: datetime
    expires_at: datetime
    page_id: UUID | None


def keepings(party_id: UUID) -> list[Keeping]:
    """What is kept of the party's money or for it, the latest first, then what has ended; at most a hundred."""
    return _named(party_id, payments.kept(party_id))


def keeping(party_id: UUID, escrow_id: UUID) -> tuple[Keeping, Dispute | None, tuple[tuple[str, Share], ...]]:
    """One of them, what is contested about it, and who shares it by name. Raises a `Refusal` (404)."""
    intent = payments.intent(escrow_id)
    if intent.kept is None or party_id not in (intent.payer_id, intent.payee_id):
        raise not_found(_("There is no such payment."))
    (found,) = _named(party_id, (intent,))
    shares = payments.shares(escrow_id)
    names = {id: payee.name for id, payee in codes.payees([each.party_id for each in shares]).items()} if shares else {}
    complaint = payments.dispute_about(escrow_id)
    contested = complaint if complaint is not None and complaint.kept else None
    return found, contested, tuple((names.get(each.party_id, ""), each) for each in shares)


def reserved(party_id: UUID, currency: str) -> list[Reserved]:
    """What is reserved of the party's wallet, what lapses next first; at most a hundred."""
    holds = ledger.holds(payments.wallet(party_id, currency))
    if not holds:
        return []
    known = payments.set_aside(party_id)
    held = models.PayOut.objects.filter(owner_id=party_id, hold_id__in=[each.id for each in holds])
    pay_outs = {row.hold_id: row for row in held}
    others = {each.payer_id if isinstance(each, Dispute) else each.payee_id for each in known.values()}
    names = {id: payee.name for id, payee in codes.payees(others).items()} if others else {}
    found = []
    for hold in holds:
        kind, name, page_id = "other", "", None
        if hold.id in pay_outs:
            kind, name, page_id = "pay_out", pay_outs[hold.id].holder_name, pay_outs[hold.id].id
        elif isinstance(each := known.get(hold.id), Dispute):
            kind, name, page_id = "complaint", names.get(each.payer_id, ""), each.intent_id
        elif each is not None:
            kind, name = "payment", names.get(each.payee_id, "")
        found.append(Reserved(kind, name, hold.amount_minor, hold.since, hold.expires_at, page_id))
    return found


def _named(party_id: UUID, found: tuple[Intent, ...]) -> list[Keeping]:
    others = {each.payee_id if each.payer_id == party_id else each.payer_id for each in found}
    names = {id: payee.name for id, payee in codes.payees(others).items()} if others else {}
    memos = _memos(found)
    now = ledger.now() if found else None
    return [_keeping(party_id, each, names, memos.get(each.id, ""), now) for each in found]


def _memos(found: tuple[Intent, ...]) -> dict[UUID, str]:
    """What each is for, as its payer wrote it for both sides: it stands on her line."""
    keeps = {payments.transfer_of(each.id, "keep"): each.id for each in found}
    with acting_as(Actor.for_service("pay")):
        rows = models.Line.objects.filter(transfer_id__in=list(keeps), refund_id=None)
        return {keeps[transfer_id]: memo for transfer_id, memo in rows.values_list("transfer_id", "memo")}


def _keeping(party_id: UUID, intent: Intent, names: dict[UUID, str], memo: str, now: datetime | None) -> Keeping:
    pays, kept = intent.payer_id == party_id, intent.kept
    assert kept is not None and now is not None, "what is kept says what is to become of it"
    other_id = intent.payee_id if pays else intent.payer_id
    runs, asked = intent.state is IntentState.AUTHORISED, kept.asked_by is not None
    if not runs:
        state = KeptState.PAID_OUT if intent.state is IntentState.CAPTURED else KeptState.CAME_BACK
    elif not asked:
        state = KeptState.KEPT
    else:
        state = KeptState.CONTESTED if kept.lapses_at is None else KeptState.ASKED
    mine = kept.asked_by == party_id
    return Keeping(
        intent=intent,
        pays=pays,
        other_id=other_id,
        other_name=names.get(other_id, ""),
        memo=memo,
        state=state,
        left_minor=intent.amount_minor - intent.captured_minor,
        asked_by_me=mine,
        may_ask=state is KeptState.KEPT and kept.ask_from is not None and kept.ask_from <= now,
        may_object=state is KeptState.ASKED and not mine and kept.lapses_at is not None and now < kept.lapses_at,
        may_end=runs and not intent.service,
    )
