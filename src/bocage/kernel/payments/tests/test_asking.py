"""The way out of an escrow that neither side ends: asking, objecting, lapsing by the ledger's time, deciding."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as accounts
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.testing import shifted
from bocage.kernel.payments import actions, limits, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, Scene, operator_acts
from bocage.kernel.payments.types import DisputeState, IntentState, SharePart

pytestmark = pytest.mark.django_db
DUE, HEARD = timedelta(days=31), timedelta(days=31 + 8)
FEE = 24


def kept(town: Scene, amount_minor: int = 4_000) -> UUID:
    with town.buyer_acts():
        return actions.open_escrow(uuid7(), town.buyer, town.shop, amount_minor, CURRENCY).id


def lapse() -> int:
    """How many lapses were due."""
    done = 0
    while actions.lapse_next():
        done += 1
    return done


def stands(town: Scene) -> tuple[int, int]:
    return town.balance(town.buyer), town.balance(town.shop)


def test_the_payee_asks_nobody_objects_and_it_lapses_to_the_payee_once() -> None:
    town = scene.make(10_000)
    id = kept(town)
    with town.shop_acts(), pytest.raises(Refusal, match="escrow_not_due"):
        actions.ask_for_kept(id, "delivered")
    with shifted(DUE):
        with town.shop_acts():
            asked = actions.ask_for_kept(id, "delivered")
            assert actions.ask_for_kept(id, "delivered") == asked
        assert asked.kept is not None and asked.kept.lapses_at is not None and asked.kept.asked_at is not None
        assert asked.kept.lapses_at - asked.kept.asked_at == timedelta(days=7)
        with town.buyer_acts(), pytest.raises(Refusal, match="asked_already"):
            actions.ask_for_kept(id, "not_received")
        assert lapse() == 0 and stands(town) == (6_000, 0)
    with shifted(HEARD):
        with town.buyer_acts(), pytest.raises(Refusal, match="objection_too_late"):
            actions.object_to_asking(uuid7(), id, "not_received")
        assert lapse() == 1 and lapse() == 0
        with town.buyer_acts():
            assert queries.intent(id).state is IntentState.CAPTURED
    assert stands(town) == (6_000, 4_000 - FEE)


def test_the_payer_asks_for_it_back_where_the_seller_never_answers() -> None:
    town = scene.make(10_000)
    id = kept(town)
    with shifted(DUE), town.buyer_acts():
        actions.ask_for_kept(id, "not_received")
    with shifted(HEARD):
        assert lapse() == 1
        with town.buyer_acts():
            assert queries.intent(id).state is IntentState.CANCELLED
    assert stands(town) == (10_000, 0)


@pytest.mark.parametrize(
    ("state", "after"), [(DisputeState.FOR_PAYER, (10_000, 0)), (DisputeState.FOR_PAYEE, (6_000, 4_000 - FEE))]
)
def test_an_objection_stops_the_lapse_and_is_decided(state: DisputeState, after: tuple[int, int]) -> None:
    town = scene.make(10_000)
    id, objection = kept(town), uuid7()
    with shifted(DUE):
        with town.shop_acts():
            actions.ask_for_kept(id, "delivered")
            with pytest.raises(Refusal, match="not_asked"):
                actions.object_to_asking(uuid7(), id, "delivered")
        with town.buyer_acts():
            opened = actions.object_to_asking(objection, id, "not_received")
            assert actions.object_to_asking(objection, id, "not_received") == opened
            assert queries.disputes_of(town.buyer) == () and queries.dispute_about(id) == opened
            with pytest.raises(Refusal, match="dispute_open"):
                actions.object_to_asking(uuid7(), id, "not_received")
            with pytest.raises(Refusal, match="release_whole"):
                actions.release_escrow(id, 1)
        assert (opened.amount_minor, opened.secured_minor, opened.kept) == (4_000, 4_000, True)
    with shifted(HEARD):
        assert lapse() == 0
        with town.shop_acts(), pytest.raises(Refusal, match="forbidden"):
            actions.end_dispute(objection, DisputeState.FOR_PAYEE)
        with operator_acts():
            assert [each.id for each in queries.open_disputes()] == [objection]
            ended = actions.end_dispute(objection, state)
            assert actions.end_dispute(objection, state) == ended
    assert stands(town) == after


@pytest.mark.parametrize("by_payer", [True, False])
def test_who_gives_in_ends_the_dispute_too(by_payer: bool) -> None:
    town = scene.make(10_000)
    id = kept(town)
    with shifted(DUE):
        with town.buyer_acts():
            actions.ask_for_kept(id, "not_received")
        with town.shop_acts():
            objection = actions.object_to_asking(uuid7(), id, "delivered").id
        if by_payer:
            with town.buyer_acts():
                actions.release_escrow(id)
        else:
            with town.shop_acts():
                actions.return_escrow(id)
        with operator_acts():
            assert queries.open_disputes() == ()
            ended = queries.dispute(objection)
    assert ended.state is (DisputeState.WITHDRAWN if by_payer else DisputeState.FOR_PAYER)
    assert stands(town) == ((6_000, 4_000 - FEE) if by_payer else (10_000, 0))


def test_many_get_what_is_left_of_their_shares_when_it_lapses() -> None:
    town = scene.make(10_000)
    id, shares = uuid7(), [SharePart(town.shop, parts=3), SharePart(town.owner, parts=1)]
    with town.buyer_acts():
        actions.open_split(id, town.buyer, town.shop, 4_000, CURRENCY, shares)
        actions.release_split(uuid7(), id, 1_000)
        assert all(queries.is_kept_for(each) for each in (town.buyer, town.shop, town.owner))
    with shifted(DUE), town.shop_acts():
        actions.ask_for_kept(id, "delivered")
    with shifted(HEARD):
        assert lapse() == 1
    with town.buyer_acts():
        found = queries.shares(id)
    assert [(each.released_minor, each.total_minor) for each in found] == [(3_000, 3_000), (1_000, 1_000)]
    assert town.balance(town.shop) == 3_000 - found[0].fee_minor
    assert not any(queries.is_kept_for(each) for each in (town.buyer, town.shop, town.owner))


def test_while_one_side_is_frozen_nothing_lapses_and_it_may_still_object_afterwards() -> None:
    town = scene.make(10_000)
    id = kept(town)
    with shifted(DUE):
        with town.shop_acts():
            actions.ask_for_kept(id, "delivered")
        with acting_as(Actor.for_person(town.buyer)):
            identity.freeze(town.buyer, by_id=town.buyer, reason="a lost telephone")
    with shifted(HEARD):
        assert lapse() == 1 and stands(town) == (6_000, 0)
        with operator_acts():
            put_off = queries.intent(id).kept
        assert put_off is not None and put_off.lapses_at is not None
        assert put_off.lapses_at > ledger.now() + limits.LAPSE_AGAIN - timedelta(minutes=1)
        with acting_as(Actor.for_person(town.owner)):
            identity.unfreeze(town.buyer, by_id=None)
        with town.buyer_acts():
            assert actions.object_to_asking(uuid7(), id, "not_received").kept


def test_what_stays_frozen_two_operators_decide() -> None:
    town = scene.make(10_000)
    id = kept(town)
    with shifted(DUE):
        with town.shop_acts():
            actions.ask_for_kept(id, "delivered")
        with acting_as(Actor.for_person(town.buyer)):
            identity.freeze(town.buyer, by_id=town.buyer, reason="a lost telephone")
    with shifted(HEARD):
        assert lapse() == 1
    with shifted(HEARD + limits.FROZEN_WAIT):
        assert lapse() == 1 and lapse() == 0
        with operator_acts():
            (opened,) = queries.open_disputes()
            assert (opened.kept, opened.reason, opened.amount_minor) == (True, "frozen", 4_000)
            actions.end_dispute(opened.id, DisputeState.FOR_PAYEE)
    assert stands(town) == (6_000, 4_000 - FEE)


def test_what_was_released_may_be_refunded_while_the_rest_is_contested() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        actions.open_split(id, town.buyer, town.shop, 4_000, CURRENCY, [SharePart(town.shop, parts=1)])
        actions.release_split(uuid7(), id, 1_000)
    with shifted(DUE):
        with town.buyer_acts():
            actions.ask_for_kept(id, "not_received")
        with town.shop_acts():
            actions.object_to_asking(uuid7(), id, "delivered")
            actions.refund(uuid7(), id, 600)
            with pytest.raises(Refusal, match="refund_too_large"):
                actions.refund(uuid7(), id, 401)
    assert town.balance(town.buyer) == 6_600


def test_what_cannot_be_paid_out_for_long_two_operators_decide_too() -> None:
    town = scene.make(10_000)
    id = kept(town)
    with town.shop_acts():
        accounts.close_account(queries.wallet(town.shop, CURRENCY))
    with shifted(DUE), town.shop_acts():
        actions.ask_for_kept(id, "delivered")
    with shifted(HEARD):
        assert lapse() == 1 and stands(town)[0] == 6_000
    with shifted(HEARD + limits.FROZEN_WAIT):
        assert lapse() == 1 and lapse() == 0
        with operator_acts():
            (opened,) = queries.open_disputes()
            actions.end_dispute(opened.id, DisputeState.FOR_PAYER)
    assert stands(town)[0] == 10_000


def test_what_a_service_keeps_is_not_asked_for_and_others_ask_for_nothing() -> None:
    town = scene.make(10_000)
    id = uuid7()
    with town.buyer_acts():
        actions.open_escrow(id, town.buyer, town.shop, 4_000, CURRENCY, service="parcel")
    paid, mine = town.paid(100).id, kept(town, 100)
    refused: list[tuple[Any, Callable[[], Any], str]] = [
        (town.shop_acts, lambda: actions.ask_for_kept(id, "delivered"), "kept_elsewhere"),
        (town.shop_acts, lambda: actions.ask_for_kept(paid, "delivered"), "not_escrow"),
        (town.shop_acts, lambda: actions.ask_for_kept(mine, ""), "reason_invalid"),
        (operator_acts, lambda: actions.ask_for_kept(mine, "delivered"), "forbidden"),
    ]
    with shifted(timedelta(days=400)):
        for acts, verb, code in refused:
            with acts(), pytest.raises(Refusal, match=code):
                verb()


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_the_day_lies_ahead_and_within_a_year(days: int) -> None:
    town = scene.make(10_000)
    with town.buyer_acts(), pytest.raises(Refusal, match="ask_from_out_of_range"):
        ask_from = ledger.now() + timedelta(days=days)
        actions.open_escrow(uuid7(), town.buyer, town.shop, 100, CURRENCY, ask_from=ask_from)
