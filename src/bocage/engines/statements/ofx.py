"""OFX 1.x (SGML, tags often left open), OFX 2.x (XML) and QFX, by one small tokenizer.

A tokenizer, not an XML parser: banks send SGML under an XML declaration and leave required tags empty, and nothing here
ever expands an entity beyond the five of XML and plain numbers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .amounts import Amount, decimal_sign, parse_amount
from .assembly import Draft, DraftAccount, Findings, clean, optional
from .currencies import currency_code, exponent_of
from .dates import checked_date
from .types import NO_CURRENCY, FieldError, Limits, StatementError

_TAG = re.compile(r"<(/?)([A-Za-z0-9][\w.:-]{0,79})\s*(/?)>", re.ASCII)
_MARKUP = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_RATE = re.compile(r"(\d{1,12})(?:[.,](\d{1,12}))?", re.ASCII)
_ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-fA-F]{1,6}|lt|gt|amp|quot|apos|nbsp);")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "nbsp": " "}
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\D.*|\d.*)?", re.ASCII | re.DOTALL)
_HEAD_BYTES = 600
_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_OWN_ACCOUNT = frozenset({"BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"})
_INVESTMENT_NAMES = """
    BUYDEBT BUYMF BUYOPT BUYOTHER BUYSTOCK SELLDEBT SELLMF SELLOPT SELLOTHER SELLSTOCK CLOSUREOPT INCOME INVEXPENSE
    JRNLFUND JRNLSEC MARGININTEREST REINVEST RETOFCAP SPLIT TRANSFER
"""
_INVESTMENTS = frozenset(_INVESTMENT_NAMES.split())
_DEPTH_LIMIT = 64
_CUT = "Download the whole file again."


@dataclass(slots=True)
class _Scope:
    """An aggregate that is open: its name, line and the elements in it."""

    name: str
    line: int
    values: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Transaction:
    account: int
    line: int
    values: dict[str, str]


@dataclass(slots=True)
class _Reader:
    findings: Findings
    default: str | None
    stack: list[_Scope] = field(default_factory=list)
    account: DraftAccount | None = None
    transactions: list[_Transaction] = field(default_factory=list)
    balances: list[tuple[DraftAccount, str, int]] = field(default_factory=list)
    statuses: list[tuple[dict[str, str], int]] = field(default_factory=list)
    investments: int = 0


def declared_encoding(data: bytes) -> str | None:
    """The encoding that an OFX header names, for a file that is not plain UTF-8; None for any other file."""
    head = data[:_HEAD_BYTES].decode("latin-1").upper()
    if "OFXHEADER" not in head:
        return None
    try:
        data.decode("utf-8")
        return None  # many banks send UTF-8 under a header that says otherwise
    except UnicodeDecodeError:
        match = re.search(r"CHARSET:\s*(1252|ISO-8859-1)", head)
        return {"1252": "cp1252", "ISO-8859-1": "latin-1"}[match[1]] if match else None


def read_ofx(text: str, limits: Limits, currency: str | None) -> Findings:
    """Every account statement in the file; a bank's refusal inside it is raised as an error."""
    markup = _MARKUP.search(text)
    if markup:
        line = text.count("\n", 0, markup.start()) + 1
        problem = f"The file brings its own definitions (<!{markup[1]}), which no bank statement does."
        raise StatementError("xml-entities", problem, _CUT, line=line)
    text = _without_cdata(text)
    reader = _Reader(Findings("ofx", limits), currency)
    closed = False
    for name, closing, value, line in _tokens(text):
        if closing:
            _close(reader, name)
            closed = closed or name == "OFX"
        elif value:
            _leaf(reader, name, value)
        else:
            _open(reader, name, line)
    _check_end(reader, closed, text)
    _finish(reader)
    return reader.findings


def _without_cdata(text: str) -> str:
    """The text with each CDATA section as ordinary escaped text; one that is never closed stays as it is."""
    parts: list[str] = []
    at = 0
    while (begin := text.find("<![CDATA[", at)) >= 0 and (end := text.find("]]>", begin)) >= 0:
        inner = text[begin + len("<![CDATA[") : end]
        parts += [text[at:begin], inner.replace("&", "&amp;").replace("<", "&lt;")]
        at = end + len("]]>")
    return "".join([*parts, text[at:]])


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        name = match[1]
        if not name.startswith("#"):
            return _NAMED[name]
        code = int(name[2:], 16) if name.startswith("#x") else int(name[1:])
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"

    return _ENTITY.sub(character, text) if "&" in text else text


