"""Currency and points exchanged through liquidity accounts."""

from datetime import timedelta
from uuid import UUID

import pytest

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import queries as accounts
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.actions.exchange import liquidity_of
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, Scene, operator_acts

pytestmark = pytest.mark.django_db


def _rated(points_liquid: int = 100_000) -> tuple[Scene, UUID, UUID]:
    """A buyer with euros and an account of points, and 3 points for 7 cents."""
    town = scene.make(10_000)
    with operator_acts():
        actions.set_rate(CURRENCY, "points", 3, 7)
    with town.buyer_acts():
        points = account_id_of(town.buyer, "points", "points")
        ledger.open_account(points, town.buyer, "points", "points")
        if points_liquid:
            give(liquidity_of("points"), points_liquid, "points")
    return town, queries.wallet(town.buyer, CURRENCY), points


def test_a_quote_is_done_once_and_rounds_down_for_all_to_see() -> None:
    town, wallet, points = _rated()
    with town.buyer_acts():
        offered = actions.quote(uuid7(), wallet, points, 1_000)
        assert (offered.buy_minor, offered.remainder) == (428, 4)
        done = actions.exchange(offered.id)
        assert actions.exchange(offered.id) == done and done.exchanged_at is not None
        assert accounts.balance(points).posted_minor == 428
        assert accounts.balance(wallet).posted_minor == 9_000
    for line in accounts.trial_balance():
        if line.kind == "liquidity":
            gained = line.credits_posted_minor - line.debits_posted_minor
            assert gained == (1_000 if line.unit == CURRENCY else 100_000 - 428)


def test_an_old_quote_and_a_worse_rate_are_refused() -> None:
    town, wallet, points = _rated()
    with town.buyer_acts():
        offered = actions.quote(uuid7(), wallet, points, 1_000)
        with clock.shifted(timedelta(minutes=16)), pytest.raises(Refusal, match="quote_expired"):
            actions.exchange(offered.id)
    with operator_acts():
        actions.set_rate(CURRENCY, "points", 2, 7)
    with town.buyer_acts():
        with pytest.raises(Refusal, match="rate_moved"):
            actions.exchange_at_once(uuid7(), wallet, points, 1_000, at_least_minor=offered.buy_minor)
        assert actions.exchange(offered.id).buy_minor == 428  # the quote holds what it promised
        assert actions.exchange_at_once(uuid7(), wallet, points, 1_000, 285).buy_minor == 285


def test_no_liquidity_no_exchange() -> None:
    town, wallet, points = _rated(points_liquid=100)
    with town.buyer_acts():
        offered = actions.quote(uuid7(), wallet, points, 1_000)
        with pytest.raises(Refusal, match="exceeds_balance"):
            actions.exchange(offered.id)
        assert accounts.balance(wallet).posted_minor == 10_000


def test_whose_accounts_which_units_and_who_sets_rates() -> None:
    town, wallet, points = _rated()
    with town.buyer_acts():
        with pytest.raises(Refusal, match="no_rate"):
            actions.quote(uuid7(), points, wallet, 100)
        with pytest.raises(Refusal, match="forbidden"):
            actions.set_rate("points", CURRENCY, 1, 1)
        with pytest.raises(Refusal, match="amount_out_of_range"):
            actions.quote(uuid7(), wallet, points, 2)  # buys less than one point
    with town.shop_acts(), pytest.raises(Refusal, match="account_not_found"):
        actions.quote(uuid7(), wallet, points, 100)
    with operator_acts(), pytest.raises(Refusal, match="rate_out_of_range"):
        actions.set_rate(CURRENCY, "points", 0, 1)
