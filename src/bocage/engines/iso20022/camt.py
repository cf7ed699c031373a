"""camt.053 (an account's statement) and camt.054 (a notification of entries): writes version .001.08 of both."""

from .documents import Builder, Element, checked_text, decimal_text, instant_text
from .identifiers import check_iban, check_reference, exponent_of
from .types import ENTRIES_LIMIT, AccountReport, Entry, Iso20022Error

STATEMENT = "camt.053.001.08"
NOTIFICATION = "camt.054.001.08"
NAME_CHARACTERS = 140
REMITTANCE_CHARACTERS = 140
ACCOUNT_CHARACTERS = 34
_RECEIVED = "PMNT-RCDT-ESCT"
_ISSUED = "PMNT-ICDT-ESCT"


def write_camt053(report: AccountReport) -> bytes:
    """The statement as a valid camt.053.001.08; refused unless opening + entries = closing."""
    opening, closing = report.opening_minor, report.closing_minor
    if opening is None or closing is None:
        raise Iso20022Error("balance-missing", "A statement needs both balances.", element="Bal")
    total = sum(entry.amount_minor for entry in report.entries)
    if opening + total != closing:
        problem = f"Opening balance {opening} and entries {total} do not make the closing balance {closing}."
        raise Iso20022Error("balance-off", problem, element="Bal")
    build = Builder(STATEMENT)
    statement = _head(build, report, "BkToCstmrStmt", "Stmt")
    for code, minor, day in (("OPBD", opening, report.from_on), ("CLBD", closing, report.to_on)):
        balance = build.add(statement, "Bal")
        build.path(balance, "Tp", "CdOrPrtry", "Cd", text=code)
        _amount(build, balance, minor, report.currency)
        build.path(balance, "Dt", "Dt", text=day.isoformat())
    _entries(build, statement, report)
    return build.finish()


def write_camt054(report: AccountReport) -> bytes:
    """The notification as a valid camt.054.001.08; it states no balances."""
    if report.opening_minor is not None or report.closing_minor is not None:
        raise Iso20022Error("balance-unwanted", "A notification states no balances.", element="Ntfctn")
    build = Builder(NOTIFICATION)
    _entries(build, _head(build, report, "BkToCstmrDbtCdtNtfctn", "Ntfctn"), report)
    return build.finish()


def _head(build: Builder, report: AccountReport, container: str, name: str) -> Element:
    _check_report(report)
    message = build.add(build.root, container)
    header = build.add(message, "GrpHdr")
    build.add(header, "MsgId", check_reference(report.message_id, "MsgId"))
    build.add(header, "CreDtTm", instant_text(report.created_at))
    statement = build.add(message, name)
    build.add(statement, "Id", check_reference(report.report_id, f"{name}/Id"))
    build.add(statement, "ElctrncSeqNb", str(report.sequence))
    build.add(statement, "CreDtTm", instant_text(report.created_at))
    period = build.add(statement, "FrToDt")
    build.add(period, "FrDtTm", f"{report.from_on.isoformat()}T00:00:00")
    build.add(period, "ToDtTm", f"{report.to_on.isoformat()}T23:59:59")
    account = build.add(statement, "Acct")
    if report.iban is not None:
        build.path(account, "Id", "IBAN", text=check_iban(report.iban, "Acct/Id/IBAN"))
    else:
        text = checked_text(report.account_id or "", ACCOUNT_CHARACTERS, "Acct/Id/Othr/Id")
        build.path(account, "Id", "Othr", "Id", text=text)
    build.add(account, "Ccy", report.currency)
    build.path(account, "Ownr", "Nm", text=checked_text(report.owner, NAME_CHARACTERS, "Ownr/Nm"))
    return statement


