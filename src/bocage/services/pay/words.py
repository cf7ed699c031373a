"""How Pay says things: kinds, states, categories. English here; French in the catalogue."""

from decimal import Decimal
from functools import cache

import iso18245
from babel.numbers import format_decimal
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bocage.kernel.payments.types import DisputeState, Period
from bocage.services.pay.types import (
    ComplaintReason,
    EntryState,
    KeptReason,
    KeptState,
    Line,
    LineFinding,
    LineKind,
    PayOutState,
    RefundRequestState,
    RequestState,
    TopUpState,
)
from bocage.shell.templatetags.shell import locale, money_text

type Said = str | Promise

LINE_KINDS: dict[LineKind, Said] = {
    LineKind.PAID: _("Payment"),
    LineKind.TAKEN: _("Payment received"),
    LineKind.REFUND: _("Refund"),
    LineKind.SENT: _("Sent"),
    LineKind.RECEIVED: _("Received"),
    LineKind.TOP_UP: _("Top-up"),
    LineKind.PAY_OUT: _("Pay-out to a bank"),
    LineKind.EXCHANGE: _("Exchanged"),
}
LINE_ICONS = {
    LineKind.PAID: "store",
    LineKind.TAKEN: "arrow-down-left",
    LineKind.REFUND: "undo-2",
    LineKind.SENT: "send",
    LineKind.RECEIVED: "arrow-down-left",
    LineKind.TOP_UP: "landmark",
    LineKind.PAY_OUT: "landmark",
    LineKind.EXCHANGE: "refresh-cw",
}
REQUEST_STATES: dict[RequestState, Said] = {
    RequestState.OPEN: _("Waiting"),
    RequestState.PAID: _("Paid"),
    RequestState.DECLINED: _("Declined"),
    RequestState.CANCELLED: _("Cancelled"),
    RequestState.EXPIRED: _("Expired"),
}
REFUND_REQUEST_STATES: dict[RefundRequestState, Said] = {
    RefundRequestState.OPEN: _("Asked for"),
    RefundRequestState.REFUNDED: _("Refunded"),
    RefundRequestState.DECLINED: _("Declined"),
}
COMPLAINT_REASONS: dict[ComplaintReason, Said] = {
    ComplaintReason.NOT_RECEIVED: _("I did not get what I paid for"),
    ComplaintReason.NOT_AS_DESCRIBED: _("It is not what was promised"),
    ComplaintReason.WRONG_AMOUNT: _("The amount is wrong"),
    ComplaintReason.PAID_TWICE: _("I paid twice"),
    ComplaintReason.NOT_MINE: _("I did not make this payment"),
}
COMPLAINT_STATES: dict[DisputeState, Said] = {
    DisputeState.OPEN: _("You complained; the shop and the town have been told"),
    DisputeState.WITHDRAWN: _("You took your complaint back"),
    DisputeState.FOR_PAYER: _("Your complaint was right; the money came back"),
    DisputeState.FOR_PAYEE: _("Your complaint was not upheld"),
}
KEPT_REASONS: dict[KeptReason, Said] = {
    KeptReason.DELIVERED: _("It was delivered or done as agreed"),
    KeptReason.UNDER_WAY: _("It is still under way"),
    KeptReason.CALLED_OFF: _("It was called off"),
    KeptReason.NO_ANSWER: _("The other side does not answer any more"),
    KeptReason.FROZEN: _("One of the two accounts is frozen or closed"),
}
# What either side may give as its reason, to ask for kept money or to object.
PAYER_SAYS: tuple[ComplaintReason | KeptReason, ...] = (
    ComplaintReason.NOT_RECEIVED,
    ComplaintReason.NOT_AS_DESCRIBED,
    ComplaintReason.WRONG_AMOUNT,
    KeptReason.CALLED_OFF,
    KeptReason.NO_ANSWER,
)
PAYEE_SAYS: tuple[ComplaintReason | KeptReason, ...] = (
    KeptReason.DELIVERED,
    KeptReason.UNDER_WAY,
    KeptReason.NO_ANSWER,
)
KEPT_STATES: dict[KeptState, tuple[Said, str, str]] = {
    KeptState.KEPT: (_("set aside"), "", "clock"),
    KeptState.ASKED: (_("asked for"), "watch", "hand-coins"),
    KeptState.CONTESTED: (_("contested"), "alert", "message-square-warning"),
    KeptState.PAID_OUT: (_("paid out"), "ok", "check"),
    KeptState.CAME_BACK: (_("came back"), "", "undo-2"),
}
# How it ended, as who pays (True) and who is paid (False) read it.
KEPT_ENDS: dict[tuple[KeptState, bool], Said] = {
    (KeptState.PAID_OUT, True): _("It was paid out to them"),
    (KeptState.PAID_OUT, False): _("It was paid out to you"),
    (KeptState.CAME_BACK, True): _("It came back to you"),
    (KeptState.CAME_BACK, False): _("It went back to them"),
}
# What a part of a wallet is reserved for, and its icon.
RESERVED: dict[str, tuple[Said, str]] = {
    "payment": (_("A payment that was not taken yet"), "store"),
    "complaint": (_("A complaint about a payment you took"), "message-square-warning"),
    "pay_out": (_("On its way to a bank"), "landmark"),
    "other": (_("Reserved by a service"), "clock"),
}
# How it ended, as the shop and the town read it.
COMPLAINT_ENDS: dict[DisputeState, Said] = {
    DisputeState.WITHDRAWN: _("Taken back"),
    DisputeState.FOR_PAYER: _("Money given back"),
    DisputeState.FOR_PAYEE: _("Not upheld"),
}
TOP_UP_STATES: dict[TopUpState, Said] = {
    TopUpState.WAITING: _("Waiting for the bank"),
    TopUpState.RECEIVED: _("Received"),
    TopUpState.CANCELLED: _("Cancelled"),
    TopUpState.EXPIRED: _("Expired"),
}
PAY_OUT_STATES: dict[PayOutState, Said] = {
    PayOutState.HELD: _("Set aside"),
    PayOutState.SENT: _("Sent to the bank"),
    PayOutState.PAID: _("Paid"),
    PayOutState.REJECTED: _("Rejected by the bank"),
    PayOutState.CANCELLED: _("Cancelled"),
}
ENTRY_STATES: dict[EntryState, Said] = {
    EntryState.UNMATCHED: _("Without a place"),
    EntryState.MATCHED: _("Matched"),
    EntryState.ASSIGNED: _("Assigned"),
}
PERIODS: dict[Period, Said] = {
    Period.DAY: _("each day"),
    Period.WEEK: _("each week"),
    Period.MONTH: _("each month"),
    Period.YEAR: _("each year"),
}
# What a line of the bank's is to the ledger: its name, the tone and icon of its badge.
LINE_FINDINGS: dict[LineFinding, tuple[Said, str, str]] = {
    LineFinding.REFERENCE: (_("by reference"), "ok", "check"),
    LineFinding.AMOUNT_AND_DAY: (_("by amount and day"), "ok", "check"),
    LineFinding.OPERATOR: (_("by hand"), "ok", "check"),
    LineFinding.EXPLAINED: (_("set aside"), "", "info"),
    LineFinding.UNMATCHED: (_("not in the ledger"), "alert", "circle-alert"),
    LineFinding.AMBIGUOUS: (_("several would do"), "watch", "split"),
    LineFinding.DUPLICATE: (_("double"), "alert", "copy"),
    LineFinding.DIFFERS: (_("another amount"), "alert", "circle-alert"),
    LineFinding.NOT_POSTED: (_("not posted yet"), "watch", "clock"),
}
LINE_FINDING_SAYS: dict[LineFinding, Said] = {
    LineFinding.REFERENCE: _("It gives the reference of this movement, and its amount."),
    LineFinding.AMOUNT_AND_DAY: _(
        "It gives no reference that is known; no other movement has its amount near its day."
    ),
    LineFinding.OPERATOR: _("Somebody decided so."),
    LineFinding.EXPLAINED: _("Somebody said why the ledger has nothing like it."),
    LineFinding.UNMATCHED: _("Nothing in the ledger is like it."),
    LineFinding.AMBIGUOUS: _("More than one pair would fit, so nothing was guessed."),
    LineFinding.DUPLICATE: _("It names a movement that another line has been matched with. Was it paid twice?"),
    LineFinding.DIFFERS: _("It names a movement of another amount."),
    LineFinding.NOT_POSTED: _("The bank has booked what the ledger still waits for. Has the statement been taken in?"),
}

