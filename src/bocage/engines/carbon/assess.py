"""Payments -> footprints: what each line is, whether it counts, and how much, with every reason.

Choices, stated once:

- A line that no rule recognises counts at the country's average euro of household spending, category "unknown",
  probability 0, interval times or divided by about 6. Leaving it out would tell people with odd merchants that they
  emit less. Callers that reward something should leave "unknown" out.
- Money that only moves (transfers, card and loan repayments, cash, savings, fees, taxes, salaries, payouts, fines)
  counts nothing, and says so.
- Money in is a refund when an earlier purchase from the same merchant in the same currency has that much left to
  give back within 180 days: it takes back the purchase's own rate, so that a whole refund cancels to the microgram,
  interval included. Money in that names itself a refund but finds no purchase is taken back at its own rate. Any
  other money in counts nothing.
- Money out that no rule recognises as a purchase, with the same amount into another own account within three days,
  is a transfer between own accounts.
- The model of names is asked for money out alone, and without the amount: a purchase split in two must weigh what it
  weighs whole. Under a probability of 0.6 it abstains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from bocage.engines.carbon import reasons as said
from bocage.engines.carbon.book import Book, load
from bocage.engines.carbon.model import ABSTAINS_BELOW, Guess
from bocage.engines.carbon.place import place
from bocage.engines.carbon.rates import rate
from bocage.engines.carbon.reasons import reason, shown
from bocage.engines.carbon.rules import Found
from bocage.engines.carbon.totals import total
from bocage.engines.carbon.types import Assessment, CarbonError, Footprint, Payment, Rate, Reason, kilograms

REFUND_WINDOW = timedelta(days=180)
OWN_TRANSFER_WINDOW = timedelta(days=3)
PAYMENTS_LIMIT = 1_000_000
UNKNOWN = "unknown"
MCC_PROBABILITY = Decimal("0.97")
MCC_REFINED_PROBABILITY = Decimal("0.98")
MCC_GENERAL_PROBABILITY = Decimal("0.90")
GENERAL_CLASSES = frozenset(("general_shops", "services"))
QUANTITY_STEP = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a payment is taken for, before any price: the book's item, how sure, and how that was found.

    `by` is "mcc", "rule", "model" or "" for unknown; `guess` is the likeliest class even where the model abstains.
    """

    item: str
    probability: Decimal
    by: str
    guess: Guess
    found: Found
    country: str
    currency: str
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class _Purchase:
    on: date
    left_minor: int
    rate: Rate
    kind: Kind


def assess(payments: Sequence[Payment], *, book: Book | None = None) -> Assessment:
    """Footprints of payments of one person's accounts, refunds and own transfers matched among them.

    Lines sum exactly to the total, and the same payments with the same book give the same bytes. Without a book the
    latest is used. Raises `CarbonError`.
    """
    if len(payments) > PAYMENTS_LIMIT:
        raise CarbonError("payments", f"{len(payments)} at once, at most {PAYMENTS_LIMIT} are taken.")
    used = book or load()
    kinds = [kind_of(p, book=used) for p in payments]
    matcher = _Matcher(used, payments, kinds)
    done: dict[int, Footprint] = {}
    order = sorted(range(len(payments)), key=lambda i: (payments[i].booked_on, payments[i].amount_minor > 0, i))
    for index in order:
        done[index] = matcher.footprint(index)
    footprints = tuple(done[i] for i in range(len(payments)))
    by_month: dict[str, list[Footprint]] = {}
    for one, footprint in zip(payments, footprints, strict=True):
        by_month.setdefault(f"{one.booked_on:%Y-%m}", []).append(footprint)
    months = tuple((month, total(by_month[month])) for month in sorted(by_month))
    return Assessment(used.version, footprints, total(footprints), months)


def explain(payment: Payment, *, book: Book | None = None) -> Footprint:
    """The footprint of one payment by itself."""
    return assess((payment,), book=book).footprints[0]


def kind_of(payment: Payment, *, book: Book | None = None, by_amount: bool = False) -> Kind:
    """What a payment is for: the merchant category code decides the class where there is one, else the text.

    `by_amount` lets the model of names look at the amount too, which makes it better at names that say nothing; a
    footprint never does.
    """
    used = book or load()
    where, currency, steps = place(payment, used)
    found = used.rules.read(payment.text, where, payment.amount_minor > 0)
    told: list[Reason] = [reason("text", said.READ, text=payment.text)]
    if found.intermediary:
        told.append(reason("text", said.THROUGH, intermediary=found.intermediary))
    decided = _by_mcc(payment, found, used) if payment.mcc is not None else None
    if payment.mcc is not None and decided is None:
        told.append(reason("category", said.MCC_UNKNOWN, mcc=payment.mcc))
    item, by, guess, how = decided or _by_text(payment, found, used, by_amount)
    probability = guess.probability if by else Decimal(0)
    return Kind(item, probability, by, guess, found, where, currency, (*told, *how, *steps))


