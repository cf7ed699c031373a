"""SWIFT MT940 and MT942 (and the bank dialects of them).

Written here rather than taken from a library so that each fault is named with its line, that a file cut short is
refused, and that the good entries of a file with a bad one are kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from .amounts import Amount, at_scale, parse_amount
from .assembly import Draft, DraftAccount, Findings, agrees, clean, optional
from .currencies import currency_code
from .dates import checked_date, full_year
from .mt940_text import Details, read_details, read_ns, reference_or_none
from .types import NO_CURRENCY, FieldError, Limits, StatementError

_TAG = re.compile(r":(\d{2}[A-Z]?|NS):(.*)", re.ASCII | re.DOTALL)
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})?(\d[\d.]*,\d*)\s*", re.ASCII)
_ENTRY = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4}| {4})?(?P<mark>[RE]?[CD])(?P<funds>[A-Z])?(?P<amount>\d[\d.,]{0,20})"
    r"(?P<kind>[A-Z].{3})?(?P<rest>.*)",
    re.ASCII,
)
_SUM = re.compile(r"(\d{1,6})([A-Z]{3})(\d[\d.]*,?\d*)", re.ASCII)
_FLOOR = re.compile(r"([A-Z]{3})[CD]?[\d.,]+", re.ASCII)
_ENDS = frozenset({"-", "-}"})
_CUT = "Download the whole file again."


@dataclass(slots=True)
class _Field:
    tag: str
    line: int
    lines: list[str]


@dataclass(slots=True)
class _Message:
    """One statement message; `sheet_start` is where its entries begin in the drafts."""

    line: int
    sheet_start: int
    tags: set[str] = field(default_factory=set)
    identifier: str | None = None
    currency: str | None = None
    opening: Amount | None = None
    closing: Amount | None = None
    sums: list[tuple[str, int, Amount, int]] = field(default_factory=list)
    entries: list[tuple[_Field, list[_Field]]] = field(default_factory=list)

    @property
    def interim(self) -> bool:
        return bool(self.tags & {"34F", "13D", "13"}) and not self.tags & {"60F", "60M", "62F", "62M"}


def read_mt940(text: str, limits: Limits, currency: str | None) -> Findings:
    """Every message of the file; messages of one account are one account."""
    findings = Findings("mt940", limits)
    finder = _Accounts(findings)
    whole = interim = 0
    last = 0
    for message in _messages(text):
        last = message.line
        if _is_fragment(message, whole + interim, findings):
            continue
        _check_whole(message)
        finder.take(message, currency)
        interim += message.interim
        whole += not message.interim
    if not whole + interim:
        problem = "No statement is in the file: no message has an account with entries or balances."
        raise StatementError("not-a-statement", problem, "Export an MT940 statement from your bank.", line=last)
    if interim and not whole:
        findings.format = "mt942"
    return findings


def _fields(text: str) -> Iterator[_Field | None]:
    """Fields in turn, None where a message ends."""
    current: _Field | None = None
    held = ""
    for number, raw in enumerate(text.split("\n"), start=1):
        line = held + raw.rstrip().strip("\x01\x02\x03\x04\x1a")
        held = ""
        if line == ":":  # some banks wrap at a fixed width, within a tag
            held = ":"
            continue
        if line.startswith("{"):
            line = line.partition("{4:")[2]
        match = _TAG.match(line)
        if match:
            if current is not None:
                yield current
            current = _Field(match[1], number, [match[2]])
        elif line in _ENDS or line.startswith("-}"):
            if current is not None:
                yield current
            current = None
            yield None
        elif current is not None:
            current.lines.append(line)
    if current is not None:
        yield current


def _messages(text: str) -> Iterator[_Message]:
    message: _Message | None = None
    for item in _fields(text):
        if item is None or (message is not None and item.tag == "20" and message.tags):
            if message is not None and message.tags:
                yield message
            message = None
        if item is not None:
            if message is None:
                message = _Message(item.line, 0)
            _take_field(message, item)
    if message is not None and message.tags:
        yield message


def _take_field(message: _Message, item: _Field) -> None:
    message.tags.add(item.tag)
    head = item.lines[0].strip()
    if item.tag in {"25", "25P"}:
        message.identifier = head or None
    elif item.tag in {"60F", "60M"}:
        message.opening, message.currency = _balance(item, message.currency)
    elif item.tag in {"62F", "62M"}:
        message.closing, message.currency = _balance(item, message.currency)
    elif item.tag == "34F" and (floor := _FLOOR.fullmatch(head)):
        message.currency = floor[1]
    elif item.tag in {"90D", "90C"} and (total := _SUM.fullmatch(head)):
        message.sums.append((item.tag, int(total[1]), _stated(item, total[3]), item.line))
        message.currency = message.currency or total[2]
    elif item.tag == "61":
        message.entries.append((item, []))
    elif item.tag in {"86", "NS"} and message.entries and not message.tags & {"62F", "62M", "90D", "90C"}:
        message.entries[-1][1].append(item)


def _balance(item: _Field, known: str | None) -> tuple[Amount, str | None]:
    match = _BALANCE.fullmatch(item.lines[0])
    if match is None:
        problem = f"The balance {item.lines[0][:40]!r} is not written as a balance of MT940."
        raise StatementError("balance-unreadable", problem, _CUT, line=item.line, field=f":{item.tag}:")
    units, decimals = _stated(item, match[4])
    return (units if match[1] == "C" else -units, decimals), match[3] or known


def _stated(item: _Field, text: str) -> Amount:
    try:
        return parse_amount(text, ",", f":{item.tag}:")
    except FieldError as error:
        raise StatementError(error.code, error.problem, _CUT, line=item.line, field=error.field) from None


def _is_fragment(message: _Message, before: int, findings: Findings) -> bool:
    """Entries without a message of their own: read when the file holds nothing else, else reported as bad lines."""
    if "20" in message.tags or "25" in message.tags or "25P" in message.tags or not message.entries:
        return False
    if message.tags & {"60F", "60M", "62F", "62M"}:
        return False
    if before:
        for entry, _ in message.entries:
            findings.refuse(entry.line, FieldError("entry-outside", ":61:", "The entry stands outside any statement."))
        return True
    findings.note("fragment", "The file has entries but no account and no balances.", message.line)
    return False


def _check_whole(message: _Message) -> None:
    opening, closing = message.tags & {"60F", "60M"}, message.tags & {"62F", "62M"}
    if opening and closing:
        return
    begun = f"The statement that begins on line {message.line}"
    if opening:
        problem = f"{begun} has no closing balance (:62F:): the file is cut short."
        raise StatementError("truncated", problem, _CUT, line=message.line, field=":62F:")
    if closing:
        problem = f"{begun} has no opening balance (:60F:): its beginning is missing."
        raise StatementError("truncated", problem, _CUT, line=message.line, field=":60F:")
    if message.interim or (message.entries and "20" not in message.tags and "25" not in message.tags):
        return
    problem = f"{begun} has no balances (:60F: and :62F:): it is only a part of a statement."
    raise StatementError("truncated", problem, _CUT, line=message.line, field=":60F:")


class _Accounts:
    """Puts messages together by account, and each entry into the findings."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.index: dict[tuple[str | None, str], int] = {}

    def take(self, message: _Message, default: str | None) -> None:
        findings = self.findings
        try:
            currency = currency_code(message.currency or default or NO_CURRENCY)
        except FieldError as error:
            raise StatementError(error.code, error.problem, _CUT, line=message.line, field=":60F:") from None
        key = (message.identifier, currency)
        if key not in self.index:
            self.index[key] = findings.open(DraftAccount(message.identifier, currency, message.opening))
        account = self.index[key]
        start = len(findings.drafts)
        for entry, details in message.entries:
            try:
                if draft := _entry(entry, details, account, currency, findings):
                    findings.add(draft)
            except FieldError as error:
                findings.refuse(entry.line, error)
        self._balances(message, findings.accounts[account], [draft.amount for draft in findings.drafts[start:]])

    def _balances(self, message: _Message, account: DraftAccount, amounts: list[Amount]) -> None:
        if message.opening is not None and message.closing is not None:
            if account.closing is not None and not agrees(account.closing, message.opening, []):
                problem = "The opening balance is not the closing balance of the statement before: one is missing."
                self.findings.note("sheet-missing", problem, message.line)
            account.closing = message.closing
            agreed = agrees(message.opening, message.closing, amounts)
            account.reconciles = agreed and account.reconciles is not False
        for tag, count, stated, line in message.sums:
            side = [amount for amount in amounts if (amount[0] < 0) == (tag == "90D")]
            signed = stated if tag == "90C" else (-stated[0], stated[1])
            decimals = max(stated[1], *(amount[1] for amount in side), 0)
            if count != len(side) or sum(at_scale(amount, decimals) for amount in side) != at_scale(signed, decimals):
                problem = f"The entries do not add up to the number and sum that :{tag}: states."
                self.findings.note("sums-off", problem, line)


