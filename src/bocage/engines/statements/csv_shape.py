"""Finding out how a CSV is built: its delimiter, its heading row and what each column holds."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from . import csv_names as names
from .amounts import Amount, decimal_sign, parse_amount
from .csv_chain import follow
from .currencies import is_currency
from .dates import looks_like_date
from .types import Column, CsvMapping, CsvPreview, FieldError, Limits, StatementError

DELIMITERS = (";", ",", "\t", "|")
HEADING_ROWS = 60
SAMPLE_ROWS = 200
PREVIEW_ROWS = 20
PREVIEW_CHARACTERS = 80
COLUMNS_LIMIT = 200
ACCOUNTS_LIMIT = 20
MOVING_COLUMNS = 6
_SHARE = 0.6
_SEP = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_CARD = frozenset({"cardusedfortransaction", "cardno", "cardnumber", "cardmember"})
_MCC = re.compile(r"\d{4}", re.ASCII)

type Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV cut into cells. `heading` is the row of column names, None without one; `rows` are what follows it."""

    delimiter: str
    heading: list[str] | None
    rows: list[Row]
    broken: list[tuple[int, FieldError]]
    currency: str | None = None
    skipped: tuple[int, ...] = ()


def cut(text: str, delimiter: str, limits: Limits) -> tuple[list[Row], list[tuple[int, FieldError]]]:
    """(rows with the line each begins on, lines whose quotes are wrong). Raises when a quote is never closed."""
    rows: list[Row] = []
    broken: list[tuple[int, FieldError]] = []
    reader = csv.reader(iter(text.split("\n")), delimiter=delimiter, strict=True)
    while True:
        begun = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return rows, broken
        except csv.Error as error:
            if "unexpected end" in str(error) or "field larger" in str(error):
                problem = "A quoted field is never closed: the file is cut short, or a quote is missing."
                raise StatementError("truncated", problem, "Export the whole file again.", line=begun) from None
            broken.append((begun, FieldError("quotes-wrong", "row", "The quotes of the row do not match.")))
            continue
        if len(cells) > COLUMNS_LIMIT:
            broken.append((begun, FieldError("too-many-columns", "row", f"The row has {len(cells)} columns.")))
        elif any(cells):
            rows.append((begun, cells))
        if len(rows) + len(broken) > limits.lines + HEADING_ROWS:
            problem = f"The statement has more than {limits.lines:,} lines."
            raise StatementError("too-many-lines", problem, "Export a shorter period, for example one year at a time.")


def shape(text: str, limits: Limits, mapping: CsvMapping | None) -> tuple[Table, CsvMapping]:
    """The table and what its columns hold: as `mapping` says, or else as found."""
    said = _SEP.fullmatch(text.split("\n", 1)[0])
    if said:
        text = "\n" + text.partition("\n")[2]
    delimiters: Sequence[str] = DELIMITERS
    if mapping is not None and mapping.delimiter:
        delimiters = (mapping.delimiter[:1],)
    elif said:
        delimiters = (said[1],)
    if mapping is not None:
        return _by_mapping(text, delimiters, limits, mapping)
    best = max(delimiters, key=lambda delimiter: _promise(text, delimiter))
    rows, broken = cut(text, best, limits)
    if found := _headed(rows):
        at, guess, currency = found
        table = Table(best, rows[at][1], rows[at + 1 :], broken, currency)
        return table, replace(guess, delimiter=best, header_line=rows[at][0])
    if bare := _bare(rows):
        at, guess = bare
        skipped = tuple(line for line, _ in rows[:at])
        return Table(best, None, rows[at:], broken, None, skipped), replace(guess, delimiter=best, header_line=0)
    problem = "No columns of dates and amounts were recognised."
    advice = "Say which column holds the date, which the amount and which the text."
    raise StatementError("columns-unknown", problem, advice, line=rows[0][0] if rows else 1)


def preview(text: str, limits: Limits, delimiter: str | None) -> CsvPreview:
    """The first rows, cut as they seem to be, and the mapping where one was found. Raises `StatementError`."""
    chosen = delimiter[:1] if delimiter else max(DELIMITERS, key=lambda sign: _promise(text, sign))
    head = "\n".join(text.split("\n", PREVIEW_ROWS)[:PREVIEW_ROWS])
    rows = [
        tuple(cell[:PREVIEW_CHARACTERS] for cell in cells)
        for cells in csv.reader(head.split("\n"), delimiter=chosen)
        if cells
    ]
    try:
        mapping = shape(text, limits, None)[1] if delimiter is None else None
    except StatementError:
        mapping = None
    return CsvPreview(chosen, tuple(rows), mapping)


