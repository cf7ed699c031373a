"""A sender's verbs: describe a parcel, choose how it goes, pay, and think better of it."""

import logging
import secrets
from dataclasses import asdict
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments.limits import AUTHORISATION_LIFE
from bocage.services.parcel import limits
from bocage.services.parcel.actions.capturing import tell_soon
from bocage.services.parcel.actions.carriers import next_numbers
from bocage.services.parcel.models import DeliveryCode, ShipmentRow
from bocage.services.parcel.queries.quotes import quotes
from bocage.services.parcel.types import ENDED, Address, Quote, Speed, Status

logger = logging.getLogger(__name__)

_LETTERS_OF_LINKS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_TOKEN_LENGTH = 20
_CODE_DIGITS = 6


def draft(
    sender_id: UUID,
    shipment_id: UUID,
    sender: Address,
    receiver: Address,
    weight_grams: int,
    *,
    receiver_handle: str = "",
    note: str = "",
    on_delivery_minor: int = 0,
    needs_identity: bool = False,
    is_cool: bool = False,
    is_demo: bool = False,
) -> None:
    """Write down what goes where; nothing is paid yet. The same id again changes the draft, and no more once paid."""
    _check_address(sender, "sender")
    _check_address(receiver, "receiver")
    note = _text(note, "note", limits.NOTE_CHARACTERS_MAX, may_be_empty=True)
    offered = quotes(sender.postcode, receiver.postcode, weight_grams)
    if not offered:
        raise Refusal("no_carrier", _("No carrier works in this town yet."))
    receiver_id = _receiver(receiver_handle)
    _check_on_delivery(on_delivery_minor, sender_id, receiver_id)
    values = {
        **{f"sender_{name}": value for name, value in asdict(sender).items()},
        **{f"receiver_{name}": value for name, value in asdict(receiver).items()},
        **_chosen(offered[0]),
        "receiver_id": receiver_id,
        "weight_grams": weight_grams,
        "note": note,
        "on_delivery_minor": on_delivery_minor,
        "needs_identity": needs_identity,
        "is_cool": is_cool,
        "is_demo": is_demo,
    }
    with acting_as(Actor.for_service("parcel")):
        row = ShipmentRow.objects.select_for_update().filter(id=shipment_id).first()
        if row is None:
            if ShipmentRow.objects.filter(sender_id=sender_id, status=Status.DRAFT).count() >= limits.DRAFTS_MAX:
                raise conflict("too_many_drafts", _("Pay for the parcels that you began, or wait until tomorrow."))
            token = "".join(secrets.choice(_LETTERS_OF_LINKS) for _letter in range(_TOKEN_LENGTH))
            ShipmentRow.objects.create(
                id=shipment_id, sender_id=sender_id, token=token, created_at=clock.now(), **values
            )
            return
        _own_draft(row, sender_id)
        for name, value in values.items():
            setattr(row, name, value)
        row.save()


def choose(sender_id: UUID, shipment_id: UUID, carrier_id: UUID, speed: Speed) -> None:
    """Choose who carries a draft, and how soon."""
    with acting_as(Actor.for_service("parcel")):
        row = _locked(shipment_id)
        _own_draft(row, sender_id)
        for name, value in _chosen(_quote(row, carrier_id, speed)).items():
            setattr(row, name, value)
        row.save()


def pay(sender_id: UUID, shipment_id: UUID, amount_minor: int) -> None:
    """Pay for a draft and get its numbers. `amount_minor` is what the sender was shown: another price is refused.

    Paid again it stays as it is. The money is set aside, and the carrier takes it when the parcel is handed over.
    """
    with acting_as(Actor.for_service("parcel")):
        row = _locked(shipment_id)
        if row.sender_id != sender_id:
            raise not_found(_("There is no such parcel."))
        if row.status != Status.DRAFT:
            return
        quote = _quote(row, row.carrier_id, Speed(row.speed))
        if quote.amount_minor != amount_minor:
            raise conflict("price_changed", _("The price has changed. Look at it again."), field="amount_minor")
        for name, value in _chosen(quote).items():
            setattr(row, name, value)
        sscc, s10 = next_numbers(row.carrier_id)
        row.sscc, row.s10, row.status, row.created_at = int(sscc), s10, Status.ANNOUNCED, clock.now()
        row.save()
        DeliveryCode.objects.create(shipment_id=row.id, owner_id=row.receiver_id or sender_id, code=_new_code())
        emit(
            "parcel.announced",
            subject_id=row.receiver_id or row.sender_id,
            key=str(row.id),
            data={
                "shipment_id": str(row.id),
                "sender_name": row.sender_name,
                "carrier_id": str(row.carrier_id),
                "due_on": quote.due_on.isoformat(),
                "weight_grams": row.weight_grams,
            },
        )
        tell_soon(row.id)
    payment_id = payment_of(shipment_id)
    payments.create_intent(
        payment_id,
        sender_id,
        row.carrier_id,
        amount_minor,
        row.currency,
        memo_ref=f"parcel:{shipment_id}",
        service="parcel",
    )
    payments.authorise(payment_id)


def cancel(sender_id: UUID, shipment_id: UUID) -> None:
    """Take a parcel back before it is handed over: a draft is deleted, and what was set aside is the sender's again."""
    with acting_as(Actor.for_service("parcel")):
        row = _locked(shipment_id)
        if row.sender_id != sender_id:
            raise not_found(_("There is no such parcel."))
        if row.status == Status.DRAFT:
            row.delete()
            return
        if row.status == Status.CANCELLED:
            return
        # Announced and taken: the scan that handed it over was declared an error after the carrier had its money.
        if row.status != Status.ANNOUNCED or row.is_taken:
            raise conflict("handed_over", _("The parcel is on its way. Ask its carrier to bring it back."))
        _give_up(row, "sender")


