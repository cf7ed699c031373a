"""The demo bank: takes real payment orders (pain.001), answers with pain.002 and a real statement (camt.053).

It holds the town's account and knows no other money: whoever sends to the account has enough. It refuses pay-outs to
accounts whose number ends in 0000 (AC04, closed), so that a refusal can be tried. Never used in production.
"""

import json
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from bocage.engines.iso20022 import (
    AccountReport,
    Entry,
    Iso20022Error,
    Order,
    Payment,
    PaymentStatus,
    StatusReport,
    read_pain001,
    write_camt053,
    write_pain001,
    write_pain002,
)
from bocage.kernel import clock
from bocage.services.pay.bank import folder

# A number that a bank would give out for tests; its check digits are right and no account stands behind it.
PAYER_IBAN = "FR1420041010050500013M02606"
CLOSED_ENDING = "0000"
_STATE = "desk.json"


@dataclass(frozen=True)
class Account:
    """The account that the demo bank keeps."""

    name: str
    iban: str
    currency: str


@dataclass(frozen=True)
class Day:
    """What one turn of the desk did."""

    orders: int
    booked: int
    rejected: int


def order_transfer(account: Account, *, order_id: UUID, payer_name: str, amount_minor: int, reference: str) -> None:
    """Somebody orders a transfer to the account from their own bank's app: a pain.001 on the desk."""
    order = Order(
        message_id=f"APP-{order_id.hex[:30]}",
        created_at=clock.now(),
        initiator=payer_name[:70],
        payments=(
            Payment(
                end_to_end_id=f"APP-{order_id.hex[:30]}",
                amount_minor=amount_minor,
                currency=account.currency,
                debtor=payer_name[:70],
                debtor_iban=PAYER_IBAN,
                creditor=account.name[:70],
                creditor_iban=account.iban,
                remittance=reference,
                execute_on=clock.now().date(),
            ),
        ),
    )
    folder.put("orders", f"{order.message_id}.xml", write_pain001(order))


def work(account: Account) -> Day:
    """Take every order on the desk, answer each, and write one statement of what was booked."""
    entries: list[Entry] = []
    orders = rejected = 0
    paths = [*folder.waiting("out"), *folder.waiting("orders")]
    for path in paths:
        try:
            xml = folder.content_of(path)
            order = read_pain001(xml)
        except (Iso20022Error, folder.TooLarge):
            # A bank says nothing to what it cannot read; the file stays in `done` for whoever looks.
            continue
        orders += 1
        booked, refused = _book(account, order, sha256(xml).hexdigest()[:16])
        entries += booked
        rejected += refused
        if path.parent.name == "out":
            _answer(order)
    if entries:
        _state_account(account, entries)
    for path in paths:
        folder.finish(path)
    return Day(orders, len(entries), rejected)


def _book(account: Account, order: Order, digest: str) -> tuple[list[Entry], int]:
    """The entries of an order on the account; their references come from the order, so that a repeat is the same."""
    booked: list[Entry] = []
    refused = 0
    for number, payment in enumerate(order.payments, 1):
        if _refusal(payment) is not None:
            refused += 1
            continue
        signed = {account.iban: -payment.amount_minor}.get(payment.debtor_iban, 0)
        signed += {account.iban: payment.amount_minor}.get(payment.creditor_iban, 0)
        if not signed or payment.currency != account.currency:
            continue
        today = clock.now().date()
        booked.append(
            Entry(
                reference=f"DEMO-{digest}-{number}",
                amount_minor=signed,
                booked_on=today,
                value_on=today,
                end_to_end_id=payment.end_to_end_id,
                counterparty=payment.creditor if signed < 0 else payment.debtor,
                counterparty_iban=payment.creditor_iban if signed < 0 else payment.debtor_iban,
                remittance=payment.remittance,
            )
        )
    return booked, refused


def _refusal(payment: Payment) -> tuple[str, str] | None:
    if payment.creditor_iban.endswith(CLOSED_ENDING):
        return "AC04", "The account is closed."
    return None


def _answer(order: Order) -> None:
    """The pain.002 to an order of the town's."""
    statuses = []
    for payment in order.payments:
        refusal = _refusal(payment)
        code, words = refusal or (None, "")
        status = "RJCT" if refusal else "ACSP"
        statuses.append(PaymentStatus(payment.batch_id, payment.end_to_end_id, status, code, words))
    rejected = sum(status.status == "RJCT" for status in statuses)
    group = "RJCT" if rejected == len(statuses) else "PART" if rejected else "ACSP"
    report = StatusReport(
        message_id=f"A-{order.message_id}"[:35],
        created_at=clock.now(),
        original_message_id=order.message_id,
        group_status=group,
        payments=tuple(statuses),
    )
    folder.put("in", f"pain002-{order.message_id}.xml", write_pain002(report))


def _state_account(account: Account, entries: list[Entry]) -> None:
    """One camt.053 more, and the new balance remembered."""
    state = _read_state()
    opening_minor, sequence = state["balance_minor"], state["sequence"] + 1
    closing_minor = opening_minor + sum(entry.amount_minor for entry in entries)
    today: date = clock.now().date()
    report = AccountReport(
        message_id=f"DEMO-{sequence}",
        created_at=clock.now(),
        report_id=f"DEMO-{today.isoformat()}-{sequence}",
        sequence=sequence,
        owner=account.name,
        currency=account.currency,
        from_on=today,
        to_on=today,
        entries=tuple(entries),
        iban=account.iban,
        opening_minor=opening_minor,
        closing_minor=closing_minor,
    )
    folder.put("in", f"camt053-{sequence:08d}.xml", write_camt053(report))
    kept = {"balance_minor": closing_minor, "sequence": sequence}
    folder.put("done", _STATE, json.dumps(kept).encode())


def _read_state() -> dict[str, int]:
    path = folder.place("done") / _STATE
    if not path.exists():
        return {"balance_minor": 0, "sequence": 0}
    read: dict[str, int] = json.loads(path.read_text())
    return read