def _promise(text: str, delimiter: str) -> tuple[int, int, int]:
    """How good a delimiter looks on the first lines: recognised roles, then rows of equal length, then columns."""
    head = "\n".join(text.split("\n", HEADING_ROWS)[:HEADING_ROWS])
    rows: list[list[str]] = []
    reader = csv.reader(iter(head.split("\n")), delimiter=delimiter)
    try:
        rows.extend(row for row in reader if len(row) > 1)
    except csv.Error:
        return 0, 0, 0
    if not rows:
        return 0, 0, 0
    roles = max((_recognised(row) for row in rows[:HEADING_ROWS]), default=0)
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    return roles, count, width


def _recognised(row: list[str]) -> int:
    known = _known_names()
    return sum(1 for cell in row[:COLUMNS_LIMIT] if cell and names.heading(cell[:80])[0] in known)


def _known_names() -> frozenset[str]:
    return frozenset(
        (*names.BOOKED, *names.VALUED, *names.AMOUNT, *names.DEBIT, *names.CREDIT, *names.TEXT, *names.BALANCE)
    )


def _by_mapping(text: str, delimiters: Sequence[str], limits: Limits, mapping: CsvMapping) -> tuple[Table, CsvMapping]:
    best = max(delimiters, key=lambda delimiter: _promise(text, delimiter)[1:])
    rows, broken = cut(text, best, limits)
    at = _heading_row(rows, mapping)
    heading = rows[at][1] if at is not None else None
    table = Table(best, heading, rows[at + 1 :] if at is not None else rows, broken)
    return table, replace(mapping, delimiter=best, header_line=rows[at][0] if at is not None else 0)


def _heading_row(rows: list[Row], mapping: CsvMapping) -> int | None:
    if mapping.header_line == 0:
        return None
    if mapping.header_line is not None:
        for at, (line, _) in enumerate(rows):
            if line == mapping.header_line:
                return at
        problem = f"There is no row on line {mapping.header_line}."
        raise StatementError("mapping-wrong", problem, "Choose the line that holds the headings.", field="header_line")
    wanted = {column.strip().casefold() for column in columns_of(mapping) if isinstance(column, str)}
    for at, (_, cells) in enumerate(rows[:HEADING_ROWS]):
        if wanted:
            if wanted <= {cell.strip().casefold() for cell in cells}:
                return at
        elif isinstance(mapping.date, int) and mapping.date < len(cells) and looks_like_date(cells[mapping.date]):
            return at - 1 if at else None
    if wanted:
        problem = f"No row has all of the headings {', '.join(sorted(wanted))}."
        raise StatementError("mapping-wrong", problem, "Choose among the file's own columns.", field="mapping")
    return None


def columns_of(mapping: CsvMapping) -> Iterator[Column]:
    """Every column that a mapping names."""
    single = (
        mapping.date, mapping.amount, mapping.debit, mapping.credit, mapping.direction, mapping.fee, mapping.value_date,
        mapping.counterparty, mapping.payer, mapping.payee, mapping.reference, mapping.currency, mapping.balance,
        mapping.account, mapping.mcc, mapping.kind, mapping.status, mapping.foreign_amount, mapping.foreign_currency,
    )  # fmt: skip
    yield from (column for column in single if column is not None)
    yield from mapping.text


class _Columns:
    """The columns under a heading row (or none), with samples of what is in them."""

    def __init__(self, heading: list[str], rows: list[Row]) -> None:
        self.keys = [names.heading(cell[:80]) for cell in heading]
        self.heading = heading
        self.samples: list[list[str]] = [[] for _ in heading]
        for _, cells in rows[:SAMPLE_ROWS]:
            for at, cell in enumerate(cells[: len(heading)]):
                if cell.strip():
                    self.samples[at].append(cell.strip())
        self.taken: set[int] = set()

    def share(self, at: int, test: Callable[[str], bool]) -> bool:
        """Whether most cells of a column pass a test; an empty column passes any."""
        cells = self.samples[at]
        return not cells or sum(map(test, cells)) >= _SHARE * len(cells)

    def pick(self, wanted: Iterable[str], test: Callable[[str], bool], *, filled: bool = False) -> int | None:
        """The free column with the best of the wanted names whose cells pass the test."""
        for name in wanted:
            for at, (key, _) in enumerate(self.keys):
                if key == name and at not in self.taken and self.share(at, test) and (self.samples[at] or not filled):
                    self.taken.add(at)
                    return at
        return None

    def column(self, at: int | None) -> Column | None:
        """A column as a mapping names it: by its heading, or by place where that is empty or not unique."""
        if at is None:
            return None
        name = self.heading[at].strip()
        return name if name and sum(1 for cell in self.heading if cell.strip() == name) == 1 else at


