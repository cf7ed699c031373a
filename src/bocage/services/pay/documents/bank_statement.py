"""A wallet's month as a bank would state it: camt.053."""

from bocage.engines.iso20022 import AccountReport, Entry, validate, write_camt053
from bocage.kernel import clock
from bocage.services.pay.types import Line, Statement

MESSAGE = "camt.053.001.08"
# ISO's bank transaction codes cannot say more of a wallet than these.
RECEIVED, ISSUED = "PMNT-RCDT-BOOK", "PMNT-ICDT-BOOK"


def camt_053(statement: Statement) -> bytes:
    """The statement as a camt.053.001.08, validated against ISO's own schema before it leaves."""
    account = statement.account_id.hex
    report = AccountReport(
        message_id=f"{account[:20]}-{statement.first_day:%Y%m}",
        created_at=clock.now(),
        report_id=f"{account[:20]}-{statement.first_day:%Y-%m}",
        sequence=statement.first_day.year * 100 + statement.first_day.month,
        owner=statement.owner_name,
        currency=statement.currency,
        from_on=statement.first_day,
        to_on=statement.last_day,
        entries=tuple(_entry(line) for line in statement.lines),
        account_id=account,
        opening_minor=statement.opening_minor,
        closing_minor=statement.closing_minor,
    )
    xml = write_camt053(report)
    validate(xml, MESSAGE)
    return xml


def _entry(line: Line) -> Entry:
    booked_on = line.at.date()
    return Entry(
        reference=line.transfer_id.hex,
        amount_minor=line.amount_minor,
        booked_on=booked_on,
        value_on=booked_on,
        end_to_end_id=line.payment_id.hex if line.payment_id else "",
        counterparty=line.counterpart_name,
        remittance=" ".join(filter(None, (line.memo, line.reference)))[:140],
        code=RECEIVED if line.amount_minor > 0 else ISSUED,
    )
