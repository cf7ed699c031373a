"""What the verbs share: find and lock an intent, who may act on it, and how it is told."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.ledger import limits as ledger_limits
from bocage.kernel.ledger import queries as accounts
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.wallets import OPERATING, fees_from, wallet_of
from bocage.kernel.payments.models import Dispute, Intent
from bocage.kernel.payments.queries import wallet
from bocage.kernel.payments.types import IntentKind, IntentState


def write_intent(
    kind: IntentKind,
    id: UUID,
    payer_id: UUID,
    payee_id: UUID,
    amount_minor: int,
    currency: str,
    memo_ref: str,
    service: str,
) -> Intent:
    """The intent of this id, locked; made when new. Raises `Refusal` for an id used for something else."""
    body = {
        "kind": kind.value,
        "payer_id": payer_id,
        "payee_id": payee_id,
        "amount_minor": amount_minor,
        "currency": currency,
        "memo_ref": memo_ref,
        "service": service,
    }
    row = Intent.objects.select_for_update().filter(pk=id).first()
    if row is None:
        check_amount(amount_minor)
        if payer_id == payee_id:
            raise Refusal("payee_is_payer", _("This is yourself. Choose somebody else to pay."), field="payee_id")
        if len(memo_ref) > limits.MEMO_REF_CHARACTERS_MAX or len(service) > limits.SERVICE_CHARACTERS_MAX:
            raise ValueError("memo_ref or service is too long")
        wallet_of(payer_id, currency)
        wallet_of(payee_id, currency)
        if kind is not IntentKind.TRANSFER:
            fees_from(payee_id, currency)
        # A second tab may be making the same row: it waits here, and then reads the first one's.
        Intent.objects.bulk_create([Intent(id=id, state=IntentState.CREATED, **body)], ignore_conflicts=True)
        row = Intent.objects.select_for_update().filter(pk=id).first()
    if row is None or any(getattr(row, name) != value for name, value in body.items()):
        raise conflict("id_conflict", _("This number was used before for something else. Use a new one."), field="id")
    return row


def locked(id: UUID) -> Intent:
    """The intent, locked until the end of the transaction. Raises `Refusal` (not_found)."""
    row = Intent.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise not_found(_("There is no such payment."))
    return row


def check_amount(amount_minor: int) -> None:
    if isinstance(amount_minor, bool) or not isinstance(amount_minor, int):
        raise TypeError(f"an amount is a whole number of minor units, not {amount_minor!r}")
    if not 1 <= amount_minor <= ledger_limits.AMOUNT_MINOR_MAX:
        raise Refusal("amount_out_of_range", _("Choose an amount above zero that can be paid."), field="amount")


def require_party(row: Intent | Dispute, *sides: UUID) -> None:
    """The actor must be one of these sides, the service that made the intent, or an operator at work."""
    actor = current_actor()
    made_by = row.service if isinstance(row, Intent) else ""
    if actor.service in (OPERATING, made_by) if actor.service else actor.subject_id in sides:
        return
    raise forbidden(_("Only the other side of this payment may do that."))


def require_payer(row: Intent) -> None:
    """The actor must be the payer: a service that made the intent takes what was agreed to, and never agrees itself."""
    actor = current_actor()
    if actor.service or actor.subject_id != row.payer_id:
        raise forbidden(_("Only who pays can agree to this payment."))


def require_able(payer_id: UUID, payee_id: UUID, currency: str) -> None:
    """The payer may act and the payee may take. Raises a `Refusal` that names which may not.

    A frozen person can still be paid; a frozen organisation, who could not give the money back, and who has left or
    never was, cannot: nobody could reach the money.
    """
    if identity.is_frozen(payer_id):
        raise Refusal("payer_frozen", _("This account is frozen. Ask at the counter to have it opened again."))
    person = identity.persons([payee_id]).get(payee_id)
    firm = None if person else identity.organisations([payee_id]).get(payee_id)
    if not (person.active if person else firm):
        raise Refusal("payee_gone", _("The other side cannot take payments any more. Nothing was paid."))
    if (firm and firm.frozen) or accounts.standing(wallet(payee_id, currency)) != "open":
        raise Refusal("payee_frozen", _("The other side cannot take payments at the moment. Nothing was paid."))


def part_id(id: UUID, part: str) -> UUID:
    """The ledger's id of one step of an intent, refund or dispute: the same at each attempt."""
    return uuid5(id, part)


def ended(row: Intent) -> Refusal:
    """The refusal for a verb that comes after the end."""
    if row.state == IntentState.CAPTURED:
        return conflict("payment_captured", _("This payment was taken already. Refund it instead."))
    if row.state == IntentState.EXPIRED:
        return conflict("payment_expired", _("This payment waited too long and has lapsed. Begin a new one."))
    return conflict("payment_cancelled", _("This payment was cancelled. Begin a new one."))


def tell(row: Intent, what: str, *, key: str = "", **more: Any) -> None:
    """Put the fact in the log for the payee; between people there is no webhook to tell."""
    if row.kind == IntentKind.TRANSFER:
        return
    facts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in more.items()}
    emit(
        f"payment.{what}",
        subject_id=row.payee_id,
        key=key or str(row.id),
        data={"payment_id": str(row.id), "kind": row.kind, "currency": row.currency, **facts},
    )
