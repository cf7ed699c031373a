"""Limits by how well the payer is known: a payment, a day of the town; and the fee's rounding."""

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger.testing import shifted
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.fees import fee_of
from bocage.kernel.payments.limits import TIER_LIMITS
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY
from bocage.kernel.payments.types import FeeTerms


@pytest.mark.django_db
@pytest.mark.parametrize("tier", list(TIER_LIMITS))
def test_one_payment_has_its_limit(tier: str) -> None:
    town = scene.make(10_000_000, tier)
    most_minor = TIER_LIMITS[tier].a_payment_units * 100  # type: ignore[index]
    with town.buyer_acts():
        assert queries.allowance(town.buyer, CURRENCY).a_payment_minor == most_minor
        too_much = actions.create_intent(uuid7(), town.buyer, town.shop, most_minor + 1, CURRENCY)
        with pytest.raises(Refusal, match="exceeds_payment_limit"):
            actions.authorise(too_much.id)
    town.paid(most_minor)


@pytest.mark.django_db
def test_a_day_has_its_limit_whatever_the_kind_and_the_next_day_begins_anew() -> None:
    town = scene.make(10_000_000, "contact")
    town.paid(100_000)
    with town.buyer_acts():
        actions.open_escrow(uuid7(), town.buyer, town.shop, 100_000, CURRENCY)
        actions.transfer_between_people(uuid7(), town.buyer, town.owner, 50_000, CURRENCY)
        assert queries.allowance(town.buyer, CURRENCY).left_today_minor == 0
        with pytest.raises(Refusal, match="exceeds_day_limit"):
            actions.transfer_between_people(uuid7(), town.buyer, town.owner, 1, CURRENCY)
    with shifted(timedelta(days=1)), town.buyer_acts():
        actions.transfer_between_people(uuid7(), town.buyer, town.owner, 1, CURRENCY)


@pytest.mark.django_db
def test_what_is_given_up_does_not_count() -> None:
    town = scene.make(10_000_000, "none")
    id = town.intent(15_000)
    with town.buyer_acts():
        actions.authorise(id)
        assert queries.allowance(town.buyer, CURRENCY).left_today_minor == 0
    with town.shop_acts():
        actions.cancel(id)
    with town.buyer_acts():
        assert queries.allowance(town.buyer, CURRENCY).left_today_minor == 15_000


@given(st.integers(1, 10**15), st.integers(0, 1_000), st.integers(0, 1_000))
def test_a_fee_is_rounded_half_to_even_and_never_above_the_amount(amount: int, basis_points: int, fixed: int) -> None:
    exact = (Decimal(amount) * basis_points / 10_000).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert fee_of(amount, FeeTerms(basis_points, fixed)) == min(int(exact) + fixed, amount)


@pytest.mark.parametrize(("amount", "fee"), [(50, 0), (150, 2), (250, 2), (49, 0), (51, 1)])
def test_half_a_cent_goes_to_the_even_one(amount: int, fee: int) -> None:
    assert fee_of(amount, FeeTerms(100, 0)) == fee
