"""ISO 20022 CAMT.052, .053 and .054, versions .001.01 to .001.14, read by local names so that any namespace will do."""

from collections.abc import Iterator
from datetime import date

from lxml import etree

from .amounts import Amount, at_scale, parse_amount
from .assembly import Draft, DraftAccount, Findings, clean, optional
from .currencies import currency_code
from .dates import parse_date
from .mt940_text import reference_or_none
from .types import NO_CURRENCY, FieldError, Limits, StatementError
from .xml_text import line_of, local, root_name

_STATEMENTS = frozenset({"Stmt", "Rpt", "Ntfctn"})
_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD", "ITBD")
_BOOKED = "BOOK"
_ADVICE = "Ask your bank for the file again, and tell them what is wrong with it."

type Element = etree._Element


def read_camt(root: Element, limits: Limits) -> Findings:
    """Every statement, report or notification in the document; booked entries only."""
    findings = Findings(root_name(root), limits)
    pending = 0
    found = False
    index: dict[tuple[str | None, str], int] = {}
    for container in root if local(root) == "Document" else [root]:
        for statement in container:
            if local(statement) in _STATEMENTS:
                found = True
                pending += _statement(statement, findings, index)
    if not found:
        problem = "The message holds no statement (Stmt, Rpt or Ntfctn)."
        raise StatementError("not-a-statement", problem, _ADVICE, line=line_of(root))
    if pending:
        findings.note("not-booked", f"{pending} entries that are not booked yet were left out.")
    return findings


def child(element: Element | None, *path: str) -> Element | None:
    """The first element at a path of local names, or None."""
    for name in path:
        if element is None:
            return None
        element = next(element.iterchildren(f"{{*}}{name}"), None)
    return element


def children(element: Element | None, name: str) -> Iterator[Element]:
    """The direct children of a local name."""
    if element is not None:
        yield from element.iterchildren(f"{{*}}{name}")


def text_at(element: Element | None, *path: str) -> str:
    """The stripped text at a path of local names, empty when there is none."""
    found = child(element, *path)
    return "" if found is None or found.text is None else found.text.strip()


def _statement(statement: Element, findings: Findings, index: dict[tuple[str | None, str], int]) -> int:
    account_element = child(statement, "Acct")
    identifier = _identifier(child(account_element, "Id"))
    currency = _account_currency(statement, account_element)
    opening = _balance(statement, _OPENING, currency, findings)
    closing = _balance(statement, _CLOSING, currency, findings)
    key = (identifier, currency)
    if key not in index:
        index[key] = findings.open(DraftAccount(identifier, currency, opening))
    account = findings.accounts[index[key]]
    start, name = len(findings.drafts), _name(statement)
    pending = 0
    for entry in children(statement, "Ntry"):
        try:
            if _status(entry) != _BOOKED:
                pending += 1
                continue
            for draft in _entry(entry, index[key], currency, findings.limits):
                draft.statement = name
                findings.add(draft)
        except FieldError as error:
            findings.refuse(line_of(entry), error)
    if opening is not None and closing is not None:
        rows = findings.drafts[start:]
        if all(draft.currency == currency for draft in rows):
            agreed = _agree(opening, closing, [draft.amount for draft in rows])
            account.reconciles = agreed and account.reconciles is not False
    if account.opening is None:
        account.opening = opening
    account.closing = closing if closing is not None else account.closing
    return pending


def _agree(opening: Amount, closing: Amount, rows: list[Amount]) -> bool:
    decimals = max(opening[1], closing[1], *(row[1] for row in rows), 0)
    return sum(at_scale(row, decimals) for row in [opening, *rows]) == at_scale(closing, decimals)


def _name(statement: Element) -> str:
    """What the account's bank calls the statement: its Id, which is unique for the account, numbers and page."""
    given = text_at(statement, "Id")
    pages = (text_at(statement, each, "PgNb") for each in ("StmtPgntn", "RptPgntn", "NtfctnPgntn"))
    numbers = (text_at(statement, "ElctrncSeqNb"), text_at(statement, "LglSeqNb"), *pages)
    return "|".join((given, *numbers)) if given else ""


