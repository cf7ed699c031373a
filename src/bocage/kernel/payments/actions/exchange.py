"""Currency and unit exchange: euros for francs, points for money, at a rate the operators set.

Two linked transfers through the house's liquidity accounts, one in each unit, so that no unit is ever made into
another: what is sold joins the one account, what is bought leaves the other. An account that has not enough refuses.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import queries as accounts
from bocage.kernel.ledger.types import Transfer, account_id_of
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.parts import check_amount, part_id
from bocage.kernel.payments.actions.wallets import OPERATING
from bocage.kernel.payments.allowances import spend
from bocage.kernel.payments.models import Quote, Rate
from bocage.kernel.payments.proportions import converted
from bocage.kernel.payments.rows import as_quote
from bocage.kernel.payments.types import Quote as QuoteView


def liquidity_of(unit: str) -> UUID:
    """The id of the house's liquidity account in this unit, opened at first need."""
    id = account_id_of(None, unit, "liquidity")
    ledger.open_account(id, None, unit, "liquidity")
    return id


def check_rate(sell_unit: str, buy_unit: str, numerator: int, denominator: int) -> None:
    """Raises `Refusal` for units that are not known or the same, and for a rate outside the limits."""
    accounts.unit(sell_unit)
    accounts.unit(buy_unit)
    if sell_unit == buy_unit:
        raise Refusal("same_unit", _("Choose two different units."), field="buy_unit")
    if not all(1 <= each <= limits.RATE_TERM_MAX for each in (numerator, denominator)):
        raise Refusal("rate_out_of_range", _("Choose a rate of two whole numbers above zero."), field="numerator")


def set_rate(sell_unit: str, buy_unit: str, numerator: int, denominator: int) -> None:
    """From now on, `denominator` minor units of `sell_unit` buy `numerator` of `buy_unit`. An operator's verb.

    Rates before it are kept; quotes given under them hold until they expire.
    """
    check_rate(sell_unit, buy_unit, numerator, denominator)
    if current_actor().service != OPERATING:
        raise forbidden(_("An operator decides this."))
    Rate.objects.create(sell_unit=sell_unit, buy_unit=buy_unit, numerator=numerator, denominator=denominator)


@transaction.atomic
def quote(
    id: UUID,
    source_id: UUID,
    target_id: UUID,
    sell_minor: int,
    *,
    valid_for: timedelta = limits.QUOTE_LIFE,
) -> QuoteView:
    """What `sell_minor` of the account `source_id` buys into `target_id`, at a rate that holds until the quote expires.

    Both accounts are the actor's. Asking twice with one id gives the first answer. Raises `Refusal` where there is no
    rate, or the amount buys nothing.
    """
    known = Quote.objects.filter(pk=id).first()
    if known is not None:
        return _same_quote(known, source_id, target_id, sell_minor)
    check_amount(sell_minor)
    owner_id, sell_unit, buy_unit = _own_accounts(source_id, target_id)
    _check_number(owner_id)
    rate = Rate.objects.filter(sell_unit=sell_unit, buy_unit=buy_unit).order_by("-id").first()
    if rate is None:
        raise Refusal("no_rate", _("These two cannot be exchanged here."), field="target_id")
    buy_minor, remainder = converted(sell_minor, rate.numerator, rate.denominator)
    check_amount(buy_minor)
    life = min(max(valid_for, timedelta(seconds=1)), limits.QUOTE_LIFE)
    row = Quote(
        id=id,
        owner_id=owner_id,
        source_id=source_id,
        target_id=target_id,
        sell_unit=sell_unit,
        sell_minor=sell_minor,
        buy_unit=buy_unit,
        buy_minor=buy_minor,
        numerator=rate.numerator,
        denominator=rate.denominator,
        remainder=remainder,
        expires_at=clock.now() + life,
    )
    # A second tap may be asking the same: it waits here, and then reads the first one's.
    Quote.objects.bulk_create([row], ignore_conflicts=True)
    return _same_quote(Quote.objects.filter(pk=id).first(), source_id, target_id, sell_minor)


@transaction.atomic
def exchange(quote_id: UUID) -> QuoteView:
    """Do what the quote says, once. Raises `Refusal` where it expired, or an account has not enough.

    Money that is sold leaves a wallet as by a payment, and counts in its owner's day.
    """
    row = Quote.objects.select_for_update().filter(pk=quote_id).first()
    if row is None:
        raise not_found(_("There is no such quote."))
    if row.exchanged_at is not None:
        return as_quote(row)
    if clock.now() >= row.expires_at:
        raise conflict("quote_expired", _("This offer has expired. Ask for a new one."))
    _own_accounts(row.source_id, row.target_id)
    if accounts.unit(row.sell_unit).is_money:
        spend(row.owner_id, row.sell_minor, row.sell_unit)
    _move(row)
    return as_quote(row)


@transaction.atomic
def exchange_at_once(id: UUID, source_id: UUID, target_id: UUID, sell_minor: int, at_least_minor: int) -> QuoteView:
    """Exchange at the rate in force at this moment, unless that gives less than `at_least_minor` (slippage)."""
    row = quote(id, source_id, target_id, sell_minor)
    if row.exchanged_at is None and row.buy_minor < at_least_minor:
        raise conflict("rate_moved", _("The rate has changed, and you would get less. Look at the new rate first."))
    return exchange(id)


def _same_quote(known: Quote | None, source_id: UUID, target_id: UUID, sell_minor: int) -> QuoteView:
    """The quote that has this id. Raises `Refusal` where it is another, or somebody else's (None)."""
    if known is None or (known.source_id, known.target_id, known.sell_minor) != (source_id, target_id, sell_minor):
        raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
    return as_quote(known)


def _check_number(owner_id: UUID) -> None:
    """A quote binds the house for a while, so nobody holds many of them."""
    now = clock.now()
    lately = Quote.objects.filter(owner_id=owner_id, created_at__gt=now - timedelta(days=1))
    waiting = lately.filter(exchanged_at=None, expires_at__gt=now)
    if waiting.count() >= limits.QUOTES_OPEN_MAX or lately.count() >= limits.QUOTES_A_DAY_MAX:
        message = _("You have asked for too many offers. Take one of them, or ask again later.")
        raise Refusal("too_many_quotes", message, status=429)


def _own_accounts(source_id: UUID, target_id: UUID) -> tuple[UUID, str, str]:
    source, target = accounts.account(source_id), accounts.account(target_id)
    owner_id = current_actor().subject_id
    if owner_id is None or source.owner_id != owner_id or target.owner_id != owner_id:
        raise forbidden(_("Exchange between two accounts of your own."))
    return owner_id, source.unit, target.unit


def _move(row: Quote) -> None:
    memo_ref = str(row.id)
    ledger.accepted(
        ledger.post_linked(
            [
                Transfer(
                    part_id(row.id, "sell"),
                    row.source_id,
                    liquidity_of(row.sell_unit),
                    row.sell_minor,
                    row.sell_unit,
                    "exchange.sell",
                    memo_ref,
                ),
                Transfer(
                    part_id(row.id, "buy"),
                    liquidity_of(row.buy_unit),
                    row.target_id,
                    row.buy_minor,
                    row.buy_unit,
                    "exchange.buy",
                    memo_ref,
                ),
            ]
        )
    )
    row.exchanged_at = clock.now()
    row.save(update_fields=["exchanged_at"])
