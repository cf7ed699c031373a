"""Asking people for money: one person, or a bill shared among many."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.services.pay import inputs, limits, sharing
from bocage.services.pay.actions.telling import tell
from bocage.services.pay.models import Request, Split
from bocage.services.pay.types import RequestState


def ask(payee_id: UUID, payer_id: UUID, amount_minor: int, currency: str, memo: str = "") -> UUID:
    """`payee_id` asks `payer_id` for money, who may pay or decline within two weeks. The request's id."""
    memo = inputs.text(memo, "memo", limits.MEMO_CHARACTERS_MAX)
    _check_room(payee_id, 1)
    return _ask(payee_id, payer_id, inputs.bounded(amount_minor), currency, memo, None)


def split_equally(
    owner_id: UUID, title: str, total_minor: int, currency: str, others: Sequence[UUID], *, owner_shares: bool = True
) -> UUID:
    """Share a bill that `owner_id` paid equally with `others`; the odd cents fall to the first. The split's id."""
    inputs.bounded(total_minor)
    people = [*([owner_id] if owner_shares else []), *others]
    parts = dict(zip(people, sharing.equal_parts(total_minor, len(people)), strict=False))
    return split_by_amount(owner_id, title, total_minor, currency, parts)


def split_by_amount(owner_id: UUID, title: str, total_minor: int, currency: str, parts: Mapping[UUID, int]) -> UUID:
    """Share a bill as `parts` says (the owner's own among them, or not): they add up to it. The split's id."""
    title = inputs.text(title, "title", limits.MEMO_CHARACTERS_MAX, required=True)
    inputs.bounded(total_minor)
    whole = parts if owner_id in parts else {owner_id: 0, **parts}
    sharing.given_parts(total_minor, list(whole.values()))
    owed = {person: part for person, part in whole.items() if person != owner_id and part > 0}
    if not owed:
        raise Refusal("split_people", _("Choose at least one other person who owes a part."), field="people")
    _check_room(owner_id, len(owed))
    split = Split.objects.create(
        owner_id=owner_id, title=title, total_minor=total_minor, own_part_minor=whole[owner_id], currency=currency
    )
    for person, part in owed.items():
        _ask(owner_id, person, part, currency, title, split)
    return split.id


def decline(payer_id: UUID, request_id: UUID) -> None:
    """Say no. Declining twice changes nothing."""
    row = _open(request_id, payer_id=payer_id)
    if row is None:
        return
    _end(row, RequestState.DECLINED)
    tell(
        row.payee_id,
        _("%(name)s said no"),
        _("The %(amount)s you asked for will not come. %(memo)s"),
        page="pay:requests",
        amount_minor=row.amount_minor,
        currency=row.currency,
        name=identity.party_name(payer_id),
        memo=row.memo,
    )


def cancel_request(payee_id: UUID, request_id: UUID) -> None:
    """Take a request back. Cancelling twice changes nothing."""
    row = _open(request_id, payee_id=payee_id)
    if row is not None:
        _end(row, RequestState.CANCELLED)


def take_request(payer_id: UUID, request_id: UUID, payment_id: UUID) -> Request:
    """Lock an open request for this payment and mark it paid, in the payment's transaction."""
    row = Request.objects.select_for_update().filter(id=request_id, payer_id=payer_id).first()
    if row is None:
        raise not_found(_("There is no such request."))
    if row.state == RequestState.PAID and row.payment_id == payment_id:
        return row
    if row.state == RequestState.PAID:
        raise conflict("request_paid", _("This request was paid already."))
    if row.state != RequestState.OPEN or row.expires_at <= clock.now():
        raise conflict("request_ended", _("This request is no longer open. Ask for a new one."))
    row.payment_id = payment_id
    _end(row, RequestState.PAID)
    return row


def expire_requests() -> int:
    """Close the requests whose two weeks have passed; how many. Run by the sweep."""
    now = clock.now()
    with acting_as(Actor.for_service("pay")):
        return Request.objects.filter(state=RequestState.OPEN, expires_at__lte=now).update(
            state=RequestState.EXPIRED, ended_at=now
        )


def _ask(payee_id: UUID, payer_id: UUID, amount_minor: int, currency: str, memo: str, split: Split | None) -> UUID:
    if payee_id == payer_id:
        raise Refusal("request_self", _("Choose somebody other than yourself."), field="to")
    identity.person(payer_id)
    row = Request.objects.create(
        id=uuid7(),
        payee_id=payee_id,
        payer_id=payer_id,
        amount_minor=amount_minor,
        currency=currency,
        memo=memo,
        split=split,
        expires_at=clock.now() + limits.REQUEST_LIFE,
    )
    tell(
        payer_id,
        _("%(name)s asks you for %(amount)s"),
        "%(memo)s",
        page="pay:requests",
        amount_minor=amount_minor,
        currency=currency,
        name=identity.party_name(payee_id),
        memo=memo,
    )
    return row.id


def _open(request_id: UUID, **side: UUID) -> Request | None:
    """The request when it is open; None when it has ended otherwise already. Refuses one that is not there or paid."""
    row = Request.objects.select_for_update().filter(id=request_id, **side).first()
    if row is None:
        raise not_found(_("There is no such request."))
    if row.state == RequestState.PAID:
        raise conflict("request_paid", _("This request was paid already."))
    return row if row.state == RequestState.OPEN else None


def _end(row: Request, state: RequestState) -> None:
    row.state, row.ended_at = state, clock.now()
    row.save(update_fields=["state", "ended_at", "payment_id"])


def _check_room(payee_id: UUID, more: int) -> None:
    waiting = Request.objects.filter(payee_id=payee_id, state=RequestState.OPEN, expires_at__gt=clock.now()).count()
    if waiting + more > limits.OPEN_REQUESTS_PER_PERSON_MAX:
        raise Refusal("too_many_requests", _("Too many of your requests are waiting. Take some of them back first."))