def _identifier(element: Element | None) -> str | None:
    for path in (("IBAN",), ("Othr", "Id"), ("BBAN",), ("UPIC",), ("PrtryAcct", "Id")):
        if found := text_at(element, *path):
            return "".join(found.split())[:64]
    return None


def _account_currency(statement: Element, account: Element | None) -> str:
    """The account's own currency; where a statement leaves it out, that of its balances or of its first entry."""
    stated = text_at(account, "Ccy")
    where: Element = statement
    if not stated:
        for element in (*children(statement, "Bal"), *children(statement, "Ntry")):
            amount = child(element, "Amt")
            if amount is not None and amount.get("Ccy"):
                stated, where = amount.get("Ccy", ""), amount
                break
    try:
        return currency_code(stated) if stated else NO_CURRENCY
    except FieldError as error:
        raise StatementError(error.code, error.problem, _ADVICE, line=line_of(where), field="Ccy") from None


def _balance(statement: Element, codes: tuple[str, ...], currency: str, findings: Findings) -> Amount | None:
    """The first balance of the best kind; a later page's interim balance is as good as the day's."""
    found: dict[str, Amount] = {}
    for balance in children(statement, "Bal"):
        kind = child(balance, "Tp")
        code = text_at(kind, "CdOrPrtry", "Cd") or text_at(kind, "Cd")
        if code in codes and code not in found:
            try:
                amount, stated = _amount(child(balance, "Amt"), balance, "Bal")
                sign = _sign(balance, "Bal")
            except FieldError as error:
                raise StatementError(
                    error.code, error.problem, _ADVICE, line=line_of(balance), field=error.field
                ) from None
            if stated == currency:
                found[code] = (sign * amount[0], amount[1])
    return next((found[code] for code in codes if code in found), None)


def _status(entry: Element) -> str:
    """BOOK, PDNG, INFO or FUTR; the code is one level deeper since version .001.04."""
    return text_at(entry, "Sts", "Cd") or text_at(entry, "Sts") or _BOOKED


def _amount(element: Element | None, parent: Element, field: str) -> tuple[Amount, str]:
    text = (element.text or "").strip() if element is not None else ""
    units, decimals = parse_amount(text, ".", f"{field}/Amt")
    if units < 0:
        raise FieldError("amount-negative", f"{field}/Amt", "An amount of CAMT has no sign of its own.")
    code = element.get("Ccy", "") if element is not None else ""
    return (units, decimals), currency_code(code)


def _sign(element: Element, field: str) -> int:
    direction = text_at(element, "CdtDbtInd")
    if direction not in {"CRDT", "DBIT"}:
        raise FieldError("direction-missing", f"{field}/CdtDbtInd", f"{direction[:10]!r} is neither CRDT nor DBIT.")
    return 1 if direction == "CRDT" else -1


def _day(entry: Element, name: str) -> date | None:
    element = child(entry, name)
    text = text_at(element, "Dt") or text_at(element, "DtTm")
    return parse_date(text[:10], "ymd", f"Ntry/{name}") if text else None


def _entry(entry: Element, account: int, currency: str, limits: Limits) -> list[Draft]:
    """One draft, or one for each transaction of a batch whose amounts add up to the entry's."""
    amount, stated = _amount(child(entry, "Amt"), entry, "Ntry")
    sign = _sign(entry, "Ntry")
    value_on = _day(entry, "ValDt")
    booked_on = _day(entry, "BookgDt") or value_on
    if booked_on is None:
        raise FieldError("date-missing", "Ntry/BookgDt", "The entry has neither a booking date nor a value date.")
    details = [tx for inner in children(entry, "NtryDtls") for tx in children(inner, "TxDtls")]
    details = details or list(children(entry, "TxDtls"))
    foreign: tuple[Amount, str] | None = None
    if stated != currency and (own := _own_amount(entry, details, currency)):
        amount, stated, foreign = own, currency, ((sign * amount[0], amount[1]), stated)
    elif other := _other_amount(entry, details if len(details) == 1 else [], stated):
        foreign = ((sign * other[0][0], other[0][1]), other[1])
    signed = (sign * amount[0], amount[1])
    parts = _parts(details, signed, stated, sign) if len(details) > 1 else None
    if parts is None:
        only = details[0] if len(details) == 1 else None
        draft = Draft(line_of(entry), account, booked_on, value_on, signed, stated, "", foreign=foreign)
        return [_told(draft, entry, only, limits)]
    drafts = []
    for tx, part in zip(details, parts, strict=True):
        draft = Draft(line_of(tx), account, booked_on, value_on, part, stated, "")
        drafts.append(_told(draft, entry, tx, limits))
    return drafts