def renew_code(owner_id: UUID, shipment_id: UUID) -> None:
    """Give a parcel a new delivery code, once its own was tried wrongly too often; of a code that still opens, none."""
    with acting_as(Actor.for_service("parcel")):
        row = _locked(shipment_id)
        held = DeliveryCode.objects.select_for_update().filter(shipment_id=shipment_id, owner_id=owner_id).first()
        if held is None or row.status in ENDED:
            raise not_found(_("There is no such parcel."))
        if held.wrong_tries < limits.CODE_ATTEMPTS_MAX:
            return
        if held.times_anew >= limits.CODES_ANEW_MAX:
            raise conflict("code_locked", _("Too many wrong codes were said. Ask the carrier to bring it back."))
        held.code, held.wrong_tries, held.times_anew = _new_code(), 0, held.times_anew + 1
        held.save()


def take_payment(row: ShipmentRow) -> None:
    """The carrier takes what was set aside, once its parcel was handed over. Runs as Parcel, with the row locked."""
    payments.capture(payment_of(row.id))
    row.is_taken = True
    row.save(update_fields=["is_taken"])


def give_up_waiting() -> int:
    """Cancel what was never handed over while its money was set aside; how many. Runs as Parcel."""
    rows = ShipmentRow.objects.filter(
        status=Status.ANNOUNCED,
        is_taken=False,
        created_at__lt=clock.now() - AUTHORISATION_LIFE + limits.GIVEN_UP_BEFORE,
    )
    found = list(rows.order_by("id").select_for_update(skip_locked=True)[: limits.TOLD_A_RUN_MAX])
    given_up = 0
    for row in found:
        # One whose carrier took the money at another door is that parcel's trouble, and ends no job for the others.
        try:
            with transaction.atomic():
                _give_up(row, "never_handed_over")
            given_up += 1
        except Refusal as refusal:
            logger.error("parcel %s: its payment could not be given up: %s", row.id, refusal.code)
            if refusal.code == "payment_captured":
                ShipmentRow.objects.filter(id=row.id).update(is_taken=True)
    return given_up


def _give_up(row: ShipmentRow, reason: str) -> None:
    row.status = Status.CANCELLED
    row.save()
    try:
        payments.cancel(payment_of(row.id), reason)
    except Refusal as refusal:
        if refusal.code != "payment_expired":  # lapsed: the sender has it again already
            raise
    tell_soon(row.id)


def forget_drafts() -> int:
    """Delete drafts that nobody paid within a day; how many."""
    old = ShipmentRow.objects.filter(status=Status.DRAFT, created_at__lt=clock.now() - limits.DRAFT_LIFE)
    return int(old.delete()[0])


def payment_of(shipment_id: UUID) -> UUID:
    """The id of the payment of a parcel."""
    return uuid5(shipment_id, "payment")


def _new_code() -> str:
    return f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}}"


def _chosen(quote: Quote) -> dict[str, object]:
    return {
        "carrier_id": quote.carrier_id,
        "speed": quote.speed,
        "zone": quote.zone,
        "amount_minor": quote.amount_minor,
        "currency": quote.currency,
        "lines": [asdict(line) for line in quote.lines],
        "due_on": quote.due_on,
    }


def _quote(row: ShipmentRow, carrier_id: UUID, speed: Speed) -> Quote:
    for each in quotes(row.sender_postcode, row.receiver_postcode, row.weight_grams):
        if (each.carrier_id, each.speed) == (carrier_id, speed):
            return each
    raise Refusal("not_offered", _("No carrier offers this any more. Choose again."), field="speed")


def _receiver(handle: str) -> UUID | None:
    if not handle.strip():
        return None
    person = identity.person_by_handle(handle.strip())
    if person is None:
        raise not_found(
            _("Nobody has this name here. Leave it empty to send to somebody without an account."), field="to"
        )
    return person.id


def _check_on_delivery(amount_minor: int, sender_id: UUID, receiver_id: UUID | None) -> None:
    if not amount_minor:
        return
    if not 0 < amount_minor <= limits.ON_DELIVERY_MINOR_MAX:
        raise Refusal("on_delivery_wrong", _("This cannot be asked of a receiver."), field="on_delivery")
    if receiver_id is None or receiver_id == sender_id:
        wanted = _("Who is to pay at the door has a name here: give it above.")
        raise Refusal("on_delivery_to_nobody", wanted, field="on_delivery")


def _locked(shipment_id: UUID) -> ShipmentRow:
    row = ShipmentRow.objects.select_for_update().filter(id=shipment_id).first()
    if row is None:
        raise not_found(_("There is no such parcel."))
    return row


def _own_draft(row: ShipmentRow, sender_id: UUID) -> None:
    if row.sender_id != sender_id:
        raise not_found(_("There is no such parcel."))
    if row.status != Status.DRAFT:
        raise conflict("paid_already", _("This parcel is paid for: it stays as it is."))


def _check_address(address: Address, side: str) -> None:
    for name, most in (
        ("name", limits.NAME_CHARACTERS_MAX),
        ("street", limits.STREET_CHARACTERS_MAX),
        ("postcode", limits.POSTCODE_CHARACTERS_MAX),
        ("city", limits.CITY_CHARACTERS_MAX),
    ):
        _text(getattr(address, name), f"{side}_{name}", most)


def _text(text: str, name: str, most: int, *, may_be_empty: bool = False) -> str:
    if "\x00" in text or len(text) > most or not (text.strip() or may_be_empty):
        raise Refusal("text_wrong", _("Write 1 to %(most)d characters here.") % {"most": most}, field=name)
    return text