def _anything(_: str) -> bool:
    return True


def is_amount(text: str) -> bool:
    """Whether a cell could be an amount with either decimal sign."""
    decimal = decimal_sign([text])[0] or "."
    try:
        parse_amount(text, decimal, "")
    except FieldError:
        try:
            parse_amount(text, "." if decimal == "," else ",", "")
        except FieldError:
            return False
    return any(character.isdigit() for character in text)


def is_direction(text: str) -> bool:
    """Whether a cell says "money in" or "money out"."""
    word = text.casefold()
    return word in names.MONEY_IN or word in names.MONEY_OUT


def _headed(rows: list[Row]) -> tuple[int, CsvMapping, str | None] | None:
    """(index of the heading row, mapping, currency that the headings name), or None without such a row."""
    for at, (_, cells) in enumerate(rows[:HEADING_ROWS]):
        if len(cells) < 2 or _recognised(cells) < 2:
            continue
        columns = _Columns(cells, rows[at + 1 :])
        date = columns.pick(names.BOOKED, looks_like_date, filled=True)
        value_date = columns.pick(names.VALUED, looks_like_date, filled=date is None)
        if date is None:
            date, value_date = value_date, None
        if date is None:
            date = columns.pick([*names.BOOKED, *names.VALUED], _anything)
        direction = columns.pick(names.DIRECTION, is_direction, filled=True)
        debit = columns.pick(names.DEBIT, is_amount)
        credit = columns.pick(names.CREDIT, is_amount)
        amount = columns.pick(names.AMOUNT, is_amount, filled=debit is not None or credit is not None)
        if date is None or (amount is None and debit is None and credit is None):
            continue
        if amount is not None and debit is not None and credit is not None:
            debit = credit = None
        guess, currency = _rest(columns, date, value_date, amount, debit, credit, direction, rows[at + 1 :])
        return at, guess, currency
    return None


def _rest(
    columns: _Columns,
    date: int,
    value_date: int | None,
    amount: int | None,
    debit: int | None,
    credit: int | None,
    direction: int | None,
    rows: list[Row],
) -> tuple[CsvMapping, str | None]:
    currency = columns.pick(names.CURRENCY, is_currency, filled=True)
    named = next(
        (columns.keys[at][1] for at in (amount, debit, credit) if at is not None and columns.keys[at][1]), None
    )
    balance = columns.pick(names.BALANCE, is_amount, filled=True)
    foreign_amount = columns.pick(names.FOREIGN_AMOUNT, is_amount, filled=True)
    foreign_currency = columns.pick(names.FOREIGN_CURRENCY, is_currency, filled=True)
    mcc = columns.pick(names.MCC, lambda cell: bool(_MCC.fullmatch(cell)), filled=True)
    payer, payee = columns.pick(names.PAYER, _anything, filled=True), columns.pick(names.PAYEE, _anything, filled=True)
    if payer is None and payee is not None:
        columns.taken.discard(payee)
        payee = None
    counterparty = columns.pick(names.COUNTERPARTY, _anything, filled=True)
    text_names = frozenset(names.TEXT)
    texts = [at for at, (key, _) in enumerate(columns.keys) if key in text_names and at not in columns.taken]
    columns.taken.update(texts)
    reference = columns.pick(names.REFERENCE, _anything, filled=True)
    status = columns.pick(names.STATUS, lambda cell: len(cell) < 40, filled=True)
    kind = columns.pick(names.KIND, lambda cell: len(cell) < 80, filled=True)
    fee = columns.pick(names.FEE, is_amount, filled=True) if balance is not None else None
    account = columns.pick(names.ACCOUNT, _anything, filled=True)
    if account is not None and len(set(columns.samples[account])) > ACCOUNTS_LIMIT:
        account = None
    if account is None:
        account = _only_account(columns, rows)
    if not texts and counterparty is not None and reference is not None:
        texts = [counterparty, reference]
    name = columns.column
    return CsvMapping(
        date=name(date) or 0,
        amount=name(amount),
        debit=name(debit),
        credit=name(credit),
        direction=name(direction),
        fee=name(fee),
        value_date=name(value_date),
        text=tuple(column for at in texts if (column := name(at)) is not None),
        counterparty=name(counterparty),
        payer=name(payer),
        payee=name(payee),
        reference=name(reference),
        currency=name(currency),
        balance=name(balance),
        account=name(account),
        mcc=name(mcc),
        kind=name(kind),
        status=name(status),
        foreign_amount=name(foreign_amount) if foreign_currency is not None else None,
        foreign_currency=name(foreign_currency) if foreign_amount is not None else None,
        negate=_purchases(columns, amount),
    ), named


