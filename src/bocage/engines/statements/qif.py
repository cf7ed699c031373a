"""QIF: Quicken's lines of one letter and a value, ended by ^. The form states neither currency nor order of dates."""

import re
from dataclasses import dataclass, field

from .amounts import Amount, at_scale, decimal_sign, parse_amount
from .assembly import Draft, DraftAccount, Findings, clean, optional
from .dates import date_order, parse_date
from .types import NO_CURRENCY, DateOrder, Decimal, FieldError, Limits, StatementError

_MONEY = frozenset({"bank", "cash", "ccard", "oth a", "oth l", "invoice"})
_SKIPPED = frozenset({"cat", "class", "memorized", "prices", "security", "budget", "tag", "template"})
_OPENING = "opening balance"
_APOSTROPHE = re.compile(r"\s*'\s*")
_CUT = "Export the whole file again."


@dataclass(slots=True)
class _Record:
    line: int
    account: int
    values: dict[str, str] = field(default_factory=dict)
    splits: list[str] = field(default_factory=list)
    last: int = 0


@dataclass(slots=True)
class _Section:
    """Where the reader stands: in an account's heading, in its transactions, or in a list that is none."""

    kind: str = ""
    account: int | None = None


@dataclass(slots=True)
class _Reader:
    findings: Findings
    currency: str
    section: _Section = field(default_factory=_Section)
    by_name: dict[str, int] = field(default_factory=dict)
    records: list[_Record] = field(default_factory=list)
    investments: int = 0
    order: DateOrder | None = None

    def account(self, name: str | None) -> int:
        known = self.by_name.get(name or "")
        if known is None:
            known = self.by_name[name or ""] = self.findings.open(DraftAccount(name, self.currency))
        return known


def read_qif(text: str, limits: Limits, currency: str | None) -> Findings:
    """Every account's transactions; the record "Opening Balance" is its opening balance and no movement."""
    reader = _Reader(Findings("qif", limits), currency or NO_CURRENCY)
    record: _Record | None = None
    line = 0
    for line, raw in enumerate(text.split("\n"), start=1):
        content = raw.strip("\x1a\x00 \t")
        if not content:
            continue
        if content.startswith("!"):
            _unfinished(record)
            record = None
            _directive(reader, content[1:].strip())
        elif content == "^":
            if record is not None:
                _end(reader, record)
            record = None
        else:
            record = record or _Record(line, -1)
            _take(record, content, limits)
            record.last = line
    _unfinished(record)
    if not reader.findings.accounts:
        problem = "The file holds no account with transactions (!Type:Bank, Cash, CCard)."
        raise StatementError("not-a-statement", problem, "Export the transactions of an account.", line=line)
    _finish(reader)
    return reader.findings


def _unfinished(record: _Record | None) -> None:
    if record is not None:
        problem = f"The record that begins on line {record.line} has no ^ at its end: the file is cut short."
        raise StatementError("truncated", problem, _CUT, line=record.last, field="^")


def _directive(reader: _Reader, directive: str) -> None:
    key, _, value = directive.partition(":")
    key, value = key.strip().casefold(), value.strip().casefold()
    if key == "account":
        reader.section = _Section("account", reader.section.account)
    elif key == "option" and value in {"mdy", "dmy", "ymd"}:
        reader.order = {"mdy": "mdy", "dmy": "dmy", "ymd": "ymd"}[value]  # type: ignore[assignment]
    elif key == "type":
        reader.section.kind = value
        if value in _MONEY and reader.section.account is None:
            reader.section.account = reader.account(None)


def _take(record: _Record, content: str, limits: Limits) -> None:
    letter, value = content[0], content[1:]
    if letter == "$":
        record.splits.append(value)
    elif letter == "A" and "A" in record.values:
        record.values["A"] = f"{record.values['A']} {value}"[: limits.field_characters]
    else:
        record.values.setdefault(letter, value)


