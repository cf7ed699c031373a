"""FEC, the French file of accounting entries: arrêté du 29 juillet 2013, article A47 A-1 of the Livre des procédures
fiscales. Eighteen fields in fixed order, tab or pipe between them, dates AAAAMMJJ, a comma for decimals.

One wrong line and nothing of the file is taken: books that do not balance are no books.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from bocage.engines.statements.amounts import parse_amount
from bocage.engines.statements.dates import checked_date
from bocage.engines.statements.types import AMOUNT_LIMIT_MINOR, FieldError, Limits, Note, StatementError

from .types import LedgerEntry

FIELDS = (
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib"),
    *("PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate"),
    *("Montantdevise", "Idevise"),
)
# The decree allows amount and direction in place of debit and credit.
SIGNED_FIELDS = (*FIELDS[:11], "Montant", "Sens", *FIELDS[13:])
# Fields that cash accounts (BNC, BA) add.
ADDED = frozenset({"daterglt", "modereglt", "natop", "idclient", "codeetbt"})
SIGNS = {"D": 1, "+1": 1, "+": 1, "1": 1, "C": -1, "-1": -1, "-": -1}
SUPPLIER_ACCOUNTS = ("401", "403", "404", "408")
_ADVICE = "Export the FEC from your accounting software again, for one closed year."
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_ACCOUNT = re.compile(r"\d{3}[0-9A-Za-z]*", re.ASCII)
# "+12,50", "-3" or "1234567,8"; some software writes a point. Groups of thousands are not allowed.
_AMOUNT = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)


def looks_like_fec(text: str) -> bool:
    """Whether the first line is the decree's, or begins like it."""
    head = re.sub(r"[^a-z|\t]", "", text[:2_000].split("\n", 1)[0].lower())
    return head.startswith(("journalcode|journallib", "journalcode\tjournallib"))


def read_fec(text: str, limits: Limits) -> tuple[list[LedgerEntry], list[Note]]:
    """Every line of the books, each entry balanced. Raises `StatementError` naming line and field."""
    head, _, body = text.partition("\n")
    sign = "\t" if "\t" in head else "|"
    names = [name.strip().strip('"') for name in head.rstrip(sign).split(sign)]
    layout = _layout(names)
    entries: list[LedgerEntry] = []
    balances: dict[tuple[str, str, date], list[int]] = {}
    for number, line in enumerate(body.split("\n"), start=2):
        if not line.strip():
            continue
        if len(entries) >= limits.lines:
            raise StatementError("too-many-lines", f"There are more than {limits.lines:,} lines.", _ADVICE, line=number)
        entry = _entry(number, line.split(sign), layout)
        entries.append(entry)
        balance = balances.setdefault((entry.journal, entry.entry, entry.booked_on), [0, number])
        balance[0] += entry.amount_minor
    if not entries:
        raise StatementError("empty", "The FEC has headings and no entry.", _ADVICE)
    for (journal, name, _day), (off_minor, number) in balances.items():
        if off_minor:
            problem = f"Entry {name!r} of journal {journal!r} does not balance: debit less credit is "
            problem += f"{Decimal(off_minor).scaleb(-2)}."
            raise StatementError("unbalanced", problem, _ADVICE, line=number, field="Debit")
    return list(_with_suppliers(entries)), []


@dataclass(frozen=True, slots=True)
class _Layout:
    columns: int
    signed: bool


def _layout(names: list[str]) -> _Layout:
    """Whether the headings are the decree's, in order; extra ones may follow."""
    for expected, signed in ((FIELDS, False), (SIGNED_FIELDS, True)):
        if [name.casefold() for name in names[: len(FIELDS)]] == [name.casefold() for name in expected]:
            return _Layout(len(names), signed)
    folded = [name.casefold() for name in names]
    missing = next((f for f in FIELDS if f.casefold() not in folded), None)
    wrong = missing or next(f for f, name in zip(FIELDS, folded, strict=False) if f.casefold() != name)
    problem = f"The field {wrong} is missing." if missing else f"The field {wrong} is not in its place."
    raise StatementError("fields-wrong", f"{problem} A FEC has 18 fields in fixed order.", _ADVICE, line=1, field=wrong)


def _entry(number: int, cells: list[str], layout: _Layout) -> LedgerEntry:
    if len(cells) != layout.columns and not (len(cells) == layout.columns + 1 and not cells[-1].strip()):
        problem = f"The line has {len(cells)} fields, the heading {layout.columns}."
        raise StatementError("fields-wrong", problem, _ADVICE, line=number)
    cells = [cell.strip().strip('"').strip() for cell in cells]
    try:
        booked_on = _date(cells[3], "EcritureDate")
        if not cells[2]:
            raise FieldError("field-missing", "EcritureNum", "The entry's number is missing.")
        if not _ACCOUNT.fullmatch(cells[4]):
            problem = f"{cells[4][:40]!r} does not begin with three digits of the chart of accounts."
            raise FieldError("account-unreadable", "CompteNum", problem)
        return LedgerEntry(
            source_line=number,
            journal=cells[0][:40],
            entry=cells[2][:80],
            booked_on=booked_on,
            account=cells[4][:20],
            account_title=cells[5][:200],
            party=cells[7][:200],
            reference=cells[8][:80],
            text=cells[10][:400],
            amount_minor=_signed(cells) if layout.signed else _debit_less_credit(cells),
            currency="EUR",
        )
    except FieldError as error:
        raise StatementError(error.code, error.problem, _ADVICE, line=number, field=error.field) from None


def _date(text: str, field: str) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise FieldError("date-unreadable", field, f"{text[:40]!r} is not a date as 20251231.")
    return checked_date(int(found[1]), int(found[2]), int(found[3]), text, field)


def _amount(text: str, field: str) -> int:
    """Hundredths; an empty cell is nothing. The decree's currency is the euro's, with two decimals."""
    if not text:
        return 0
    if not _AMOUNT.fullmatch(text):
        raise FieldError("amount-unreadable", field, f"{text[:40]!r} is not an amount as 1234,56.")
    units, decimals = parse_amount(text.replace(".", ",").lstrip("+"), ",", field)
    if decimals > 2:
        quotient, rest = divmod(units, 10 ** (decimals - 2))
        if rest:
            raise FieldError("amount-too-fine", field, f"{text[:40]!r} has more than two decimals.")
        units, decimals = quotient, 2
    minor = units * 10 ** (2 - decimals)
    if abs(minor) > AMOUNT_LIMIT_MINOR:
        raise FieldError("amount-too-large", field, f"{text[:40]!r} is too large.")
    return int(minor)


def _debit_less_credit(cells: list[str]) -> int:
    return _amount(cells[11], "Debit") - _amount(cells[12], "Credit")


def _signed(cells: list[str]) -> int:
    sign = SIGNS.get(cells[12].upper())
    if sign is None:
        raise FieldError("direction-unreadable", "Sens", f"{cells[12][:40]!r} is neither D, C, +1 nor -1.")
    return sign * _amount(cells[11], "Montant")


def _with_suppliers(entries: Iterable[LedgerEntry]) -> Iterator[LedgerEntry]:
    """Each line without a party of its own named after the one supplier that its entry credits."""
    listed = list(entries)
    suppliers: dict[tuple[str, str], set[str]] = {}
    for each in listed:
        if each.account.startswith(SUPPLIER_ACCOUNTS) and each.party:
            suppliers.setdefault((each.journal, each.entry), set()).add(each.party)
    for each in listed:
        named = suppliers.get((each.journal, each.entry), set())
        yield replace(each, party=next(iter(named))) if not each.party and len(named) == 1 else each
