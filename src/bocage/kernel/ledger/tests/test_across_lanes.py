"""What payments are made of, in both lanes alike: exchange, escrow and shares as linked transfers; never over both."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, bulk, queries, wire
from bocage.kernel.ledger.poster import Poster, Submission
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Refused, Transfer
from bocage.testing import connected_as

OWNER = uuid4()
type Ask = Callable[[list[Transfer]], list[str]]


def in_lane_a(group: list[Transfer]) -> list[str]:
    with acting_as(Actor.for_person(OWNER)):
        answers = actions.post_linked(group)
    found = answers if isinstance(answers, tuple) else (answers,) * len(group)
    return [each.code if isinstance(each, Refused) else "" for each in found]


def in_lane_b(group: list[Transfer]) -> list[str]:
    with connected_as("poster"):
        writing = Poster()
        assert writing.take()
        (answers,) = writing.post([Submission("", wire.unpack(wire.pack([group])))])
    return [wire.CODES[code] for code in answers["code"].tolist()]


def opened(units: str, *amounts_minor: int) -> list[UUID]:
    """Accounts, a unit each (e EUR, p points), with so much on them."""
    ids = [uuid4() for _amount in amounts_minor]
    with acting_as(Actor.for_person(OWNER)):
        for id, unit, amount_minor in zip(ids, units, amounts_minor, strict=True):
            name = {"e": "EUR", "p": "points"}[unit]
            actions.open_account(id, OWNER, name, "wallet")
            if amount_minor:
                give(id, amount_minor, name)
    return ids


def moved(debit: UUID, credit: UUID, amount_minor: int, unit: str = "EUR") -> Transfer:
    return Transfer(uuid7(), debit, credit, amount_minor, unit, "test")


def left(ids: list[UUID]) -> list[int]:
    with connected_as("auditor"):
        assert queries.disagreements() == ()
        found = queries.balances(ids)
    return [found[id].available_minor for id in ids]


@pytest.mark.parametrize(("lane", "ask"), [("A", in_lane_a), ("B", in_lane_b)])
def test_exchange_and_shares_are_done_whole_or_not_at_all(fresh_database: str, lane: str, ask: Ask) -> None:
    wallet, euros, points, purse, kept, *sharing = ids = opened("eeppeee", 1_000, 0, 500, 0, 300, 0, 0)
    with acting_as(Actor.for_person(OWNER)):
        actions.set_lane(ids, lane)
    exchange = [moved(wallet, euros, 700), moved(points, purse, 300, "points")]
    assert ask(exchange) == ["", ""] and ask(exchange) == ["", ""]
    assert left(ids) == [300, 700, 200, 300, 300, 0, 0]
    said = ask([moved(wallet, euros, 100), moved(points, purse, 201, "points")])
    assert "exceeds_balance" in said and left(ids) == [300, 700, 200, 300, 300, 0, 0]
    assert ask([moved(kept, each, n) for each, n in zip(sharing, (200, 100), strict=True)]) == ["", ""]
    assert "exceeds_balance" in ask([moved(kept, each, 1) for each in sharing])
    assert left(ids)[4:] == [0, 200, 100]


def test_over_both_lanes_nothing_moves_whoever_is_asked(fresh_database: str) -> None:
    one, two, three, four = ids = opened("eeee", 100, 0, 100, 0)
    with acting_as(Actor.for_person(OWNER)):
        actions.set_lane(ids[2:], "B")
    for pair in ((one, three), (three, one)):
        for ask in (in_lane_a, in_lane_b):
            assert "wrong_lane" in ask([moved(*pair, 5)])
            inside = moved(one, two, 1) if ask is in_lane_a else moved(three, four, 1)
            assert "wrong_lane" in ask([inside, moved(*pair, 5)])
        for transfers in ([moved(*pair, 5)], [moved(one, two, 1), moved(three, four, 1)]):
            with acting_as(Actor.for_person(OWNER)), pytest.raises(Refusal, match="mixed_lanes"):
                bulk.post_many(transfers, "each")
    assert left(ids) == [100, 0, 100, 0]
