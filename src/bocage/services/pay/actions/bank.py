"""Money from and to banks: announced top-ups, ordered pay-outs, and what the bank's files say became of them."""

from datetime import timedelta
from uuid import UUID, uuid5

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.engines.iso20022 import Iso20022Error, check_iban
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import Transfer, account_id_of
from bocage.kernel.payments import actions as payments
from bocage.services.pay import inputs, limits, references
from bocage.services.pay.actions.lines import About, write_line
from bocage.services.pay.actions.paying import needs_fresh
from bocage.services.pay.actions.telling import tell
from bocage.services.pay.models import BankEntry, Line, PayOut, TopUp
from bocage.services.pay.types import EntryState, LineKind, PayOutState, TopUpState

HOLDER_CHARACTERS_MAX = 70
# Far longer than a bank takes, so that a hold never ends while the bank still may pay.
HOLD_LIFE = timedelta(days=180)


def bank_account(currency: str) -> UUID:
    """The ledger's picture of the town's account at the bank; opened at first need."""
    account_id = account_id_of(None, currency, "clearing", "pay")
    ledger.open_account(account_id, None, currency, "clearing", minimum_minor=None, service="pay")
    return account_id


def announce_top_up(owner_id: UUID, amount_minor: int, currency: str) -> UUID:
    """Announce money from a bank; whoever sends it writes the reference. The top-up's id."""
    inputs.bounded(amount_minor, at_most=limits.TOP_UP_MINOR_MAX)
    now = clock.now()
    waiting = TopUp.objects.filter(owner_id=owner_id, state=TopUpState.WAITING, expires_at__gt=now)
    if waiting.count() >= limits.TOP_UPS_OPEN_MAX:
        raise Refusal("too_many_top_ups", _("Several top-ups wait for your bank already. Cancel one first."))
    row = TopUp.objects.create(
        owner_id=owner_id,
        amount_minor=amount_minor,
        currency=currency,
        reference=references.new_reference(),
        expires_at=now + limits.TOP_UP_LIFE,
    )
    return row.id


def cancel_top_up(owner_id: UUID, top_up_id: UUID) -> None:
    """Forget an announcement. Money that comes all the same under its reference is credited all the same."""
    row = TopUp.objects.select_for_update().filter(id=top_up_id, owner_id=owner_id).first()
    if row is None:
        raise not_found(_("There is no such top-up."))
    if row.state == TopUpState.RECEIVED:
        raise conflict("received", _("This money is in your wallet already."))
    row.state = TopUpState.CANCELLED
    row.save(update_fields=["state"])


def credit_top_up(row: TopUp, amount_minor: int, bank_reference: str) -> UUID:
    """Put what the bank booked into the wallet, whatever the announced amount was. The ledger transfer's id.

    Runs as Pay itself, in the import's transaction; the bank's own reference makes it take effect once.
    """
    transfer_id = credit_wallet(row.owner_id, amount_minor, row.currency, bank_reference)
    if row.state != TopUpState.RECEIVED:
        row.state, row.received_minor = TopUpState.RECEIVED, amount_minor
        row.transfer_id, row.received_at = transfer_id, clock.now()
        row.save(update_fields=["state", "received_minor", "transfer_id", "received_at"])
    return transfer_id


def credit_wallet(owner_id: UUID, amount_minor: int, currency: str, bank_reference: str) -> UUID:
    """Credit a wallet with money that arrived at the bank, write its line and say so; once for a bank reference."""
    transfer_id = uuid5(references.MOVES, f"in {bank_reference}")
    with acting_as(Actor.for_person(owner_id)):
        if Line.objects.filter(owner_id=owner_id, transfer_id=transfer_id).exists():
            return transfer_id
        ledger.post_or_refuse(
            Transfer(
                transfer_id,
                bank_account(currency),
                payments.wallet_of(owner_id, currency),
                amount_minor,
                currency,
                "pay.top_up",
                bank_reference[:64],
            )
        )
        write_line(owner_id, LineKind.TOP_UP, amount_minor, currency, transfer_id, About())
        emit(
            "pay.topped_up",
            subject_id=owner_id,
            key=str(transfer_id),
            data={
                "amount_minor": amount_minor,
                "currency": currency,
                "transfer_id": str(transfer_id),
                "received_at": clock.now().isoformat(),
            },
        )
        tell(
            owner_id,
            gettext_lazy("%(amount)s arrived from your bank"),
            "",
            page="pay:home",
            amount_minor=amount_minor,
            currency=currency,
        )
    return transfer_id