def _tokens(text: str) -> Iterator[tuple[str, bool, str, int]]:
    """(name, is it a closing tag, text up to the next tag, line) in turn."""
    start = re.search(r"<OFX>", text, re.IGNORECASE)
    marks = _TAG.finditer(text, start.start() if start else 0)
    line, counted = 1, 0
    mark = next(marks, None)
    while mark is not None:
        after = next(marks, None)
        line += text.count("\n", counted, mark.start())
        counted = mark.start()
        value = _unescaped(text[mark.end() : after.start() if after else None].strip())
        name = mark[2].upper()
        yield name, bool(mark[1]), "" if mark[1] else value, line
        if mark[3]:
            yield name, True, "", line
        mark = after


def _open(reader: _Reader, name: str, line: int) -> None:
    if name == "STMTTRN":
        _drop(reader, "STMTTRN")
    if name in _STATEMENTS:
        reader.account = DraftAccount(None, "")
        reader.findings.open(reader.account)
    reader.investments += name in _INVESTMENTS
    reader.stack.append(_Scope(name, line))
    if len(reader.stack) > _DEPTH_LIMIT:
        problem = f"The elements are nested more than {_DEPTH_LIMIT} deep."
        raise StatementError("nested-too-deep", problem, _CUT, line=line, field=f"<{name[:40]}>")


def _drop(reader: _Reader, name: str) -> None:
    """Close what was left open down to the last `name`, if there is one."""
    depth = next((at for at in range(len(reader.stack) - 1, -1, -1) if reader.stack[at].name == name), None)
    while depth is not None and len(reader.stack) > depth:
        _closed(reader, reader.stack.pop())


def _leaf(reader: _Reader, name: str, value: str) -> None:
    if reader.stack:
        reader.stack[-1].values.setdefault(name, value)


def _close(reader: _Reader, name: str) -> None:
    # A closing tag without an open aggregate is that of an element whose value came before it.
    if any(scope.name == name for scope in reader.stack):
        _drop(reader, name)


def _closed(reader: _Reader, scope: _Scope) -> None:
    """Take what an aggregate held, now that it is complete."""
    name, values = scope.name, scope.values
    parent = reader.stack[-1] if reader.stack else None
    if name == "STATUS":
        reader.statuses.append((values, scope.line))
    elif name in {"CURRENCY", "ORIGCURRENCY"} and parent is not None:
        parent.values[f"{name}.CURSYM"] = values.get("CURSYM", "")
        parent.values[f"{name}.CURRATE"] = values.get("CURRATE", "")
    elif name == "PAYEE" and parent is not None:
        parent.values.setdefault("NAME", values.get("NAME", ""))
    elif reader.account is None:
        if name == "STMTTRN":
            error = FieldError("entry-outside", "STMTTRN", "The transaction stands outside any account's statement.")
            reader.findings.refuse(scope.line, error)
        elif parent is not None:
            for key, value in values.items():
                parent.values.setdefault(key, value)
    elif name in _OWN_ACCOUNT and reader.account.identifier is None:
        reader.account.identifier = values.get("ACCTID", "").strip() or None
    elif name == "LEDGERBAL":
        reader.balances.append((reader.account, values.get("BALAMT", ""), scope.line))
    elif name == "STMTTRN":
        index = len(reader.findings.accounts) - 1
        reader.transactions.append(_Transaction(index, scope.line, values))
        if len(reader.transactions) > reader.findings.limits.lines:
            problem = f"The statement has more than {reader.findings.limits.lines:,} lines."
            raise StatementError("too-many-lines", problem, "Export a shorter period, for example one year at a time.")
    elif name in _STATEMENTS:
        reader.account.currency = _account_currency(values.get("CURDEF", ""), scope.line)
        reader.account = None
    elif parent is not None and name not in {"AVAILBAL", "BANKACCTTO", "CCACCTTO", "BANKTRANLIST", "INVTRANLIST"}:
        # An element without a value, left open, has swallowed what follows it: give it back.
        for key, value in values.items():
            parent.values.setdefault(key, value)


def _check_end(reader: _Reader, closed: bool, text: str) -> None:
    if not closed:
        problem = "The file has no closing </OFX>: it is cut short."
        raise StatementError("truncated", problem, _CUT, line=text.count("\n") + 1, field="</OFX>")
    if reader.findings.accounts:
        return
    for values, line in reader.statuses:
        if values.get("SEVERITY", "").upper() == "ERROR":
            said = values.get("MESSAGE", "").strip() or f"code {values.get('CODE', '?')}"
            problem = f"Instead of a statement the bank sent an error: {said[:200]}"
            raise StatementError("bank-error", problem, "Ask your bank for the file again.", line=line, field="STATUS")
    problem = "The file holds no account statement, only a sign-on or a list of accounts."
    raise StatementError("not-a-statement", problem, "Export the transactions of an account.", line=1)


