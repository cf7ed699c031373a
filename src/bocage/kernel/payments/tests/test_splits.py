"""One payment among many: released in steps, refunded in proportion, and every cent accounted for."""

from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, Scene
from bocage.kernel.payments.types import IntentState, SharePart

pytestmark = pytest.mark.django_db


def _people(count: int) -> list[Scene]:
    return [_person(place) for place in range(count)]


def _person(place: int) -> Scene:
    with acting_as(Actor.nobody()):
        person = identity.register(display_name=f"P{place}", email=f"p{place}{uuid7()}@example.org", tier="contact")
    return Scene(person.id, person.id, person.id)


def test_thirds_of_a_hundred_in_two_steps_and_back() -> None:
    town = scene.make(10_000)
    others = [each.buyer for each in _people(2)]
    parts = [SharePart(town.shop, parts=1), *(SharePart(each, parts=1) for each in others)]
    id, first = uuid7(), uuid7()
    with town.buyer_acts():
        opened = actions.open_split(id, town.buyer, town.shop, 1_000, CURRENCY, parts)
        assert actions.open_split(id, town.buyer, town.shop, 1_000, CURRENCY, parts) == opened
        with pytest.raises(Refusal, match="id_conflict"):
            actions.open_split(id, town.buyer, town.shop, 1_000, CURRENCY, parts[:2])
        with pytest.raises(Refusal, match="split_escrow"):
            actions.release_escrow(id)
        half = actions.release_split(first, id, 500)
        assert actions.release_split(first, id, 500) == half
        with pytest.raises(Refusal, match="id_conflict"):
            actions.release_split(first, id, 400)
        with pytest.raises(Refusal, match="amount_exceeds_hold"):
            actions.release_split(uuid7(), id, 501)
        whole = actions.release_split(uuid7(), id)
        assert (half.state, whole.state) == (IntentState.AUTHORISED, IntentState.CAPTURED)
        shares = queries.shares(id)
    assert [each.total_minor for each in shares] == [each.released_minor for each in shares] == [334, 333, 333]
    got = [town.balance(each) for each in (town.shop, *others)]
    assert sum(got) + whole.fee_minor == 1_000
    with town.shop_acts(), pytest.raises(Refusal, match="exceeds_balance"):
        actions.refund(uuid7(), id)  # the fees stay, so the shares alone do not cover it all
    with town.shop_acts():
        back = actions.refund(uuid7(), id, 600)
        assert [each.refunded_minor for each in queries.shares(id)] == [200, 200, 200]
    assert back.amount_minor == 600 and town.balance(town.buyer) == 9_600
    with acting_as(Actor.for_person(others[0])):
        assert [each.party_id for each in queries.shares(id)] == [others[0]]


def test_what_is_kept_goes_back_and_what_was_released_stays() -> None:
    town = scene.make(10_000)
    (other,) = _people(1)
    id = uuid7()
    with town.buyer_acts():
        parts = [SharePart(town.shop, minor=250), SharePart(other.buyer, parts=3)]
        actions.open_split(id, town.buyer, town.shop, 1_000, CURRENCY, parts)
        actions.release_split(uuid7(), id, 400)
    with town.shop_acts():
        ended = actions.return_escrow(id)
    assert (ended.state, ended.captured_minor) == (IntentState.CAPTURED, 400)
    assert town.balance(town.buyer) == 9_600


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "shares_out_of_range"),
        ([(0, 400), (0, 500)], "shares_do_not_add_up"),
        ([(1, 1_100)], "shares_do_not_add_up"),
        ([(0, 0), (1, 0)], "share_out_of_range"),
        ([(1_000_000, 0), (1, 0)], "amount_too_small"),
    ],
)
def test_shares_that_cannot_be(parts: list[tuple[int, int]], code: str) -> None:
    town = scene.make(10_000)
    parties = [town.shop, uuid7(), uuid7()]
    with town.buyer_acts(), pytest.raises(Refusal, match=code):
        shares = [SharePart(party, part, minor) for party, (part, minor) in zip(parties, parts, strict=False)]
        actions.open_split(uuid7(), town.buyer, town.shop, 1_000, CURRENCY, shares)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(100, 9_000),
    st.lists(st.integers(1, 9), min_size=2, max_size=4),
    st.lists(st.integers(1, 3_000), max_size=4),
    st.lists(st.integers(1, 500), max_size=3),
)
def test_splits_conserve(amount: int, weights: list[int], steps: list[int], refunds: list[int]) -> None:
    with transaction.atomic():
        town = scene.make(20_000)
        parties = [each.buyer for each in _people(len(weights))]
        id = uuid7()
        with town.buyer_acts():
            parts = [SharePart(party, weight) for party, weight in zip(parties, weights, strict=True)]
            actions.open_split(id, town.buyer, town.shop, amount, CURRENCY, parts)
            for step in steps:
                if step < amount - _released(id):
                    actions.release_split(uuid7(), id, step)
            end = actions.release_split(uuid7(), id)
        back = 0
        for minor in refunds:
            try:
                with town.shop_acts():
                    actions.refund(uuid7(), id, minor)
                back += minor
            except Refusal as refusal:
                assert refusal.code in {"refund_too_large", "exceeds_balance"}
        with town.buyer_acts():
            shares = queries.shares(id)
        assert sum(each.released_minor for each in shares) == amount == end.captured_minor
        assert sum(each.refunded_minor for each in shares) == back
        for share in shares:
            assert town.balance(share.party_id) == share.released_minor - share.fee_minor - share.refunded_minor
        assert town.balance(town.buyer) == 20_000 - amount + back
        for line in ledger.trial_balance():
            assert line.kind != "escrow" or line.debits_posted_minor == line.credits_posted_minor
        transaction.set_rollback(True)


def _released(id: UUID) -> int:
    return sum(each.released_minor for each in queries.shares(id))