def _check_report(report: AccountReport) -> None:
    exponent_of(report.currency)
    if (report.iban is None) == (report.account_id is None):
        problem = "Name the account by its IBAN or by another id, not by both or neither."
        raise Iso20022Error("account-unclear", problem, element="Acct/Id")
    if report.sequence < 0:
        raise Iso20022Error("sequence-wrong", "The sequence number is below zero.", element="ElctrncSeqNb")
    if report.to_on < report.from_on:
        raise Iso20022Error("period-wrong", "The period ends before it begins.", element="FrToDt")
    if len(report.entries) > ENTRIES_LIMIT:
        raise Iso20022Error("too-many", f"A report holds at most {ENTRIES_LIMIT:,} entries.", element="Ntry")
    seen: set[str] = set()
    for entry in report.entries:
        if entry.amount_minor == 0:
            raise Iso20022Error("amount-wrong", f"Entry {entry.reference[:40]!r} moves nothing.", element="Ntry/Amt")
        if entry.reference in seen:
            raise Iso20022Error(
                "reference-twice", f"{entry.reference[:40]!r} names two entries.", element="AcctSvcrRef"
            )
        seen.add(entry.reference)


def _amount(build: Builder, parent: Element, minor: int, currency: str) -> None:
    build.add(parent, "Amt", decimal_text(abs(minor), currency), Ccy=currency)
    build.add(parent, "CdtDbtInd", "CRDT" if minor >= 0 else "DBIT")


def _entries(build: Builder, statement: Element, report: AccountReport) -> None:
    summary = build.add(statement, "TxsSummry")
    inward = [entry.amount_minor for entry in report.entries if entry.amount_minor > 0]
    outward = [-entry.amount_minor for entry in report.entries if entry.amount_minor < 0]
    build.path(summary, "TtlNtries", "NbOfNtries", text=str(len(report.entries)))
    for name, amounts in (("TtlCdtNtries", inward), ("TtlDbtNtries", outward)):
        total = build.add(summary, name)
        build.add(total, "NbOfNtries", str(len(amounts)))
        build.add(total, "Sum", decimal_text(sum(amounts), report.currency))
    for entry in report.entries:
        _entry(build, statement, entry, report.currency)


def _entry(build: Builder, statement: Element, entry: Entry, currency: str) -> None:
    element = build.add(statement, "Ntry")
    _amount(build, element, entry.amount_minor, currency)
    build.path(element, "Sts", "Cd", text="BOOK")
    build.path(element, "BookgDt", "Dt", text=entry.booked_on.isoformat())
    build.path(element, "ValDt", "Dt", text=entry.value_on.isoformat())
    build.add(element, "AcctSvcrRef", check_reference(entry.reference, "AcctSvcrRef"))
    _code(build, element, entry)
    details = build.path(element, "NtryDtls", "TxDtls")
    references = build.add(details, "Refs")
    build.add(references, "AcctSvcrRef", entry.reference)
    end_to_end_id = check_reference(entry.end_to_end_id, "EndToEndId") if entry.end_to_end_id else "NOTPROVIDED"
    build.add(references, "EndToEndId", end_to_end_id)
    _amount(build, details, entry.amount_minor, currency)
    if entry.counterparty or entry.counterparty_iban:
        parties = build.add(details, "RltdPties")
        side = "Dbtr" if entry.amount_minor > 0 else "Cdtr"
        if entry.counterparty:
            name = checked_text(entry.counterparty, NAME_CHARACTERS, f"{side}/Nm")
            build.path(parties, side, "Pty", "Nm", text=name)
        if entry.counterparty_iban:
            iban = check_iban(entry.counterparty_iban, f"{side}Acct/Id/IBAN")
            build.path(parties, f"{side}Acct", "Id", "IBAN", text=iban)
    if entry.remittance:
        text = checked_text(entry.remittance, REMITTANCE_CHARACTERS, "RmtInf/Ustrd")
        build.path(details, "RmtInf", "Ustrd", text=text)


def _code(build: Builder, element: Element, entry: Entry) -> None:
    code = entry.code or (_RECEIVED if entry.amount_minor > 0 else _ISSUED)
    parts = code.split("-")
    if len(parts) != 3 or not all(len(part) == 4 and part.isascii() and part.isalnum() for part in parts):
        problem = f"{code[:40]!r} is not a bank transaction code such as PMNT-ICDT-ESCT."
        raise Iso20022Error("code-wrong", problem, element="BkTxCd")
    domain = build.path(element, "BkTxCd", "Domn")
    build.add(domain, "Cd", parts[0])
    family = build.add(domain, "Fmly")
    build.add(family, "Cd", parts[1])
    build.add(family, "SubFmlyCd", parts[2])
