"""Codes to scan: a poster for a shop or a person, an order with its amount that is paid once."""

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.services.pay import digits, inputs, limits
from bocage.services.pay.models import Code
from bocage.services.pay.types import CodeKind, CodeState


def make_poster(payee_id: UUID, currency: str, *, label: str = "", amount_minor: int | None = None) -> UUID:
    """A code that anybody may pay as often as they like, of a fixed amount or of what the payer types. Its id."""
    if amount_minor is not None:
        inputs.bounded(amount_minor)
    return _create(
        payee_id,
        CodeKind.POSTER,
        currency,
        label=inputs.text(label, "label", limits.LABEL_CHARACTERS_MAX),
        amount_minor=amount_minor,
    )


def make_order(
    payee_id: UUID,
    currency: str,
    amount_minor: int,
    *,
    reference: str = "",
    label: str = "",
    life: timedelta = limits.ORDER_LIFE_DEFAULT,
) -> UUID:
    """A code for one payment of `amount_minor`, until `life` has passed. Its id."""
    if not timedelta(0) < life <= limits.ORDER_LIFE_MAX:
        raise Refusal(
            "bad_life",
            _("An order stays open for at least a moment and at most %(days)d days.")
            % {"days": limits.ORDER_LIFE_MAX.days},
            field="life_seconds",
        )
    return _create(
        payee_id,
        CodeKind.ORDER,
        currency,
        label=inputs.text(label, "label", limits.LABEL_CHARACTERS_MAX),
        reference=inputs.text(reference, "reference", limits.REFERENCE_CHARACTERS_MAX),
        amount_minor=inputs.bounded(amount_minor),
        expires_at=clock.now() + life,
    )


def cancel_code(payee_id: UUID, code_id: UUID) -> None:
    """Take a code back: nobody can pay it from now on. Cancelling twice changes nothing; a paid order stays paid."""
    row = Code.objects.select_for_update().filter(id=code_id, payee_id=payee_id).first()
    if row is None:
        raise not_found(_("There is no such code."))
    if row.state == CodeState.PAID:
        raise conflict("code_paid", _("This code was paid. Refund the payment instead."))
    if row.state == CodeState.OPEN:
        row.state, row.ended_at = CodeState.CANCELLED, clock.now()
        row.save(update_fields=["state", "ended_at"])


def use_code(code_id: UUID, payment_id: UUID) -> None:
    """Mark an order as paid by this payment, or refuse when it cannot be paid (any more). Posters are only checked.

    Runs in the payment's transaction: two payers of one order meet at its row, and the second finds it paid.
    """
    with acting_as(Actor.for_service("pay")):
        row = Code.objects.select_for_update().filter(id=code_id).first()
        if row is None:
            raise not_found(_("There is no such code."))
        if row.state == CodeState.PAID and row.payment_id == payment_id:
            return
        refuse_unpayable(CodeState(row.state), row.expires_at is not None and row.expires_at <= clock.now())
        if row.kind == CodeKind.ORDER:
            row.state, row.payment_id, row.ended_at = CodeState.PAID, payment_id, clock.now()
            row.save(update_fields=["state", "payment_id", "ended_at"])


def refuse_unpayable(state: CodeState, expired: bool) -> None:
    """A refusal for a code that was paid, taken back or has expired."""
    if state is CodeState.PAID:
        raise Refusal("code_used", _("This code was paid already. Ask for a new one."), field="code", status=409)
    if state is CodeState.CANCELLED:
        raise Refusal("code_cancelled", _("This code was taken back. Ask for a new one."), field="code")
    if expired:
        raise Refusal("code_expired", _("This code has expired. Ask for a new one."), field="code")


def _create(payee_id: UUID, kind: CodeKind, currency: str, **values: object) -> UUID:
    open_codes = Code.objects.filter(payee_id=payee_id, kind=CodeKind.POSTER, state=CodeState.OPEN)
    if kind is CodeKind.POSTER and open_codes.count() >= limits.POSTERS_PER_PAYEE_MAX:
        raise Refusal("too_many_codes", _("There are too many codes. Take one back that is no longer in use."))
    actor = current_actor()
    row = Code.objects.create(
        token=digits.new_token(),
        payee_id=payee_id,
        kind=kind,
        currency=currency,
        created_by_id=actor.person_id or payee_id,
        **values,
    )
    return row.id