def _only_account(columns: _Columns, rows: list[Row]) -> int | None:
    """A column that may be one's own account or the other side's is taken as one's own when it never changes."""
    for at, (key, _) in enumerate(columns.keys):
        if key in names.ACCOUNT_IF_ONE and at not in columns.taken:
            cells = {cells[at].strip() for _, cells in rows if at < len(cells)}
            if len(cells) == 1 and "" not in cells:
                return at
    return None


def _purchases(columns: _Columns, amount: int | None) -> bool:
    """A card's file whose amounts never have a sign lists purchases."""
    if amount is None or not any(key in _CARD for key, _ in columns.keys):
        return False
    return bool(columns.samples[amount]) and not any("-" in cell or "(" in cell for cell in columns.samples[amount])


def _like_a_line(cells: list[str]) -> bool:
    return len(cells) >= 3 and any(map(looks_like_date, cells)) and any(map(is_amount, cells))


def _movement(rows: list[list[str]], moving: list[int]) -> tuple[int, int | None]:
    """(column of the amounts, column of the balance after them or None) among columns that all look like amounts."""
    decimal = decimal_sign([cells[at] for cells in rows for at in moving if at < len(cells)])[0] or "."
    table: list[list[Amount]] = []
    for cells in rows:
        try:
            table.append([parse_amount(cells[at].strip(), decimal, "") for at in moving])
        except (FieldError, IndexError):
            continue
    if len(table) > 1:
        for amount, after in permutations(range(min(len(moving), MOVING_COLUMNS)), 2):
            if follow([(row[amount], row[after]) for row in table]).unbroken:
                return moving[amount], moving[after]
    signed = (at for at in moving if any("-" in cells[at] for cells in rows if at < len(cells)))
    return next(signed, moving[0]), None


def _bare(rows: list[Row]) -> tuple[int, CsvMapping] | None:
    """(index of the first row, mapping) of a file without headings, from what its cells look like."""
    at = next((index for index, (_, cells) in enumerate(rows[:HEADING_ROWS]) if _like_a_line(cells)), None)
    if at is None:
        return None
    width = len(rows[at][1])
    columns = _Columns([""] * width, rows[at:])
    full = [index for index in range(width) if columns.samples[index]]
    dates = [index for index in full if columns.share(index, looks_like_date)]
    amounts = [index for index in full if index not in dates and columns.share(index, is_amount)]
    moving = [index for index in amounts if any(sign in "".join(columns.samples[index]) for sign in ",.-")]
    if not dates or not moving:
        return None
    amount, balance = _movement([cells for _, cells in rows[at : at + SAMPLE_ROWS]], moving)
    rest = [index for index in full if index not in dates and index not in amounts]
    direction = next((index for index in rest if columns.share(index, is_direction)), None)
    currency = next((index for index in rest if index != direction and columns.share(index, is_currency)), None)
    words = [index for index in rest if index not in {direction, currency}]
    words = [index for index in words if any(" " in cell or len(cell) > 8 for cell in columns.samples[index])]
    return at, CsvMapping(
        date=dates[0],
        value_date=dates[1] if len(dates) > 1 else None,
        amount=amount,
        balance=balance,
        direction=direction,
        currency=currency,
        text=tuple(words[:3]),
        counterparty=words[0] if words else None,
    )
