"""What payments are made of, in both lanes alike: exchange, escrow and shares as linked transfers; never over both."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, bulk, client, queries, serving, wire
from bocage.kernel.ledger.poster import APART_SECONDS_MAX, Poster, Submission
from bocage.kernel.ledger.testing import give, shifted
from bocage.kernel.ledger.tests.test_poster import posted, told_of
from bocage.kernel.ledger.types import Hold, Refused, Transfer
from bocage.kernel.postgres import roles
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


def test_an_id_that_others_hold_is_one_answer_and_not_the_end_of_the_batch(fresh_database: str) -> None:
    """Lane A has used two of the ids and does not commit: their groups are busy, and all others are posted in order."""
    payer, payee, *others = opened("eeee", 100, 0, 100, 0)
    with acting_as(Actor.for_person(OWNER)):
        actions.set_lane([payer, payee], "B")
    groups = [[moved(payer, payee, 1) for _n in range(count)] for count in (1, 1, 1, 1, 1, 2)]
    first_asked, answered = Barrier(2), Event()

    def hold_ids() -> None:
        try:
            with acting_as(Actor.for_person(OWNER)):
                for each in (groups[1][0], groups[5][1]):
                    actions.post_or_refuse(replace(each, debit_account_id=others[0], credit_account_id=others[1]))
                first_asked.wait(10)
                answered.wait(30)
                transaction.set_rollback(True)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, connected_as("poster"):
        holding = pool.submit(hold_ids)
        first_asked.wait(10)
        writing = Poster()
        assert writing.take()
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '300ms'")
        sent = [Submission("shop", wire.unpack(wire.pack(part))) for part in (groups[:3], groups[3:])]
        try:
            found = [wire.CODES[code] for part in writing.post(sent) for code in part["code"].tolist()]
        finally:
            answered.set()
        holding.result()
        again = [wire.CODES[code] for part in writing.post(sent) for code in part["code"].tolist()]
    assert found == ["", "ledger_busy", "", "", "", "ledger_busy", "ledger_busy"]
    assert again == [""] * 7 and posted() == 7
    assert told_of(groups[1][0]) == 2 and told_of(groups[5][0]) == 2


def test_a_sweep_that_waits_too_long_is_a_loss_of_the_database_and_does_not_end_the_poster(fresh_database: str) -> None:
    """As while an index is made: the tables may be read, and not written."""
    ids = opened("ee", 100, 0)
    with acting_as(Actor.for_person(OWNER)):
        actions.set_lane(ids, "B")
        held = Hold(moved(ids[0], ids[1], 5), queries.now() + timedelta(minutes=1))
    with connected_as("poster"):
        writing = Poster()
        assert writing.take()
        (answer,) = writing.post([Submission("", wire.unpack(wire.pack([[held]])))])
        assert wire.CODES[answer["code"][0]] == ""
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '200ms'")
        with shifted(timedelta(hours=1)):
            with psycopg.connect(os.environ["BOCAGE_TEST_ADMIN_URL"], dbname=fresh_database) as link:
                link.execute("lock table ledger_transfer in share mode")
                with pytest.raises(serving._LOST):
                    writing.sweep()
            assert writing.sweep() == 1


def test_a_batch_that_is_taken_apart_is_answered_before_its_callers_give_up() -> None:
    waits_seconds = int(roles.ROLE_SETTINGS[roles.POSTER]["lock_timeout"].removesuffix("s"))
    assert waits_seconds + APART_SECONDS_MAX < client.TIMEOUT_SECONDS - 1
