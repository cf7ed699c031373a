"""Money kept until receipt, and money complained about."""

from datetime import timedelta

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger.testing import give, shifted
from bocage.kernel.payments import actions, limits, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, operator_acts
from bocage.kernel.payments.types import DisputeState, IntentState

pytestmark = pytest.mark.django_db


def test_the_seller_gets_the_money_on_receipt() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        kept = actions.open_escrow(id, town.buyer, town.shop, 4_000, CURRENCY)
        assert actions.open_escrow(id, town.buyer, town.shop, 4_000, CURRENCY) == kept
        assert (town.balance(town.buyer), town.balance(town.shop)) == (6_000, 0)
        released = actions.release_escrow(id)
        assert actions.release_escrow(id) == released
    assert (released.captured_minor, released.fee_minor) == (4_000, 24)
    assert (town.balance(town.buyer), town.balance(town.shop)) == (6_000, 3_976)


def test_part_to_the_seller_the_rest_back() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        actions.open_escrow(id, town.buyer, town.shop, 4_000, CURRENCY)
        with pytest.raises(Refusal, match="amount_exceeds_hold"):
            actions.release_escrow(id, 4_001)
        actions.release_escrow(id, 1_000)
    assert (town.balance(town.buyer), town.balance(town.shop)) == (9_000, 994)


def test_the_seller_gives_it_back_and_nobody_else() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        actions.open_escrow(id, town.buyer, town.shop, 4_000, CURRENCY)
        with pytest.raises(Refusal, match="forbidden"):
            actions.return_escrow(id)
    with town.shop_acts():
        with pytest.raises(Refusal, match="forbidden"):
            actions.release_escrow(id)
        assert actions.return_escrow(id).state == actions.return_escrow(id).state == IntentState.CANCELLED
    with town.buyer_acts(), pytest.raises(Refusal, match="payment_cancelled"):
        actions.release_escrow(id)
    assert (town.balance(town.buyer), town.balance(town.shop)) == (10_000, 0)


def test_a_service_ends_the_escrow_it_opened() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        actions.open_escrow(id, town.buyer, town.shop, 4_000, CURRENCY, service="parcel")
    with acting_as(Actor.for_service("parcel")):
        assert actions.release_escrow(id).state == IntentState.CAPTURED


def test_an_escrow_is_neither_captured_nor_cancelled_and_a_payment_not_released() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        actions.open_escrow(id, town.buyer, town.shop, 4_000, CURRENCY)
        with pytest.raises(Refusal, match="payment_not_authorised"):
            actions.capture(id)
        with pytest.raises(Refusal, match="not_escrow"):
            actions.release_escrow(town.paid(100).id)


def test_disputed_money_is_set_aside_and_goes_back_when_decided_for_the_payer() -> None:
    town = scene.make(10_000)
    paid = town.paid(1_000)
    id = uuid7()
    with town.buyer_acts():
        opened = actions.open_dispute(id, paid.id, 900, "not_delivered")
        assert actions.open_dispute(id, paid.id, 900, "not_delivered") == opened
        assert opened.secured_minor == 900
        with pytest.raises(Refusal, match="dispute_open"):
            actions.open_dispute(uuid7(), paid.id, 50, "not_delivered")
    assert town.balance(town.shop) == 94
    with town.shop_acts():
        with pytest.raises(Refusal, match="refund_too_large"):
            actions.refund(uuid7(), paid.id, 101)
        with pytest.raises(Refusal, match="forbidden"):
            actions.end_dispute(id, DisputeState.FOR_PAYEE)
    with operator_acts():
        assert [each.id for each in queries.open_disputes()] == [id]
        ended = actions.end_dispute(id, DisputeState.FOR_PAYER)
        assert actions.end_dispute(id, DisputeState.FOR_PAYER) == ended
        with pytest.raises(Refusal, match="dispute_ended"):
            actions.end_dispute(id, DisputeState.FOR_PAYEE)
        assert queries.intent(paid.id).refunded_minor == 900
    assert (town.balance(town.buyer), town.balance(town.shop)) == (9_900, 94)


@pytest.mark.parametrize("state", [DisputeState.FOR_PAYEE, DisputeState.WITHDRAWN])
def test_disputed_money_is_the_payees_again_when_it_ends_otherwise(state: DisputeState) -> None:
    town = scene.make(10_000)
    paid = town.paid(1_000)
    id = uuid7()
    with town.buyer_acts():
        actions.open_dispute(id, paid.id, 900, "broken")
    with operator_acts():
        actions.end_dispute(id, state)
    assert (town.balance(town.buyer), town.balance(town.shop)) == (9_000, 994)


def test_a_shop_without_the_money_is_disputed_all_the_same_and_pays_when_it_can() -> None:
    town = scene.make(10_000)
    paid = town.paid(1_000)
    id = uuid7()
    with town.buyer_acts():
        assert actions.open_dispute(id, paid.id, 1_000, "broken").secured_minor == 0
    with town.shop_acts():
        with pytest.raises(Refusal, match="exceeds_balance"):
            actions.end_dispute(id, DisputeState.FOR_PAYER)
        give(queries.wallet(town.shop, CURRENCY), 6)
        actions.end_dispute(id, DisputeState.FOR_PAYER)
    assert (town.balance(town.buyer), town.balance(town.shop)) == (10_000, 0)


def test_a_dispute_decided_after_its_money_was_released_takes_it_from_the_wallet() -> None:
    town = scene.make(10_000)
    paid = town.paid(1_000)
    id = uuid7()
    with town.buyer_acts():
        actions.open_dispute(id, paid.id, 900, "broken")
    with shifted(limits.DISPUTE_LIFE + timedelta(minutes=1)):
        assert town.balance(town.shop) == 994
        with operator_acts():
            actions.end_dispute(id, DisputeState.FOR_PAYER)
    assert (town.balance(town.buyer), town.balance(town.shop)) == (9_900, 94)


def test_too_late_or_too_much_is_not_disputed() -> None:
    town = scene.make(10_000)
    paid = town.paid(1_000)
    with town.buyer_acts():
        with pytest.raises(Refusal, match="dispute_too_large"):
            actions.open_dispute(uuid7(), paid.id, 1_001, "broken")
        with pytest.raises(Refusal, match="payment_not_captured"):
            actions.open_dispute(uuid7(), town.intent(), 1, "broken")
        with shifted(limits.DISPUTE_WINDOW + timedelta(minutes=1)), pytest.raises(Refusal, match="dispute_too_late"):
            actions.open_dispute(uuid7(), paid.id, 1_000, "broken")


def test_money_given_to_a_person_is_not_disputed() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        actions.wallet_of(town.owner, CURRENCY)
        actions.create_intent(id, town.buyer, town.owner, 500, CURRENCY)
        actions.authorise(id)
        actions.capture(id)
        with pytest.raises(Refusal, match="dispute_between_people"):
            actions.open_dispute(uuid7(), id, 500, "broken")
