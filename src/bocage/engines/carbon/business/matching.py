"""One purchase counts once, though meter, fuel card, invoice, books and bank all know of it.

Rules, each exact and one to one, in the order of `ORIGINS`:

- a line that two files hold (two exports of one account, of one card) is taken as often as the file holds it that
  holds it most often;
- an invoice is taken once, whoever hands it in twice (seller, number, total);
- an entry of the books is an invoice's when their totals without VAT agree to the cent and the entry names the
  invoice's number, or a word of the seller within 45 days;
- a line of the bank is the books' when the account of the bank in the books (512) moves by the same amount within 10
  days; else an invoice's when it pays its total with VAT from 5 days before to 120 days after and names number or
  seller.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta

from .tables import words_of
from .types import Record

ENTRY_WINDOW = timedelta(days=45)
BOOKS_WINDOW_DAYS = 10
PAID_BEFORE = timedelta(days=5)
PAID_AFTER = timedelta(days=120)
WORD_CHARACTERS_MIN = 4
_COMMON = frozenset({"SARL", "SOCIETE", "FRANCE", "GMBH", "LIMITED", "FACTURE", "INVOICE", "ACHAT", "CARTE", "PRLV"})
_COMMON |= frozenset({"SEPA", "VIREMENT", "VIR", "PAIEMENT", "FILS"})

SAME_INVOICE = "the same invoice is there twice"
BY_INVOICE = "its invoice is there and says more"
BY_BOOKS = "the books know this payment"
SAME_LINE = "another file holds the same line"


def covered(records: Sequence[Record]) -> dict[int, str]:
    """Which records (by place) another one stands for, and why."""
    why: dict[int, str] = {}
    _repeats(records, why)
    invoices = _invoices(records, why)
    _entries(records, invoices, why)
    _payments(records, invoices, why)
    return why


def _repeats(records: Sequence[Record], why: dict[int, str]) -> None:
    """Lines of other files beyond those that one file holds; invoices are compared whole, below."""
    seen: dict[tuple[object, ...], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, one in enumerate(records):
        if one.origin != "invoice":
            words = " ".join(sorted(words_of(f"{one.supplier} {one.text}")))
            counted = (one.quantity, one.unit, one.kind, one.since, one.account, one.document)
            key = (one.origin, one.on, one.amount_minor, one.currency, words, *counted)
            seen[key][one.file].append(place)
    for by_file in seen.values():
        if len(by_file) > 1:
            most = max(by_file, key=lambda file: (len(by_file[file]), file))
            for file, places in by_file.items():
                if file != most:
                    why.update(dict.fromkeys(places, SAME_LINE))


def _invoices(records: Sequence[Record], why: dict[int, str]) -> list[list[int]]:
    """The places of each invoice's lines; a second copy of an invoice is covered by the first."""
    documents: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        if record.origin == "invoice":
            documents[record.file, record.document].append(place)
    first: dict[tuple[str, str, int], tuple[str, str]] = {}
    kept = []
    for key, places in documents.items():
        one = records[places[0]]
        known = first.setdefault((_plain(one.supplier), _plain(one.reference), one.document_minor), key)
        if known != key:
            why.update(dict.fromkeys(places, SAME_INVOICE))
        else:
            kept.append(places)
    return kept


def _entries(records: Sequence[Record], invoices: list[list[int]], why: dict[int, str]) -> None:
    entries: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        if record.origin == "ledger" and not record.settles and place not in why:
            entries[record.file, record.document].append(place)
    lines = {places[0]: places for places in entries.values()}
    by_total: dict[tuple[int, str], list[int]] = defaultdict(list)
    for first, places in sorted(lines.items(), key=lambda each: records[each[0]].on):
        by_total[sum(records[p].amount_minor for p in places), records[first].currency].append(first)
    for places in invoices:
        invoice = records[places[0]]
        candidates = by_total.get((invoice.document_minor, invoice.currency), [])
        at = _best(invoice, records, candidates, ENTRY_WINDOW, ENTRY_WINDOW)
        if at is not None:
            why.update(dict.fromkeys(lines[candidates.pop(at)], BY_INVOICE))


def _payments(records: Sequence[Record], invoices: list[list[int]], why: dict[int, str]) -> None:
    in_books = Counter(
        (r.amount_minor, r.currency, r.on.toordinal()) for p, r in enumerate(records) if r.settles and p not in why
    )
    nearest = sorted(range(-BOOKS_WINDOW_DAYS, BOOKS_WINDOW_DAYS + 1), key=lambda days: (abs(days), days))
    paid: dict[tuple[int, str], list[int]] = defaultdict(list)
    for places in sorted(invoices, key=lambda each: records[each[0]].on):
        paid[records[places[0]].gross_minor, records[places[0]].currency].append(places[0])
    for place, record in enumerate(records):
        if record.origin != "bank" or place in why:
            continue
        key = (record.amount_minor, record.currency)
        around = ((*key, record.on.toordinal() + days) for days in nearest)
        known = next((moved for moved in around if in_books[moved]), None)
        if known is not None:
            in_books[known] -= 1
            why[place] = BY_BOOKS
            continue
        candidates = paid.get(key, [])
        at = _best(record, records, candidates, PAID_AFTER, PAID_BEFORE)
        if at is not None:
            candidates.pop(at)
            why[place] = BY_INVOICE


def _best(
    one: Record, records: Sequence[Record], candidates: Sequence[int], before: timedelta, after: timedelta
) -> int | None:
    """The nearest of the `candidates` (places by day) from `before` to `after` one's day that shares number or name."""
    first = bisect_left(candidates, one.on - before, key=lambda place: records[place].on)
    last = bisect_right(candidates, one.on + after, key=lambda place: records[place].on)
    by_nearness = sorted(range(first, last), key=lambda at: (abs(records[candidates[at]].on - one.on), at))
    return next((at for at in by_nearness if _related(one, records[candidates[at]])), None)


def _related(one: Record, other: Record) -> bool:
    for number, text in ((one.reference, _all(other)), (other.reference, _all(one))):
        plain = _plain(number)
        if len(plain) >= WORD_CHARACTERS_MIN and plain in _plain(text):
            return True
    names = {w for w in words_of(f"{one.supplier} {one.text}") if len(w) >= WORD_CHARACTERS_MIN} - _COMMON
    others = {w for w in words_of(f"{other.supplier} {other.text}") if len(w) >= WORD_CHARACTERS_MIN} - _COMMON
    return bool(names & others)


def _all(record: Record) -> str:
    return f"{record.reference} {record.text}"


def _plain(text: str) -> str:
    return "".join(words_of(text))