def order_pay_out(
    owner_id: UUID,
    amount_minor: int,
    currency: str,
    iban: str,
    holder_name: str,
    *,
    memo: str = "",
    fresh: bool,
    pay_out_id: UUID | None = None,
) -> UUID:
    """Set money aside and send it to a bank account with the next file. The same `pay_out_id` orders once. Its id."""
    inputs.bounded(amount_minor)
    holder_name = inputs.text(holder_name, "holder_name", HOLDER_CHARACTERS_MAX, required=True)
    memo = inputs.text(memo, "memo", limits.MEMO_CHARACTERS_MAX)
    try:
        iban = check_iban(iban)
    except Iso20022Error:
        raise Refusal(
            "bad_iban", _("This IBAN is not right. Compare each character with your bank's paper."), field="iban"
        ) from None
    known = PayOut.objects.filter(id=pay_out_id, owner_id=owner_id).first() if pay_out_id else None
    if known is not None:
        if (known.amount_minor, known.currency, known.iban) != (amount_minor, currency, iban):
            raise conflict("id_conflict", _("This id is another pay-out's. Begin again."), field="pay_out_id")
        return known.id
    if not fresh and needs_fresh(owner_id, amount_minor):
        raise Refusal("confirm_again", _("Confirm with your passkey or password that it is you."), status=403)
    new_id, hold_id = pay_out_id or uuid7(), uuid7()
    move = Transfer(
        hold_id,
        payments.wallet_of(owner_id, currency),
        bank_account(currency),
        amount_minor,
        currency,
        "pay.pay_out",
        f"pay-out:{new_id}",
    )
    ledger.accepted(ledger.hold(move, clock.now() + HOLD_LIFE))
    row = PayOut.objects.create(
        id=new_id,
        owner_id=owner_id,
        amount_minor=amount_minor,
        currency=currency,
        iban=iban,
        holder_name=holder_name,
        memo=memo,
        end_to_end_id=f"BOCAGE{new_id.hex[:26]}".upper(),
        hold_id=hold_id,
    )
    return row.id


def cancel_pay_out(owner_id: UUID, pay_out_id: UUID) -> None:
    """Take a pay-out back while it has not gone to the bank; the money is free again."""
    row = PayOut.objects.select_for_update().filter(id=pay_out_id, owner_id=owner_id).first()
    if row is None:
        raise not_found(_("There is no such pay-out."))
    if row.state == PayOutState.CANCELLED:
        return
    if row.state != PayOutState.HELD:
        raise conflict("pay_out_sent", _("The bank has this already. If it fails, the money comes back by itself."))
    _release(row, PayOutState.CANCELLED, "")


def finish_pay_out(row: PayOut, bank_reference: str) -> UUID:
    """The bank has paid: take what was held. The ledger transfer's id. Runs as Pay itself, in the import."""
    transfer_id = references.pay_out_transfer_id(row.id)
    ledger.accepted(ledger.post_hold(transfer_id, row.hold_id))
    row.state, row.ended_at = PayOutState.PAID, clock.now()
    row.save(update_fields=["state", "ended_at"])
    with acting_as(Actor.for_person(row.owner_id)):
        write_line(
            row.owner_id,
            LineKind.PAY_OUT,
            -row.amount_minor,
            row.currency,
            transfer_id,
            About(memo=row.memo),
            counterpart_name=row.holder_name,
        )
        emit(
            "pay.paid_out",
            subject_id=row.owner_id,
            key=str(row.id),
            data={
                "pay_out_id": str(row.id),
                "amount_minor": row.amount_minor,
                "currency": row.currency,
                "paid_at": clock.now().isoformat(),
            },
        )
    return transfer_id


def reject_pay_out(row: PayOut, reason: str) -> None:
    """The bank will not pay: the money is free again, and its owner is told why. Runs as Pay itself, in the import."""
    _release(row, PayOutState.REJECTED, reason)
    tell(
        row.owner_id,
        gettext_lazy("Your pay-out of %(amount)s did not go through"),
        gettext_lazy("The money is back in your wallet. %(memo)s"),
        page="pay:pay-out-state",
        row_id=row.id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        memo=reason,
    )


def expire_top_ups() -> int:
    """Close the announcements under which nothing came; how many. Run by the sweep."""
    with acting_as(Actor.for_service("pay")):
        rows = TopUp.objects.filter(state=TopUpState.WAITING, expires_at__lte=clock.now())
        return rows.update(state=TopUpState.EXPIRED)


def _release(row: PayOut, state: PayOutState, reason: str) -> None:
    ledger.accepted(ledger.void_hold(uuid5(references.MOVES, f"void {row.id}"), row.hold_id))
    row.state, row.reason, row.ended_at = state, reason[: limits.REASON_CHARACTERS_MAX], clock.now()
    row.save(update_fields=["state", "reason", "ended_at"])


def assign_entry(entry_id: UUID, owner_id: UUID) -> UUID:
    """Credit an unmatched line of the bank's to a wallet. The ledger transfer's id; assigning twice is refused."""
    with acting_as(Actor.for_service("pay")):
        row = BankEntry.objects.select_for_update().filter(id=entry_id).first()
        if row is None or row.amount_minor <= 0:
            raise not_found(_("There is no such line of the bank's."))
        if row.state != EntryState.UNMATCHED:
            raise conflict("assigned", _("This line has found its place already."))
        transfer_id = credit_wallet(owner_id, row.amount_minor, row.currency, row.bank_reference)
        row.state, row.owner_id, row.transfer_id = EntryState.ASSIGNED, owner_id, transfer_id
        row.save(update_fields=["state", "owner_id", "transfer_id"])
    return transfer_id
