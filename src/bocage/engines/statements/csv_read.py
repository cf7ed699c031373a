"""A bank's CSV: rows to lines, once `csv_shape` knows what the columns hold."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date

from . import csv_names as names
from .amounts import Amount, at_scale, decimal_sign, parse_amount
from .assembly import Draft, DraftAccount, Findings, clean, optional
from .csv_chain import Chain, follow
from .csv_shape import Row, Table, shape
from .currencies import currency_code
from .dates import date_order, looks_like_date, parse_date
from .types import NO_CURRENCY, Column, CsvMapping, DateOrder, Decimal, FieldError, Limits, StatementError

_DOLLAR = "USD"


@dataclass(slots=True)
class _Places:
    """The mapping with each column as its place in the row, -1 where there is none."""

    date: int
    amount: int
    debit: int
    credit: int
    direction: int
    fee: int
    value_date: int
    counterparty: int
    payer: int
    payee: int
    reference: int
    currency: int
    balance: int
    account: int
    mcc: int
    kind: int
    status: int
    foreign_amount: int
    foreign_currency: int
    text: tuple[int, ...]
    needed: int


@dataclass(slots=True)
class _Reader:
    findings: Findings
    places: _Places
    order: DateOrder
    decimal: Decimal
    currency: str
    negate: bool
    signed: bool
    debit_sign: int
    credit_sign: int
    width: int
    days: dict[str, date] = field(default_factory=dict)
    accounts: dict[tuple[str, str], int] = field(default_factory=dict)
    balances: list[Amount | None] = field(default_factory=list)
    fees: list[Amount] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    not_booked: int = 0


def read_csv(text: str, limits: Limits, mapping: CsvMapping | None, currency: str | None) -> Findings:
    """Every row that is a movement; rows with neither a date nor an amount are left out and counted in a note."""
    table, found = shape(text, limits, mapping)
    findings = Findings("csv", limits)
    usual = Counter(len(cells) for _, cells in table.rows).most_common(1)
    first = table.heading or (table.rows[0][1] if table.rows else [])
    width = max(len(first), usual[0][0] if usual else 0)
    places = _places(found, table, width)
    default = table.currency or currency or NO_CURRENCY
    reader = _reader(findings, table, places, found, default, width)
    findings.mapping = replace(found, date_order=reader.order, decimal=reader.decimal)
    for line, error in table.broken:
        findings.refuse(line, error)
    shortest = min(len(table.heading or []) or width, usual[0][0] if usual else 0)
    last = len(table.rows) - 1
    for at, row in enumerate(table.rows):
        try:
            _check_width(row, width, shortest if at == last else places.needed, places)
            draft = _row(row, reader)
        except FieldError as error:
            findings.refuse(row[0], error)
            continue
        if draft is not None:
            findings.add(draft)
    if not findings.accounts:
        findings.open(DraftAccount(None, default))
    _tell(reader, table)
    _chain(reader)
    return findings


def _places(mapping: CsvMapping, table: Table, width: int) -> _Places:
    heading = {cell.strip().casefold(): at for at, cell in reversed(list(enumerate(table.heading or [])))}

    def place(column: Column | None) -> int:
        if column is None:
            return -1
        at = heading.get(column.strip().casefold(), -1) if isinstance(column, str) else column
        if not 0 <= at < width:
            problem = f"The file has no column {column!r}."
            raise StatementError("mapping-wrong", problem, "Choose among the file's own columns.", field=str(column))
        return at

    amount, debit, credit = place(mapping.amount), place(mapping.debit), place(mapping.credit)
    if amount < 0 and debit < 0 and credit < 0:
        problem = "No column is said to hold the amount."
        raise StatementError(
            "mapping-wrong", problem, "Choose a column for the amount, or for debit and credit.", field="amount"
        )
    date_place = place(mapping.date)
    return _Places(
        date_place, amount, debit, credit, place(mapping.direction), place(mapping.fee), place(mapping.value_date),
        place(mapping.counterparty), place(mapping.payer), place(mapping.payee), place(mapping.reference),
        place(mapping.currency), place(mapping.balance), place(mapping.account), place(mapping.mcc),
        place(mapping.kind), place(mapping.status), place(mapping.foreign_amount), place(mapping.foreign_currency),
        tuple(place(column) for column in mapping.text), max(date_place, amount) + 1,
    )  # fmt: skip


def _cells(table: Table, *columns: int) -> list[str]:
    return [cells[at] for _, cells in table.rows for at in columns if 0 <= at < len(cells) and cells[at]]


def _reader(
    findings: Findings, table: Table, places: _Places, mapping: CsvMapping, currency: str, width: int
) -> _Reader:
    money = _cells(table, places.amount, places.debit, places.credit, places.balance)
    decimal = mapping.decimal or _decimal(findings, money)
    amounts = _cells(table, places.amount)
    signed = any("-" in cell or "(" in cell or "\u2212" in cell for cell in amounts)
    if places.amount >= 0 and places.direction < 0 and amounts and not signed:
        said = "money out" if mapping.negate else "money in"
        findings.note("signs-assumed", f"No amount has a minus sign: all were taken as {said}.")
    return _Reader(
        findings,
        places,
        mapping.date_order or _order(findings, table, places, decimal, currency),
        decimal,
        currency,
        mapping.negate,
        signed,
        _column_sign(_cells(table, places.debit)),
        _column_sign(_cells(table, places.credit)),
        width,
    )


def _decimal(findings: Findings, money: list[str]) -> Decimal:
    decimal, sure = decimal_sign(money)
    if decimal is None:
        return "."
    if sure:
        return decimal
    if any(cell.count(".") + cell.count(",") and not _three_after(cell) for cell in money):
        findings.note("decimal-assumed", f"The amounts mix two ways of writing; most have {decimal!r} as decimal sign.")
        return decimal
    findings.note(
        "decimal-assumed", f"Every {decimal!r} in the amounts stands before three digits: taken as thousands."
    )
    return "," if decimal == "." else "."


def _three_after(cell: str) -> bool:
    digits = cell[max(cell.rfind("."), cell.rfind(",")) + 1 :]
    return sum(character.isdigit() for character in digits) == 3


def _order(findings: Findings, table: Table, places: _Places, decimal: Decimal, currency: str) -> DateOrder:
    """Where the column does not tell, dollars with a decimal point mean that the month comes first."""
    cells = _cells(table, places.date)
    codes = {cell.strip().upper() for cell in _cells(table, places.currency)} or {currency}
    fallback: DateOrder = "mdy" if codes == {_DOLLAR} and decimal == "." else "dmy"
    order, sure = date_order(cells, fallback)
    if not sure and cells:
        said = "the day" if order == "dmy" else "the month"
        findings.note("date-order-assumed", f"Dates such as {cells[0][:20]!r} were read with {said} first.")
    return order


def _column_sign(cells: list[str]) -> int:
    """-1 when a column of debits (or credits) is itself written with minus signs, else 1."""
    return -1 if sum("-" in cell or "(" in cell for cell in cells) * 2 > len(cells) else 1


def _check_width(row: Row, width: int, least: int, places: _Places) -> None:
    cells = row[1]
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        raise FieldError("row-long", "row", f"The row has {len(cells)} columns instead of {width}: is a quote missing?")
    if len(cells) < least and (len(cells) > max(places.date, 0)):
        raise FieldError("row-short", "row", f"The row has only {len(cells)} columns: it is cut short.")


def _row(row: Row, reader: _Reader) -> Draft | None:
    line, cells = row
    # The empty cell at the end is what a place of -1, a column that the file lacks, finds.
    cells = [*map(str.strip, cells), *[""] * (reader.width - len(cells)), ""]
    places, limits = reader.places, reader.findings.limits
    day = cells[places.date]
    money = cells[places.amount] or cells[places.debit] or cells[places.credit]
    if day not in reader.days and not any(map(str.isdigit, day)) and (day or not money):
        reader.left_out.append(line)
        return None
    if cells[places.status].casefold() in names.NOT_BOOKED:
        reader.not_booked += 1
        return None
    booked_on = _day(day, reader, "date")
    amount = _amount(cells, reader)
    value = cells[places.value_date]
    code = cells[places.currency]
    currency = currency_code(code) if code else reader.currency
    counterparty = _counterparty(cells, places, amount)
    parts: list[str] = []
    for at in places.text:
        part = cells[at]
        if part and part not in parts:
            parts.append(part)
    text = clean(" ".join(parts), limits, "text") or clean(counterparty, limits, "counterparty")
    balance = cells[places.balance]
    stated = parse_amount(balance, reader.decimal, "balance") if balance else None
    mcc = cells[places.mcc]
    draft = Draft(
        line,
        _account(reader, cells[places.account], currency),
        booked_on,
        _day(value, reader, "value date") if value and looks_like_date(value) else None,
        amount,
        currency,
        text,
        optional(counterparty, limits, "counterparty"),
        optional(cells[places.reference], limits, "reference"),
        mcc if len(mcc) == 4 and mcc.isascii() and mcc.isdigit() else None,
        _foreign(cells, reader, amount, currency),
        optional(cells[places.kind], limits, "kind"),
    )
    fee = cells[places.fee]
    reader.fees.append(parse_amount(fee, reader.decimal, "fee") if fee else (0, 0))
    reader.balances.append(stated)
    return draft


def _day(text: str, reader: _Reader, field_name: str) -> date:
    day = reader.days.get(text)
    if day is None:
        day = reader.days[text] = parse_date(text, reader.order, field_name)
    return day


def _amount(cells: list[str], reader: _Reader) -> Amount:
    places = reader.places
    if places.amount >= 0:
        units, decimals = parse_amount(cells[places.amount], reader.decimal, "amount")
        if places.direction >= 0 and not reader.signed:
            word = cells[places.direction].casefold()
            if word not in names.MONEY_IN and word not in names.MONEY_OUT:
                raise FieldError(
                    "direction-missing", "direction", f"{word[:20]!r} says neither money in nor money out."
                )
            return (-units if word in names.MONEY_OUT else units), decimals
        return (-units if reader.negate else units), decimals
    debit, credit = cells[places.debit], cells[places.credit]
    if not debit and not credit:
        raise FieldError("amount-missing", "debit or credit", "The row has neither a debit nor a credit.")
    out = parse_amount(debit, reader.decimal, "debit") if debit else (0, 0)
    into = parse_amount(credit, reader.decimal, "credit") if credit else (0, 0)
    if out[0] and into[0]:
        raise FieldError("amount-twice", "debit and credit", "The row has both a debit and a credit.")
    if out[0]:
        return -out[0] * reader.debit_sign, out[1]
    return into[0] * reader.credit_sign, into[1]


def _counterparty(cells: list[str], places: _Places, amount: Amount) -> str:
    side = places.payee if amount[0] < 0 else places.payer
    return cells[side] or cells[places.counterparty]


def _account(reader: _Reader, identifier: str, currency: str) -> int:
    key = (identifier, currency)
    known = reader.accounts.get(key)
    if known is None:
        known = reader.accounts[key] = reader.findings.open(DraftAccount(identifier[:64] or None, currency))
    return known


def _foreign(cells: list[str], reader: _Reader, amount: Amount, currency: str) -> tuple[Amount, str] | None:
    text, code = cells[reader.places.foreign_amount], cells[reader.places.foreign_currency]
    if not text or not code or code.upper() == currency:
        return None
    units, decimals = parse_amount(text, reader.decimal, "foreign amount")
    return (-abs(units) if amount[0] < 0 else abs(units), decimals), currency_code(code)


def _tell(reader: _Reader, table: Table) -> None:
    findings = reader.findings
    if reader.left_out:
        lines = ", ".join(map(str, reader.left_out[:10])) + (", ..." if len(reader.left_out) > 10 else "")
        findings.note(
            "rows-left-out", f"Rows without a date and an amount were left out: lines {lines}.", reader.left_out[0]
        )
    if reader.not_booked:
        findings.note("not-booked", f"{reader.not_booked} rows that are not booked (pending, failed) were left out.")
    if not findings.drafts and not findings.bad_lines:
        findings.note("no-lines", "The file has headings but no rows.", table.rows[0][0] if table.rows else None)


def _chain(reader: _Reader) -> None:
    """Check each account's running balance; a fee stated apart counts where only that makes the chain hold."""
    findings = reader.findings
    by_account: list[list[int]] = [[] for _ in findings.accounts]
    for at, draft in enumerate(findings.drafts):
        by_account[draft.account].append(at)
    for account, rows in zip(findings.accounts, by_account, strict=True):
        if not rows or any(reader.balances[at] is None for at in rows):
            continue
        chain = _follow(reader, rows, with_fees=False)
        if not chain.unbroken and any(reader.fees[at][0] for at in rows):
            net = _follow(reader, rows, with_fees=True)
            if net.unbroken:
                chain = net
                for at in rows:
                    findings.drafts[at].amount = _less_fee(reader, at)
                findings.note("fees-included", "Fees stated apart were taken off the amounts, as the balances show.")
        account.reconciles = chain.unbroken
        account.opening, account.closing = chain.opening, chain.closing
        if chain.break_at is not None:
            line = findings.drafts[rows[chain.break_at]].source_line
            findings.note(
                "balance-broken", "From this row on the running balance does not follow from the amounts.", line
            )


def _less_fee(reader: _Reader, at: int) -> Amount:
    amount, fee = reader.findings.drafts[at].amount, reader.fees[at]
    decimals = max(amount[1], fee[1])
    return at_scale(amount, decimals) - at_scale(fee, decimals), decimals


def _follow(reader: _Reader, rows: list[int], *, with_fees: bool) -> Chain:
    steps: list[tuple[Amount, Amount]] = []
    for at in rows:
        balance = reader.balances[at]
        amount = _less_fee(reader, at) if with_fees else reader.findings.drafts[at].amount
        if balance is not None:
            steps.append((amount, balance))
    return follow(steps)