type _Decided = tuple[str, str, Guess, list[Reason]]


def _by_mcc(payment: Payment, found: Found, book: Book) -> _Decided | None:
    """What the merchant category code says; a rule may name the finer item within its class."""
    known = book.mcc(payment.mcc) if payment.mcc is not None else None
    if known is None or payment.mcc is None:
        return None
    item = book.items[known.item]
    category = book.classes[item.category].title
    values = {"description": known.description, "category": category, "item": item.title}
    how = [reason("category", said.BY_MCC, mcc=payment.mcc, **values)]
    finer = book.items[found.pattern.item] if found.pattern else None
    if found.pattern and finer and finer.category == item.category and finer.id != item.id:
        how.append(reason("category", said.REFINED, pattern=found.pattern.written, item=finer.title))
        return finer.id, "mcc", Guess(item.category, MCC_REFINED_PROBABILITY), how
    general = item.category in GENERAL_CLASSES
    sure = MCC_GENERAL_PROBABILITY if general else MCC_PROBABILITY
    return item.id, "mcc", Guess(item.category, sure), how


def _by_text(payment: Payment, found: Found, book: Book, by_amount: bool) -> _Decided:
    """What the rules and, where the book has one, the model of names say of the text."""
    rule = book.items[found.pattern.item] if found.pattern else None
    how: list[Reason] = []
    if rule is not None and found.pattern is not None:
        category = book.classes[rule.category].title
        values = {"pattern": found.pattern.written, "item": rule.title, "probability": str(found.probability)}
        how.append(reason("category", said.BY_RULE, book=book.version, category=category, **values))
    # Of money that moves or comes in the names of shops say nothing, and the model knows no countries.
    settled = rule is not None and (rule.route == "none" or bool(found.pattern and found.pattern.countries))
    if book.model is None or payment.amount_minor > 0 or settled:
        if rule is None:
            return UNKNOWN, "", Guess(UNKNOWN, Decimal(0)), [reason("category", said.NO_RULE, book=book.version)]
        return rule.id, "rule", Guess(rule.category, found.probability), how
    amount = payment.amount_minor if by_amount else 0
    told = (rule.category, found.probability) if rule is not None else None
    guess = book.model.guess(book.rules.name(payment.text), amount, payment.exponent, told)
    usual = book.items[book.classes[guess.category].usual]
    named = {"category": book.classes[guess.category].title, "probability": str(guess.probability)}
    if guess.probability >= ABSTAINS_BELOW and told and guess.category != told[0] and found.pattern:
        how.append(reason("category", said.AGAINST_RULE, pattern=found.pattern.written))
    elif rule is not None:
        how.append(reason("category", said.WEIGHED, probability=str(guess.of_rule)))
        return rule.id, "rule", Guess(rule.category, guess.of_rule, guess.of_rule), how
    if guess.probability >= ABSTAINS_BELOW:
        how.append(reason("category", said.BY_MODEL, book=book.version, item=usual.title, **named))
        return usual.id, "model", guess, how
    how.append(reason("category", said.PERHAPS, book=book.version, **named))
    how.append(reason("category", said.NO_RULE, book=book.version))
    return UNKNOWN, "", guess, how