def _finish(reader: _Reader) -> None:
    findings = reader.findings
    amounts = [transaction.values.get("TRNAMT", "") for transaction in reader.transactions]
    decimal = decimal_sign(amounts)[0] or "."
    for transaction in reader.transactions:
        try:
            findings.add(_draft(transaction, reader, decimal))
        except FieldError as error:
            findings.refuse(transaction.line, error)
    currencies: list[set[str]] = [set() for _ in findings.accounts]
    for draft in findings.drafts:
        currencies[draft.account].add(draft.currency)
    for account, named in zip(findings.accounts, currencies, strict=True):
        if not account.currency:
            account.currency = named.pop() if len(named) == 1 else reader.default or NO_CURRENCY
    _balances(reader)
    if reader.investments:
        problem = f"{reader.investments} movements of investments (buying, selling, moving) are not of money: left out."
        findings.note("investments-left-out", problem)


def _balances(reader: _Reader) -> None:
    for account, text, line in reader.balances:
        if not text.strip():
            reader.findings.note("balance-missing", "The file leaves the account's balance empty.", line)
            continue
        try:
            account.closing = parse_amount(text, decimal_sign([text])[0] or ".", "LEDGERBAL/BALAMT")
        except FieldError as error:
            reader.findings.refuse(line, error)


def _account_currency(text: str, line: int) -> str:
    try:
        return _currency(text) or ""
    except FieldError as error:
        raise StatementError(error.code, error.problem, _CUT, line=line, field="CURDEF") from None


def _currency(text: str) -> str | None:
    return currency_code(text) if text.strip() else None


def _draft(transaction: _Transaction, reader: _Reader, decimal: str) -> Draft:
    values = transaction.values
    findings = reader.findings
    limits = findings.limits
    account = findings.accounts[transaction.account]
    amount = parse_amount(values.get("TRNAMT", ""), "," if decimal == "," else ".", "TRNAMT")
    match = _DAY.fullmatch(values.get("DTPOSTED", "").strip())
    if match is None:
        code = "date-unreadable" if values.get("DTPOSTED") else "date-missing"
        raise FieldError(code, "DTPOSTED", f"{values.get('DTPOSTED', '')[:20]!r} is not a date.")
    booked_on = checked_date(int(match[1]), int(match[2]), int(match[3]), values["DTPOSTED"], "DTPOSTED")
    name, memo = clean(values.get("NAME", ""), limits, "NAME"), clean(values.get("MEMO", ""), limits, "MEMO")
    text = memo if not name or memo.casefold().startswith(name.casefold()) else f"{name} {memo}".strip()
    sic = values.get("SIC", "").strip()
    own = _currency(values.get("CURRENCY.CURSYM", ""))
    return Draft(
        transaction.line,
        transaction.account,
        booked_on,
        None,
        amount,
        own or account.currency or reader.default or NO_CURRENCY,
        text,
        name or None,
        optional(values.get("FITID", "") or values.get("REFNUM", "") or values.get("CHECKNUM", ""), limits, "FITID"),
        sic if len(sic) == 4 and sic.isascii() and sic.isdigit() else None,
        _original(values, amount),
        optional(values.get("TRNTYPE", "").upper(), limits, "TRNTYPE"),
    )


def _original(values: dict[str, str], amount: Amount) -> tuple[Amount, str] | None:
    """The first amount: OFX gives its currency and rate (account's units for one of the original's), not itself."""
    code = _currency(values.get("ORIGCURRENCY.CURSYM", ""))
    if code is None or not values.get("ORIGCURRENCY.CURRATE", "").strip():
        return None
    match = _RATE.fullmatch(values["ORIGCURRENCY.CURRATE"].strip())
    rate = int(match[1] + (match[2] or "")) if match else 0
    if match is None or rate == 0:
        raise FieldError("rate-unreadable", "CURRATE", f"{values['ORIGCURRENCY.CURRATE'][:20]!r} is not a rate.")
    exponent = exponent_of(code)
    scaled = abs(amount[0]) * 10 ** (len(match[2] or "") + exponent)
    divisor = rate * 10 ** amount[1]
    rounded = (2 * scaled + divisor) // (2 * divisor)
    return (rounded if amount[0] >= 0 else -rounded, exponent), code