def _amounts_in(element: Element) -> Iterator[tuple[Amount, str]]:
    """The amounts that an entry or transaction gives in detail."""
    for name in ("TxAmt", "InstdAmt", "CntrValAmt"):
        found = child(element, "AmtDtls", name, "Amt")
        if found is not None:
            yield _amount(found, element, f"AmtDtls/{name}")


def _own_amount(entry: Element, details: list[Element], currency: str) -> Amount | None:
    """What an entry in another currency moved on the account, where the bank says so."""
    for element in (entry, *(details if len(details) == 1 else [])):
        for amount, code in _amounts_in(element):
            if code == currency:
                return amount
    return None


def _other_amount(entry: Element, details: list[Element], currency: str) -> tuple[Amount, str] | None:
    for element in (entry, *details):
        for amount, code in _amounts_in(element):
            if code != currency:
                return amount, code
    return None


def _parts(details: list[Element], total: Amount, currency: str, sign: int) -> list[Amount] | None:
    """The signed amounts of a batch, or None unless each is stated in the entry's currency and they add up."""
    parts: list[Amount] = []
    for tx in details:
        element = child(tx, "Amt")
        if element is None:
            element = child(tx, "AmtDtls", "TxAmt", "Amt")
        if element is None:
            return None
        amount, code = _amount(element, tx, "TxDtls")
        if code != currency:
            return None
        direction = _sign(tx, "TxDtls") if child(tx, "CdtDbtInd") is not None else sign
        parts.append((direction * amount[0], amount[1]))
    return parts if _agree((0, 0), total, parts) else None


def _told(draft: Draft, entry: Element, tx: Element | None, limits: Limits) -> Draft:
    """The draft with its words: who, what for, which reference, of what kind."""
    remittance = child(tx, "RmtInf")
    texts = [part.text or "" for part in children(remittance, "Ustrd")]
    texts += [text_at(part, "CdtrRefInf", "Ref") for part in children(remittance, "Strd")]
    text = " ".join(part for part in texts if part.strip())
    text = text or text_at(tx, "AddtlTxInf") or text_at(entry, "AddtlNtryInf")
    draft.text = clean(text, limits, "RmtInf")
    reversal = text_at(entry, "RvslInd").lower() in {"true", "1"}
    draft.counterparty = optional(_party(tx, (draft.amount[0] < 0) != reversal), limits, "RltdPties")
    references = (
        text_at(tx, "Refs", "EndToEndId"),
        text_at(tx, "Refs", "AcctSvcrRef"),
        text_at(entry, "AcctSvcrRef"),
        text_at(entry, "NtryRef"),
    )
    draft.reference = next((found for reference in references if (found := reference_or_none(reference))), None)
    draft.kind = optional(_kind(tx) or _kind(entry), limits, "BkTxCd")
    return draft


def _party(tx: Element | None, paid: bool) -> str:
    """Who stands on the other side: the creditor of what was paid, the debtor of what was received."""
    parties = child(tx, "RltdPties")
    for name in ("Cdtr", "UltmtCdtr") if paid else ("Dbtr", "UltmtDbtr"):
        party = child(parties, name)
        found = text_at(party, "Nm") or text_at(party, "Pty", "Nm") or text_at(party, "Agt", "FinInstnId", "Nm")
        if found:
            return found
    return ""


def _kind(element: Element | None) -> str:
    codes = child(element, "BkTxCd")
    domain = child(codes, "Domn")
    family = child(domain, "Fmly")
    named = [text_at(domain, "Cd"), text_at(family, "Cd"), text_at(family, "SubFmlyCd")]
    return "-".join(part for part in named if part) or text_at(codes, "Prtry", "Cd")
