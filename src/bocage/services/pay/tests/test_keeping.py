"""Escrow and split settlement by the programs' door: kept, released, given back; lines come to balances."""

from uuid import UUID, uuid4

import pytest
from django.db.models import Sum

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.payments import actions as kernel
from bocage.kernel.payments import queries as payments
from bocage.services.pay.actions import elsewhere
from bocage.services.pay.models import Line
from bocage.services.pay.queries import wallet
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.tests.test_api import Call, caller

pytestmark = pytest.mark.django_db
SCOPES = ("pay:read", "pay:write", "pay:take")


@pytest.fixture
def ana(town: Town) -> Call:
    return caller(town.ana, *SCOPES)


@pytest.fixture
def wei(town: Town) -> Call:
    return caller(town.wei, *SCOPES)


@pytest.fixture
def moulin(town: Town) -> Call:
    return caller(town.marco, *SCOPES, subject_id=town.moulin)


def agree(*actors: Actor) -> bool:
    """Whether the lines of each come to what its wallet has."""
    for actor in actors:
        owner_id = actor.subject_id
        assert owner_id is not None
        with acting_as(actor):
            moved = Line.objects.filter(owner_id=owner_id).aggregate(sum=Sum("amount_minor"))["sum"] or 0
            if moved != wallet.wallet(owner_id, "EUR").posted_minor:
                return False
    return True


def test_money_is_kept_until_the_payer_has_received(town: Town, ana: Call, moulin: Call) -> None:
    body = {"to": "@moulin", "amount_minor": 1_000, "memo": "A table"}
    status, kept = ana("POST", "/escrows", body, key="once")
    assert (status, kept["payment"]["state"], kept["payment"]["kind"]) == (201, "authorised", "escrow")
    assert ana("POST", "/escrows", body, key="once") == (status, kept)
    assert available(town.ana) == 9_000 and agree(town.as_ana(), town.as_moulin())
    address = f"/escrows/{kept['payment']['id']}"
    assert moulin("GET", address) == ana("GET", address) and moulin("GET", address)[0] == 200
    assert moulin("POST", f"{address}/release")[0] == 403, "the seller does not say that the buyer has received"
    for other in (1, 1_001):  # the rest of one cent would be hers again, against the seller's will
        assert ana("POST", f"{address}/release", {"amount_minor": other})[1]["code"] == "release_whole"
    assert available(town.ana) == 9_000
    status, paid = ana("POST", f"{address}/release", {"amount_minor": 1_000}, key="out")
    assert ana("POST", f"{address}/release", {"amount_minor": 1_000}, key="out") == (status, paid)
    assert (status, paid["payment"]["state"], paid["payment"]["captured_minor"]) == (200, "captured", 1_000)
    assert available(town.ana) == 9_000 and available(town.moulin) == 1_000 - paid["payment"]["fee_minor"]
    assert agree(town.as_ana(), town.as_moulin())
    with acting_as(town.as_ana()):
        intent = payments.intent(UUID(kept["payment"]["id"]))
    elsewhere.write_capture(intent)  # as the log tells of it, later
    assert agree(town.as_ana(), town.as_moulin())
    lines = ana("GET", "/lines")[1]["items"]
    assert [(line["kind"], line["amount_minor"]) for line in lines[:1]] == [("paid", -1_000)]
    assert moulin("POST", f"{address}/return")[0] == 409


def test_the_seller_gives_it_back_and_the_payer_is_told(town: Town, ana: Call, wei: Call, moulin: Call) -> None:
    kept = ana("POST", "/escrows", {"to": "@moulin", "amount_minor": 1_000})[1]["payment"]
    assert wei("GET", f"/escrows/{kept['id']}")[0] == 404
    assert ana("POST", f"/escrows/{kept['id']}/return")[0] == 403, "the payer cannot take back what she set aside"
    for _again in range(2):
        status, back = moulin("POST", f"/escrows/{kept['id']}/return")
        assert (status, back["payment"]["state"]) == (200, "cancelled")
    assert available(town.ana) == 10_000 and agree(town.as_ana(), town.as_moulin())


def test_what_another_service_keeps_is_settled_there_alone(town: Town, ana: Call, moulin: Call) -> None:
    kept = uuid4()
    with acting_as(town.as_ana()):
        kernel.open_escrow(kept, town.ana, town.moulin, 1_000, "EUR", service="parcel")
    for program, verb in ((ana, "release"), (moulin, "return")):
        status, problem = program("POST", f"/escrows/{kept}/{verb}")
        assert (status, problem["code"]) == (409, "kept_elsewhere")
    assert available(town.ana) == 9_000


def test_many_share_it_to_the_last_cent_in_as_many_steps_as_the_payer_likes(town: Town, ana: Call) -> None:
    shares = [{"to": "@weilin", "parts": 2}, {"to": "@marco", "parts": 1}, {"to": "@moulin", "amount_minor": 1}]
    status, kept = ana("POST", "/escrows", {"to": "@moulin", "amount_minor": 1_000, "shares": shares})
    assert (status, [each["total_minor"] for each in kept["shares"]]) == (201, [666, 333, 1])
    address = f"/escrows/{kept['payment']['id']}/release"
    for amount_minor, released in ((500, [333, 167, 0]), (None, [666, 333, 1])):
        status, paid = ana("POST", address, {"amount_minor": amount_minor})
        assert (status, [each["released_minor"] for each in paid["shares"]]) == (200, released)
        assert agree(town.as_ana())
    assert paid["payment"]["state"] == "captured" and available(town.ana) == 9_000
    fees = {UUID(each["party_id"]): each["fee_minor"] for each in paid["shares"]}
    assert available(town.wei) == 10_000 + 666 - fees[town.wei]
    assert available(town.marco) == 333 - fees[town.marco]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"to": "@moulin", "amount_minor": 6_000}, 403, "confirm_again"),
        ({"to": "@ana", "amount_minor": 100}, 422, "payee_is_payer"),
        ({"to": "@nobody_here", "amount_minor": 100}, 422, "payee_unknown"),
        ({"to": "@moulin", "amount_minor": 0}, 422, None),
        ({"to": "@moulin", "amount_minor": 100, "shares": [{"to": "@weilin"}]}, 422, None),
        ({"to": "@moulin", "amount_minor": 100, "shares": [{"to": "@weilin", "amount_minor": 101}]}, 422, None),
        ({"to": "@moulin", "amount_minor": 100, "shares": [{"to": "@weilin", "parts": 1}] * 46}, 422, None),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_moves(
    town: Town, ana: Call, body: dict[str, object], status: int, code: str | None
) -> None:
    said, problem = ana("POST", "/escrows", body)
    assert said == status and code in (None, problem["code"])
    assert available(town.ana) == 10_000 and agree(town.as_ana())
