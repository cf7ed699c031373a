"""Invented orders, reports and statements for the tests."""

from datetime import UTC, date, datetime

from bocage.engines.iso20022 import AccountReport, Entry, Order, Payment

NOW = datetime(2026, 11, 22, 9, 30, 15, 123000, tzinfo=UTC)
TODAY = date(2026, 11, 22)
# Check digits computed for invented accounts.
TOWN = "FR7630006000011234567890189"
ADA = "DE89370400440532013000"
BEN = "BE68539007547034"


def payment(number: int = 1, **changes: object) -> Payment:
    values: dict[str, object] = {
        "end_to_end_id": f"PO-{number}",
        "amount_minor": 1250 * number,
        "currency": "EUR",
        "debtor": "Bocage, ville d'Aubépine",
        "debtor_iban": TOWN,
        "creditor": "Ada Verger & fils <halles>",
        "creditor_iban": ADA,
        "remittance": "Pay-out of 22 November",
        "execute_on": TODAY,
    }
    return Payment(**(values | changes))  # type: ignore[arg-type]


def order(*payments: Payment) -> Order:
    return Order("MSG-1", NOW, "Bocage", payments or (payment(1), payment(2, creditor_iban=BEN)))


def report(*entries: Entry, **changes: object) -> AccountReport:
    values: dict[str, object] = {
        "message_id": "STM-1",
        "created_at": NOW,
        "report_id": "S-2026-11-22",
        "sequence": 12,
        "owner": "Ada Verger",
        "currency": "EUR",
        "from_on": TODAY,
        "to_on": TODAY,
        "entries": entries,
        "iban": ADA,
        "opening_minor": -500,
        "closing_minor": -500 + sum(entry.amount_minor for entry in entries),
    }
    return AccountReport(**(values | changes))  # type: ignore[arg-type]


def entry(number: int = 1, amount_minor: int = 1250, **changes: object) -> Entry:
    values: dict[str, object] = {
        "reference": f"B-{number}",
        "amount_minor": amount_minor,
        "booked_on": TODAY,
        "value_on": TODAY,
        "end_to_end_id": f"PO-{number}",
        "counterparty": "Bocage",
        "counterparty_iban": TOWN,
        "remittance": "Pay-out of 22 November",
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]