class _Matcher:
    """Turns payments into footprints in the order of their days, remembering what may be refunded."""

    def __init__(self, book: Book, payments: Sequence[Payment], kinds: Sequence[Kind]) -> None:
        self.book = book
        self.payments = payments
        self.kinds = kinds
        self.purchases: dict[tuple[str, int, tuple[str, ...]], list[_Purchase]] = {}
        self.entered: dict[tuple[str, int, int], list[int]] = {}
        if len({p.account for p in payments}) > 1:
            for index, one in enumerate(payments):
                if one.amount_minor > 0:
                    self.entered.setdefault((one.currency, one.exponent, one.amount_minor), []).append(index)

    def footprint(self, index: int) -> Footprint:
        one, kind = self.payments[index], self.kinds[index]
        if one.amount_minor == 0:
            return self._nothing(kind, reason("kind", said.ZERO))
        if one.amount_minor > 0:
            return self._money_in(one, kind)
        item = self.book.items[kind.item]
        if item.route == "none":
            return self._nothing(kind, reason("kind", said.NOTHING_BOUGHT, item=item.title))
        if kind.by in ("", "model") and (entered := self._own_transfer(index)) is not None:
            on = self.payments[entered].booked_on.isoformat()
            return self._nothing(replace(kind, item="own_transfer"), reason("kind", said.OWN_TRANSFER, date=on))
        per_minor = self._rate(one, kind)
        if per_minor is None:
            return self._not_assessed(kind)
        key = (one.currency, one.exponent, kind.found.merchant)
        self.purchases.setdefault(key, []).append(_Purchase(one.booked_on, -one.amount_minor, per_minor, kind))
        return self._counted(kind, per_minor, -one.amount_minor, kind.reasons)

    def _money_in(self, one: Payment, kind: Kind) -> Footprint:
        item = self.book.items[kind.item]
        if purchase := self._purchase_for(one, kind):
            purchase.left_minor -= one.amount_minor
            told = (*kind.reasons[:1], reason("kind", said.REFUND_MATCHED, date=purchase.on.isoformat()))
            return self._counted(purchase.kind, purchase.rate, -one.amount_minor, told)
        if item.route == "none":
            return self._nothing(kind, reason("kind", said.NOTHING_BOUGHT, item=item.title))
        if kind.found.refund and kind.item != UNKNOWN:
            per_minor = self._rate(one, kind)
            if per_minor is None:
                return self._not_assessed(kind)
            told = (*kind.reasons, reason("kind", said.REFUND_ALONE))
            return self._counted(kind, per_minor, -one.amount_minor, told)
        return self._nothing(replace(kind, item="income"), reason("kind", said.MONEY_IN))

    def _purchase_for(self, one: Payment, kind: Kind) -> _Purchase | None:
        if not kind.found.merchant:
            return None
        known = self.purchases.get((one.currency, one.exponent, kind.found.merchant), [])
        fitting = (p for p in reversed(known) if p.left_minor >= one.amount_minor)
        return next((p for p in fitting if one.booked_on - p.on <= REFUND_WINDOW), None)

    def _own_transfer(self, index: int) -> int | None:
        one = self.payments[index]
        for other in self.entered.get((one.currency, one.exponent, -one.amount_minor), ()):
            entry = self.payments[other]
            if entry.account != one.account and abs(entry.booked_on - one.booked_on) <= OWN_TRANSFER_WINDOW:
                self.entered[one.currency, one.exponent, -one.amount_minor].remove(other)
                return other
        return None

    def _rate(self, one: Payment, kind: Kind) -> Rate | None:
        year = one.booked_on.year
        return rate(self.book, kind.item, kind.country, kind.currency, one.exponent, year, kind.probability)

    def _counted(self, kind: Kind, per_minor: Rate, spent_minor: int, told: Sequence[Reason]) -> Footprint:
        """`spent_minor` is negative for a refund, whose interval is the purchase's turned round."""
        low, high = spent_minor * per_minor.low_per_minor, spent_minor * per_minor.high_per_minor
        low, high = min(low, high), max(low, high)
        chain = [*told, *per_minor.reasons]
        quantity = None
        if per_minor.quantity_per_minor is not None:
            exact = per_minor.quantity_per_minor * spent_minor
            quantity = (Decimal(exact.numerator) / exact.denominator).quantize(QUANTITY_STEP, ROUND_HALF_EVEN)
            chain.append(reason("quantity", said.QUANTITY, quantity=str(quantity), unit=per_minor.unit))
        if per_minor.without_altitude_per_minor is not None:
            bare = kilograms(spent_minor * per_minor.without_altitude_per_minor)
            chain.append(reason("factor", said.ALTITUDE, kg=shown(bare)))
        bounds = {"low": shown(kilograms(low)), "high": shown(kilograms(high))}
        chain.append(reason("interval", said.INTERVAL, **bounds))
        return Footprint(
            micrograms=spent_minor * per_minor.micrograms_per_minor,
            low_micrograms=low,
            high_micrograms=high,
            category=self.book.items[kind.item].category,
            item=kind.item,
            probability=kind.probability,
            factor=per_minor.factor,
            quantity=quantity,
            unit=per_minor.unit,
            counted=True,
            assessed=True,
            reasons=tuple(chain),
        )

    def _nothing(self, kind: Kind, why: Reason, *, assessed: bool = True) -> Footprint:
        return Footprint(
            micrograms=0,
            low_micrograms=0,
            high_micrograms=0,
            category=self.book.items[kind.item].category,
            item=kind.item,
            probability=kind.probability,
            factor="",
            quantity=None,
            unit="",
            counted=False,
            assessed=assessed,
            reasons=(*kind.reasons, why),
        )

    def _not_assessed(self, kind: Kind) -> Footprint:
        return self._nothing(kind, reason("kind", said.NO_RATE, currency=kind.currency), assessed=False)
