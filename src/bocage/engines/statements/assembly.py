"""What readers find, put together: exact amounts at one scale an account, fingerprints, balances checked."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from .amounts import Amount, at_scale, trimmed
from .currencies import exponent_of
from .types import (
    AMOUNT_LIMIT_MINOR,
    NO_CURRENCY,
    Account,
    BadLine,
    CsvMapping,
    FieldError,
    Foreign,
    Format,
    Limits,
    Line,
    Note,
    Statement,
    StatementError,
)

FINGERPRINT_CHARACTERS = 32

_WORDS = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class Draft:
    """A movement as a reader finds it, before its account's scale is known."""

    source_line: int
    account: int
    booked_on: date
    value_on: date | None
    amount: Amount
    currency: str
    text: str
    counterparty: str | None = None
    reference: str | None = None
    mcc: str | None = None
    foreign: tuple[Amount, str] | None = None
    kind: str | None = None
    statement: str = ""


@dataclass(slots=True)
class DraftAccount:
    """An account as a reader finds it; `reconciles` is decided by the reader where it knows more than two balances."""

    identifier: str | None
    currency: str
    opening: Amount | None = None
    closing: Amount | None = None
    reconciles: bool | None = None


@dataclass(slots=True)
class Findings:
    """All that a reader found in one file. `open`, `add` and `refuse` keep the limits."""

    format: Format
    limits: Limits
    accounts: list[DraftAccount] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    bad_lines: list[BadLine] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    mapping: CsvMapping | None = None

    def open(self, account: DraftAccount) -> int:
        """Take one more account; its index."""
        if len(self.accounts) >= self.limits.accounts:
            problem = f"The statement has more than {self.limits.accounts:,} accounts."
            raise StatementError("too-many-accounts", problem, "Export fewer accounts at a time.")
        self.accounts.append(account)
        return len(self.accounts) - 1

    def add(self, draft: Draft) -> None:
        self.drafts.append(draft)
        self._count()

    def refuse(self, line: int, error: FieldError) -> None:
        self.bad_lines.append(BadLine(line, error.field, error.problem, error.code))
        self._count()

    def note(self, code: str, text: str, line: int | None = None) -> None:
        self.notes.append(Note(code, text, line))

    def _count(self) -> None:
        if len(self.drafts) + len(self.bad_lines) > self.limits.lines:
            problem = f"The statement has more than {self.limits.lines:,} lines."
            raise StatementError("too-many-lines", problem, "Export a shorter period, for example one year at a time.")


def clean(text: str, limits: Limits, field_name: str) -> str:
    """One line of visible text: white space joined, control characters out. `FieldError` beyond the limit."""
    if len(text) > limits.field_characters:
        problem = f"The text is longer than {limits.field_characters:,} characters."
        raise FieldError("text-too-long", field_name, problem)
    if not text.isprintable():
        text = "".join(
            character if character.isprintable() else " " if character.isspace() or character < " " else ""
            for character in text
        )
    return " ".join(text.split())


def optional(text: str, limits: Limits, field_name: str) -> str | None:
    """`clean`, or None when nothing is left."""
    if not text:
        return None
    return clean(text, limits, field_name) or None


def agrees(opening: Amount, closing: Amount, amounts: Iterable[Amount]) -> bool:
    """Whether opening + amounts = closing, exactly."""
    rows = [opening, *amounts]
    decimals = max(closing[1], *(row[1] for row in rows))
    return sum(at_scale(row, decimals) for row in rows) == at_scale(closing, decimals)


def _words(text: str, counterparty: str | None) -> str:
    joined = f"{text} {counterparty}" if counterparty else text
    if not joined.isascii():
        joined = unicodedata.normalize("NFKC", joined)
    return " ".join(sorted(set(_WORDS.findall(joined.casefold()))))


def _fingerprint(draft: Draft, seen: dict[str, int]) -> str:
    units, decimals = trimmed(*draft.amount)
    body = f"{draft.booked_on.isoformat()}|{units}e-{decimals}|{_words(draft.text, draft.counterparty)}"
    count = seen[body] = seen.get(body, 0) + 1
    if count > 1:
        body = f"{body}|{count}"
    return sha256(body.encode()).hexdigest()[:FINGERPRINT_CHARACTERS]


