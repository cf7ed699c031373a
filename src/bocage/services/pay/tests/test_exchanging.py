"""Money exchanged for points by the programs' door, at a rate of the town's, once."""

import pytest
from typer.testing import CliRunner

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.testing import give
from bocage.kernel.payments import actions as payments
from bocage.services.pay.commands import pay as command
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.tests.test_api import Call, caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(town: Town) -> Call:
    """Ana's program, where 7 cents buy 3 points, of which the town has 1,000."""
    said = CliRunner().invoke(command, ["rate", "EUR", "points", "3", "7"])
    assert said.exit_code == 0 and "7 minor units of EUR buy 3 of points" in said.output
    with acting_as(Actor.for_service("payments")):
        points = payments.liquidity_of("points")
        give(points, 1_000, "points")
    assert str(points) in said.output
    return caller(town.ana, "pay:read", "pay:write")


def test_a_quote_is_exchanged_once_through_the_town_s_accounts(town: Town, ana: Call) -> None:
    asked = {"sell_unit": "EUR", "buy_unit": "points", "sell_minor": 1_000}
    status, offer = ana("POST", "/quotes", asked, key="ask")
    assert ana("POST", "/quotes", asked, key="ask") == (status, offer)
    assert (status, offer["buy_minor"], offer["remainder"], offer["held_minor"]) == (201, 428, 4, 0)
    address = f"/quotes/{offer['id']}"
    for key in ("one", "one", "another"):
        status, done = ana("POST", f"{address}/exchange", key=key)
        assert (status, done["held_minor"], available(town.ana)) == (200, 428, 9_000)
    seen = ana("GET", address)[1]
    assert (seen["id"], seen["held_minor"], seen["exchanged_at"] is None) == (offer["id"], 428, False)
    (line,) = ana("GET", "/lines?kind=exchange")[1]["items"]
    assert (line["amount_minor"], line["currency"]) == (-1_000, "EUR")
    assert caller(town.wei, "pay:read", "pay:write")("GET", address)[0] == 404
    has = {
        line.unit: line.credits_posted_minor - line.debits_posted_minor
        for line in ledger.trial_balance()
        if line.kind == "liquidity"
    }
    assert has == {"EUR": 1_000, "points": 1_000 - 428}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"sell_unit": "points", "buy_unit": "EUR", "sell_minor": 10}, "no_rate"),
        ({"sell_unit": "EUR", "buy_unit": "EUR", "sell_minor": 10}, None),
        ({"sell_unit": "EUR", "buy_unit": "gold", "sell_minor": 10}, None),
        ({"sell_unit": "EUR", "buy_unit": "points", "sell_minor": 2}, "amount_out_of_range"),
    ],
)
def test_what_cannot_be_exchanged_is_said(town: Town, ana: Call, asked: dict[str, object], code: str | None) -> None:
    status, problem = ana("POST", "/quotes", asked)
    assert status in {404, 422} and code in (None, problem["code"])


def test_more_than_the_town_has_or_than_one_s_own_limit_moves_nothing(town: Town, ana: Call) -> None:
    for sell_minor, code in ((3_000, "exceeds_balance"), (6_000, "confirm_again")):
        _status, offer = ana("POST", "/quotes", {"sell_unit": "EUR", "buy_unit": "points", "sell_minor": sell_minor})
        status, problem = ana("POST", f"/quotes/{offer['id']}/exchange")
        assert status in {403, 409, 422} and problem["code"] == code
    assert available(town.ana) == 10_000
