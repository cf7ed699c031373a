"""Intents: set aside, taken in full or part, given up, lapsed, refunded; each once, each only by who may."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bocage.kernel import work
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import rights
from bocage.kernel.identity.actions.stops import freeze
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as ledger_actions
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.testing import give, shifted
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.payments import actions, limits, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, operator_acts
from bocage.kernel.payments.types import FeeTerms, IntentState

pytestmark = pytest.mark.django_db


def test_the_payers_amount_is_the_payees_part_and_the_fee() -> None:
    town = scene.make(100_000)
    paid = town.paid(12_345)
    assert (paid.state, paid.captured_minor, paid.fee_minor) == (IntentState.CAPTURED, 12_345, 74)
    assert town.balance(town.buyer) == 100_000 - 12_345
    assert town.balance(town.shop) == 12_345 - 74
    fees = next(line for line in ledger.trial_balance() if line.kind == "fees")
    assert fees.credits_posted_minor - fees.debits_posted_minor == 74


def test_paying_queues_no_job() -> None:
    town = scene.make()
    before = sum(work.counts().values())
    town.paid()
    assert sum(work.counts().values()) == before


def test_each_step_taken_twice_is_taken_once() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        first = actions.create_intent(id, town.buyer, town.shop, 4_000, CURRENCY)
        assert actions.create_intent(id, town.buyer, town.shop, 4_000, CURRENCY) == first
        held = actions.authorise(id)
        assert actions.authorise(id) == held
        assert town.balance(town.buyer) == 6_000
        taken = actions.capture(id)
        assert actions.capture(id) == taken == actions.authorise(id)
    assert town.balance(town.buyer) == 6_000


@pytest.mark.parametrize("other", [{"amount_minor": 4_001}, {"memo_ref": "else"}, {"service": "shop"}])
def test_a_used_id_with_another_body_is_a_conflict(other: dict[str, object]) -> None:
    town = scene.make()
    body: dict[str, object] = {"amount_minor": 4_000, "currency": CURRENCY}
    id = uuid7()
    with town.buyer_acts():
        actions.create_intent(id, town.buyer, town.shop, **body)  # type: ignore[arg-type]
        with pytest.raises(Refusal, match="id_conflict"):
            actions.create_intent(id, town.buyer, town.shop, **{**body, **other})  # type: ignore[arg-type]


def test_an_id_that_strangers_use_is_a_conflict_and_shows_nothing() -> None:
    town = scene.make()
    id = town.intent()
    other = uuid4()
    with acting_as(Actor.for_person(other)):
        with pytest.raises(Refusal, match="id_conflict"):
            actions.create_intent(id, other, town.shop, 1_000, CURRENCY)
        with pytest.raises(Refusal, match="not_found"):
            queries.intent(id)
        assert queries.intents(town.buyer).intents == ()


def test_capture_in_part_releases_the_rest() -> None:
    town = scene.make(10_000)
    id = town.intent(4_000)
    with town.buyer_acts():
        actions.authorise(id)
    with town.shop_acts():
        assert actions.capture(id, 1_000).captured_minor == 1_000
        with pytest.raises(Refusal, match="payment_captured"):
            actions.capture(id, 1_001)
    assert town.balance(town.buyer) == 9_000
    with town.buyer_acts():
        assert queries.allowance(town.buyer, CURRENCY).left_today_minor == 3_000_000 - 1_000


def test_more_than_was_agreed_is_not_taken() -> None:
    town = scene.make(10_000)
    id = town.intent(4_000)
    with town.buyer_acts():
        actions.authorise(id)
    with town.shop_acts(), pytest.raises(Refusal, match="amount_exceeds_hold"):
        actions.capture(id, 4_001)
    assert town.balance(town.shop) == 0


def test_cancelled_money_is_free_again_and_stays_uncaptured() -> None:
    town = scene.make(10_000)
    id = town.intent(4_000)
    with town.buyer_acts():
        actions.authorise(id)
        with pytest.raises(Refusal, match="forbidden"):
            actions.cancel(id)
    with town.shop_acts():
        assert actions.cancel(id).state == actions.cancel(id).state == IntentState.CANCELLED
        with pytest.raises(Refusal, match="payment_cancelled"):
            actions.capture(id)
    assert town.balance(town.buyer) == 10_000


def test_a_captured_payment_is_not_cancelled() -> None:
    town = scene.make()
    paid = town.paid()
    with town.shop_acts(), pytest.raises(Refusal, match="payment_captured"):
        actions.cancel(paid.id)


def test_what_waits_too_long_lapses_and_can_never_be_taken() -> None:
    town = scene.make(10_000)
    id = town.intent(4_000)
    with town.buyer_acts():
        actions.authorise(id)
    with shifted(limits.AUTHORISATION_LIFE + timedelta(minutes=1)):
        with town.buyer_acts():
            assert queries.intent(id).state == IntentState.EXPIRED
        assert town.balance(town.buyer) == 10_000
        with town.shop_acts(), pytest.raises(Refusal, match="hold_expired"):
            actions.capture(id)
        assert actions.expire_overdue() == 1
        assert actions.expire_overdue() == 0
        with town.shop_acts(), pytest.raises(Refusal, match="payment_expired"):
            actions.capture(id)


def test_too_little_money_is_refused_and_can_be_tried_again_after_topping_up() -> None:
    town = scene.make(500)
    id = town.intent(1_000)
    with town.buyer_acts(), pytest.raises(Refusal, match="exceeds_balance"):
        actions.authorise(id)
    with town.buyer_acts():
        give(queries.wallet(town.buyer, CURRENCY), 500)
        actions.authorise(id)
        assert actions.capture(id).state == IntentState.CAPTURED


def test_only_the_payer_agrees() -> None:
    town = scene.make()
    id = town.intent()
    with town.shop_acts(), pytest.raises(Refusal, match="forbidden"):
        actions.authorise(id)


def test_nobody_pays_who_has_left_or_never_was() -> None:
    town = scene.make(10_000)
    with acting_as(Actor.nobody()):
        gone = identity.register(display_name="Lou", email="lou@example.org", tier="document").id
    with acting_as(Actor.for_person(gone)):
        rights.erase(gone)
    with town.buyer_acts():
        for nobody in (gone, uuid4()):
            with pytest.raises(Refusal, match="payee_gone"):
                actions.transfer_between_people(uuid7(), town.buyer, nobody, 500, CURRENCY)
            id = actions.create_intent(uuid7(), town.buyer, nobody, 500, CURRENCY).id
            with pytest.raises(Refusal, match="payee_gone"):
                actions.authorise(id)
    assert town.balance(town.buyer) == 10_000


def test_no_service_agrees_for_the_payer_not_even_to_what_it_made_itself() -> None:
    town = scene.make(10_000)
    with acting_as(Actor.for_service("shop")):
        id = actions.create_intent(uuid7(), town.buyer, town.shop, 500, CURRENCY, service="shop").id
        with pytest.raises(Refusal, match="forbidden"):
            actions.authorise(id)
        with pytest.raises(Refusal, match="forbidden"):
            actions.open_escrow(uuid7(), town.buyer, town.shop, 500, CURRENCY, service="shop")
        with pytest.raises(Refusal, match="forbidden"):
            actions.transfer_between_people(uuid7(), town.buyer, town.owner, 500, CURRENCY, service="shop")
    assert town.balance(town.buyer) == 10_000


def test_the_service_that_made_a_payment_may_act_on_it_and_no_other() -> None:
    town = scene.make()
    id = town.intent(service="shop")
    with town.buyer_acts():
        actions.authorise(id)
    with acting_as(Actor.for_service("parcel")), pytest.raises(Refusal, match="not_found"):
        actions.capture(id)
    with acting_as(Actor.for_service("shop")):
        assert actions.capture(id).state == IntentState.CAPTURED


def test_refunds_together_never_pass_what_was_taken() -> None:
    town = scene.make(10_000)
    paid = town.paid(1_000)
    with town.shop_acts():
        give(queries.wallet(town.shop, CURRENCY), 1_000)
        first = uuid7()
        made = actions.refund(first, paid.id, 600)
        assert actions.refund(first, paid.id, 600) == made
        with pytest.raises(Refusal, match="id_conflict"):
            actions.refund(first, paid.id, 500)
        with pytest.raises(Refusal, match="refund_too_large"):
            actions.refund(uuid7(), paid.id, 401)
        assert actions.refund(uuid7(), paid.id).amount_minor == 400
        with pytest.raises(Refusal, match="refund_too_large"):
            actions.refund(uuid7(), paid.id)
        assert queries.intent(paid.id).refundable_minor == 0
        assert sum(each.amount_minor for each in queries.refunds(paid.id)) == 1_000
    assert town.balance(town.buyer) == 10_000


def test_a_refund_that_the_shop_cannot_cover_changes_nothing() -> None:
    town = scene.make()
    paid = town.paid(1_000)
    with town.shop_acts():
        with pytest.raises(Refusal, match="exceeds_balance"):
            actions.refund(uuid7(), paid.id)
        assert queries.intent(paid.id).refunded_minor == 0
        assert queries.refunds(paid.id) == ()


def test_only_the_payee_refunds() -> None:
    town = scene.make()
    paid = town.paid()
    with town.buyer_acts(), pytest.raises(Refusal, match="forbidden"):
        actions.refund(uuid7(), paid.id)


def test_people_send_one_another_money_without_a_fee() -> None:
    town = scene.make(5_000)
    id = uuid7()
    with town.buyer_acts():
        sent = actions.transfer_between_people(id, town.buyer, town.owner, 1_500, CURRENCY)
        assert actions.transfer_between_people(id, town.buyer, town.owner, 1_500, CURRENCY) == sent
        with pytest.raises(Refusal, match="id_conflict"):
            actions.transfer_between_people(id, town.buyer, town.owner, 1_501, CURRENCY)
    assert (town.balance(town.buyer), town.balance(town.owner)) == (3_500, 1_500)


def test_nobody_sends_another_ones_money() -> None:
    town = scene.make()
    with acting_as(Actor.for_person(town.owner)), pytest.raises(Refusal, match="forbidden"):
        actions.transfer_between_people(uuid7(), town.buyer, town.owner, 1_500, CURRENCY)


@pytest.mark.parametrize("amount_minor", [0, -1, 2**63])
def test_impossible_amounts_are_refused(amount_minor: int) -> None:
    town = scene.make()
    with town.buyer_acts():
        with pytest.raises(Refusal, match="amount_out_of_range"):
            actions.create_intent(uuid7(), town.buyer, town.shop, amount_minor, CURRENCY)
        with pytest.raises(Refusal, match="payee_is_payer"):
            actions.create_intent(uuid7(), town.buyer, town.buyer, 1, CURRENCY)
        with pytest.raises(Refusal, match="not_money"):
            actions.create_intent(uuid7(), town.buyer, town.shop, 1, "gCO2")
        with pytest.raises(Refusal, match="unit_not_found"):
            actions.create_intent(uuid7(), town.buyer, town.shop, 1, "XYZ")


def test_a_frozen_side_neither_pays_nor_takes() -> None:
    town = scene.make()
    id = town.intent()
    with town.buyer_acts():
        ledger_actions.freeze(queries.wallet(town.buyer, CURRENCY))
        with pytest.raises(Refusal, match="account_frozen"):
            actions.authorise(id)
        ledger_actions.unfreeze(queries.wallet(town.buyer, CURRENCY))
        ledger_actions.freeze(queries.wallet(town.shop, CURRENCY))
        with pytest.raises(Refusal, match="payee_frozen"):
            actions.authorise(id)
        ledger_actions.unfreeze(queries.wallet(town.shop, CURRENCY))
        actions.authorise(id)


def test_a_frozen_person_does_not_pay() -> None:
    town = scene.make()
    id = town.intent()
    with town.buyer_acts():
        freeze(town.buyer, by_id=town.buyer, reason="my phone was stolen")
        with pytest.raises(Refusal, match="payer_frozen"):
            actions.authorise(id)
    with acting_as(Actor.for_person(town.owner)):
        give(actions.wallet_of(town.owner, CURRENCY), 100)
        actions.transfer_between_people(uuid7(), town.owner, town.buyer, 100, CURRENCY)


def test_a_payees_own_terms_set_its_fee() -> None:
    town = scene.make()
    with operator_acts():
        actions.set_fee_terms(town.shop, FeeTerms(250, 10))
    assert town.paid(1_000).fee_minor == 35
    with operator_acts():
        actions.set_fee_terms(town.shop, FeeTerms(0, 0))
        with pytest.raises(Refusal, match="fee_out_of_range"):
            actions.set_fee_terms(town.shop, FeeTerms(1_001, 0))
    assert town.paid(1_000).fee_minor == 0
    assert account_id_of(town.shop, CURRENCY, "fees") != account_id_of(town.owner, CURRENCY, "fees")


def test_pages_of_intents_give_each_once_latest_first() -> None:
    town = scene.make()
    made = [town.intent(100 + n) for n in range(7)]
    with town.buyer_acts():
        seen, cursor = [], None
        while True:
            page = queries.intents(town.buyer, taken=False, before=cursor, limit=3)
            seen += [each.id for each in page.intents]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == made[::-1]
        assert queries.intents(town.buyer, taken=True).intents == ()
        with pytest.raises(Refusal, match="bad_cursor"):
            queries.intents(town.buyer, before="x")