# The icon of a shop's ISO 18245 category, by the first code of each range of near ones.
_CATEGORY_ICONS: tuple[tuple[range, str], ...] = (
    (range(4111, 4113), "train-front"),
    (range(4121, 4122), "car-taxi-front"),
    (range(4131, 4132), "bus"),
    (range(3000, 3300), "plane"),
    (range(4511, 4512), "plane"),
    (range(4814, 4817), "smartphone"),
    (range(4900, 4901), "zap"),
    (range(5411, 5423), "shopping-basket"),
    (range(5441, 5463), "croissant"),
    (range(5541, 5543), "fuel"),
    (range(5611, 5700), "shirt"),
    (range(5811, 5815), "coffee"),
    (range(5912, 5913), "pill"),
    (range(5931, 5932), "shirt"),
    (range(5940, 5941), "bike"),
    (range(5942, 5944), "book-open"),
    (range(7011, 7012), "bed-double"),
    (range(7832, 7833), "clapperboard"),
    (range(8011, 8100), "stethoscope"),
)


@cache
def category_icon(mcc: str) -> str:
    """A Lucide icon for a shop's category; a shop front for any other."""
    number = int(mcc) if mcc.isdigit() else -1
    return next((icon for codes, icon in _CATEGORY_ICONS if number in codes), "store")