def _scales(findings: Findings) -> dict[tuple[int, str], int]:
    """Decimals for each account and currency: ISO 4217's, or as many as the finest amount needs."""
    scales = {
        (index, account.currency): exponent_of(account.currency) for index, account in enumerate(findings.accounts)
    }
    for index, account in enumerate(findings.accounts):
        key = (index, account.currency)
        for balance in (account.opening, account.closing):
            if balance is not None:
                scales[key] = max(scales[key], trimmed(*balance)[1])
    for draft in findings.drafts:
        key = (draft.account, draft.currency)
        scale = scales.get(key)
        if scale is None:
            scale = scales[key] = exponent_of(draft.currency)
        if draft.amount[1] > scale:
            scales[key] = max(scale, trimmed(*draft.amount)[1])
    return scales


def _minor(amount: Amount, decimals: int) -> int:
    minor = at_scale(trimmed(*amount), decimals)
    if abs(minor) > AMOUNT_LIMIT_MINOR:
        problem = f"The amount is beyond {AMOUNT_LIMIT_MINOR:,} minor units."
        raise FieldError("amount-out-of-range", "amount", problem)
    return minor


def _balance(balance: Amount | None, decimals: int) -> int | None:
    return None if balance is None else _minor(balance, decimals)


def _foreign(draft: Draft) -> Foreign | None:
    if draft.foreign is None:
        return None
    amount, currency = draft.foreign
    exponent = max(exponent_of(currency), trimmed(*amount)[1])
    return Foreign(_minor(amount, exponent), currency, exponent)


def _lines(findings: Findings, scales: dict[tuple[int, str], int]) -> list[Line]:
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for draft in findings.drafts:
        exponent = scales[draft.account, draft.currency]
        try:
            minor = _minor(draft.amount, exponent)
            foreign = _foreign(draft)
        except FieldError as error:
            findings.refuse(draft.source_line, error)
            continue
        lines.append(
            Line(
                len(lines) + 1,
                draft.source_line,
                draft.account,
                draft.booked_on,
                draft.value_on,
                minor,
                draft.currency,
                exponent,
                draft.text,
                draft.counterparty,
                draft.reference,
                draft.mcc,
                foreign,
                draft.kind,
                _fingerprint(draft, seen),
                draft.statement,
            )
        )
    return lines


def _accounts(findings: Findings, scales: dict[tuple[int, str], int]) -> list[Account]:
    amounts: list[list[Amount]] = [[] for _ in findings.accounts]
    mixed = [False for _ in findings.accounts]
    for draft in findings.drafts:
        amounts[draft.account].append(draft.amount)
        mixed[draft.account] |= draft.currency != findings.accounts[draft.account].currency
    accounts = []
    for index, draft_account in enumerate(findings.accounts):
        exponent = scales[index, draft_account.currency]
        opening, closing, reconciles = draft_account.opening, draft_account.closing, draft_account.reconciles
        if reconciles is None and opening is not None and closing is not None and not mixed[index]:
            reconciles = agrees(opening, closing, amounts[index])
        try:
            opening_minor, closing_minor = _balance(opening, exponent), _balance(closing, exponent)
        except FieldError as error:
            raise StatementError(error.code, error.problem, "Export the statement again.", field="balance") from None
        accounts.append(
            Account(
                draft_account.identifier, draft_account.currency, exponent, opening_minor, closing_minor, reconciles
            )
        )
    return accounts


def assemble(findings: Findings, encoding: str, notes: list[Note]) -> Statement:
    """The statement from a reader's findings; `notes` are those made before the reader ran."""
    scales = _scales(findings)
    lines = _lines(findings, scales)
    accounts = _accounts(findings, scales)
    if any(line.currency == NO_CURRENCY for line in lines):
        findings.note("currency-unknown", "The file does not say in which currency its amounts are.")
    for number, account in enumerate(accounts, start=1):
        if account.reconciles is False:
            who = account.identifier or f"number {number}"
            findings.note("balance-off", f"The lines of account {who} do not add up to its stated balances.")
    bad_lines = tuple(sorted(findings.bad_lines, key=lambda bad: bad.line))
    return Statement(
        findings.format,
        encoding,
        tuple(accounts),
        tuple(lines),
        bad_lines,
        (*notes, *findings.notes),
        findings.mapping,
    )