def _end(reader: _Reader, record: _Record) -> None:
    kind = reader.section.kind
    if kind == "account":
        name = record.values.get("N", "").strip()
        reader.section.account = reader.account(name[:64] or None)
    elif kind in _MONEY:
        if reader.section.account is None:
            reader.section.account = reader.account(None)
        record.account = reader.section.account
        reader.records.append(record)
        if len(reader.records) > reader.findings.limits.lines:
            problem = f"The statement has more than {reader.findings.limits.lines:,} lines."
            raise StatementError("too-many-lines", problem, "Export a shorter period, for example one year at a time.")
    elif kind == "invst":
        reader.investments += 1
    elif kind not in _SKIPPED:
        error = FieldError("section-unknown", "!Type", f"The record stands in a section {kind[:20]!r} that is unknown.")
        reader.findings.refuse(record.line, error)


def _finish(reader: _Reader) -> None:
    findings = reader.findings
    amounts = [record.values.get("T") or record.values.get("U", "") for record in reader.records]
    decimal, sure = decimal_sign(amounts)
    if decimal and not sure:
        findings.note(
            "decimal-assumed", f"Amounts such as {amounts[0][:20]!r} leave open which sign is the decimal one."
        )
    decimal = decimal if decimal and sure else "."
    dates = [_APOSTROPHE.sub("/", record.values.get("D", "")).replace(" ", "") for record in reader.records]
    order = reader.order or _order(reader, dates, decimal)
    for record, day in zip(reader.records, dates, strict=True):
        try:
            draft = _draft(record, day, order, decimal, reader)
        except FieldError as error:
            findings.refuse(record.line, error)
            continue
        if draft is not None:
            findings.add(draft)
    if reader.investments:
        problem = f"{reader.investments} movements of investments are not of money: left out."
        findings.note("investments-left-out", problem)


def _order(reader: _Reader, dates: list[str], decimal: Decimal) -> DateOrder:
    """Quicken writes the month first; a decimal comma or a currency other than the dollar says it was not at home."""
    abroad = decimal == "," or reader.currency not in {NO_CURRENCY, "USD"}
    order, sure = date_order(dates, "dmy" if abroad else "mdy")
    if not sure and dates:
        said = "the day" if order == "dmy" else "the month"
        reader.findings.note("date-order-assumed", f"Dates such as {dates[0][:20]!r} were read with {said} first.")
    return order


def _draft(record: _Record, day: str, order: DateOrder, decimal: Decimal, reader: _Reader) -> Draft | None:
    values = record.values
    limits = reader.findings.limits
    booked_on = parse_date(day, order, "D")
    amount = parse_amount((values.get("T") or values.get("U", "")).strip(), decimal, "T")
    payee, memo = clean(values.get("P", ""), limits, "P"), clean(values.get("M", ""), limits, "M")
    if payee.casefold() == _OPENING and values.get("L", "").startswith("["):
        reader.findings.accounts[record.account].opening = amount
        return None
    _check_splits(record, amount, decimal, reader)
    label = clean(values.get("L", ""), limits, "L")
    text = payee if not memo else memo if memo.casefold().startswith(payee.casefold()) else f"{payee} {memo}"
    return Draft(
        record.line,
        record.account,
        booked_on,
        None,
        amount,
        reader.currency,
        text or label,
        payee or None,
        optional(values.get("N", ""), limits, "N"),
        kind=label or None,
    )


def _check_splits(record: _Record, amount: Amount, decimal: Decimal, reader: _Reader) -> None:
    if not record.splits:
        return
    parts = [parse_amount(split.strip(), decimal, "$") for split in record.splits]
    decimals = max(amount[1], *(part[1] for part in parts))
    if sum(at_scale(part, decimals) for part in parts) != at_scale(amount, decimals):
        reader.findings.note("splits-off", "The parts of the record do not add up to its total.", record.line)