# Plain names for the categories of an ordinary town; the standard's own are for banks.
CATEGORY_NAMES: dict[str, Said] = {
    "4111": _("Local transport"),
    "4112": _("Trains"),
    "4121": _("Taxi"),
    "4131": _("Buses"),
    "4900": _("Electricity, gas, water"),
    "5211": _("Building materials"),
    "5251": _("Hardware"),
    "5311": _("Department store"),
    "5411": _("Groceries"),
    "5441": _("Sweets"),
    "5462": _("Bakery"),
    "5499": _("Food shop"),
    "5541": _("Filling station"),
    "5542": _("Filling station"),
    "5651": _("Clothes"),
    "5661": _("Shoes"),
    "5712": _("Furniture"),
    "5732": _("Electronics"),
    "5811": _("Caterer"),
    "5812": _("Restaurant"),
    "5813": _("Bar"),
    "5814": _("Café and snacks"),
    "5912": _("Pharmacy"),
    "5931": _("Second-hand shop"),
    "5940": _("Bicycles"),
    "5941": _("Sports shop"),
    "5942": _("Books"),
    "5945": _("Toys and games"),
    "5992": _("Flowers"),
    "7011": _("Hotel"),
    "7210": _("Laundry"),
    "7230": _("Hairdresser"),
    "7832": _("Cinema"),
    "7997": _("Sports club"),
    "8011": _("Doctor"),
    "8021": _("Dentist"),
    "8220": _("University"),
    "8398": _("Charity"),
    "9399": _("Public office"),
}


def category_name(mcc: str) -> str:
    """The shop's category in the reader's language; in ISO 18245's own words (English) where the town has no name
    for it; "" for a code that the standard does not have."""
    return str(CATEGORY_NAMES[mcc]) if mcc in CATEGORY_NAMES else _standard_name(mcc)


@cache
def _standard_name(mcc: str) -> str:
    try:
        found = iso18245.get_mcc(mcc)
    except (iso18245.InvalidMCC, iso18245.MCCNotFound):
        return ""
    return str(found.iso_description or found.usda_description or found.stripe_description)


def complaint_reason(reason: str) -> str:
    """What is wrong, in words; another service's own reason as it is."""
    if reason in set(KeptReason):
        return str(KEPT_REASONS[KeptReason(reason)])
    return str(COMPLAINT_REASONS[ComplaintReason(reason)]) if reason in set(ComplaintReason) else reason


def amount_text(amount_minor: int, unit: str, exponent: int, *, is_money: bool) -> str:
    """An amount of any unit of the ledger's: money as money, anything else as a number and its name."""
    if is_money:
        return money_text(amount_minor, unit)
    amount = Decimal(amount_minor).scaleb(-exponent)
    figure = format_decimal(amount, locale=locale())
    name = ngettext("point", "points", int(amount)) if unit == "points" else unit
    return f"{figure}\N{NO-BREAK SPACE}{name}"


def rate_text(sold: str, bought: str) -> str:
    """A rate of exchange as people read it."""
    return gettext("%(sold)s gives %(bought)s") % {"sold": sold, "bought": bought}


def title_of(line: Line) -> str:
    """With whom a line was, or what it was where there is nobody to name."""
    if line.kind is LineKind.TAKEN:
        return gettext("A customer")
    return line.counterpart_name or str(LINE_KINDS[line.kind])


def line_icon(kind: LineKind, mcc: str) -> str:
    """The icon of a wallet line: the shop's category for a payment, else the kind's own."""
    return category_icon(mcc) if kind is LineKind.PAID and mcc else LINE_ICONS[kind]