def _value_day(digits: str, line: int, findings: Findings) -> date:
    year, month, day = full_year(int(digits[:2])), int(digits[2:4]), int(digits[4:6])
    return _banking_day(year, month, day, digits, line, findings)


def _banking_day(year: int, month: int, day: int, text: str, line: int, findings: Findings) -> date:
    """The day; where interest is counted in months of 30 days, banks write 30 February for its last day."""
    if month == 2 and day in {29, 30}:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        last = 29 if leap else 28
        if day > last:
            findings.note("date-repaired", f"{text} was read as {last} February {year}, its month's last day.", line)
            day = last
    return checked_date(year, month, day, text, ":61:")


def _entry_day(value_on: date, digits: str, line: int, findings: Findings) -> date:
    """The booking day has no year: it is the one nearest to the value day."""
    month, day = int(digits[:2]), int(digits[2:])
    shift = month - value_on.month
    year = value_on.year + (1 if shift < -6 else -1 if shift > 6 else 0)
    return _banking_day(year, month, day, digits, line, findings)


def _entry(entry: _Field, details: list[_Field], account: int, currency: str, findings: Findings) -> Draft | None:
    match = _ENTRY.fullmatch(entry.lines[0])
    more = entry.lines[1:]
    if match is None and more:
        match, more = _ENTRY.fullmatch(entry.lines[0] + more[0]), more[1:]
    if match is None:
        raise FieldError("entry-unreadable", ":61:", f"{entry.lines[0][:40]!r} is not written as an entry of MT940.")
    if match["mark"].startswith("E"):
        findings.note("not-booked", "An expected entry that is not booked yet was left out.", entry.line)
        return None
    value_on = _value_day(match["value"], entry.line, findings)
    stated = (match["entry"] or "").strip()
    booked_on = _entry_day(value_on, stated, entry.line, findings) if stated else value_on
    units, decimals = parse_amount(match["amount"], ",", ":61:")
    negative = match["mark"] in {"D", "RC"}
    own, _, bank = match["rest"].partition("//")
    own = own if len(own.strip()) > 1 else ""  # a lone letter is the rest of the entry's kind
    said = _said(details, more)
    limits = findings.limits
    kind = (match["kind"] or "")[1:].strip() or said.label
    return Draft(
        entry.line,
        account,
        booked_on,
        value_on,
        (-units if negative else units, decimals),
        currency,
        clean(said.text, limits, ":86:"),
        optional(said.counterparty, limits, ":86:"),
        reference_or_none(said.reference) or reference_or_none(own) or reference_or_none(bank),
        kind=optional(kind, limits, ":61:"),
    )


def _said(details: list[_Field], more: list[str]) -> Details:
    for item in details:
        said = read_ns(item.lines) if item.tag == "NS" else read_details(item.lines)
        if said.text.strip() or said.counterparty:
            return said
    return Details("\n".join(more))
