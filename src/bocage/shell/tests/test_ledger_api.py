"""Many transfers in one call, through the API: an organisation's, from its own accounts, once."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import bulk, queries
from bocage.kernel.ledger.refusals import refusal
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import Transfer
from bocage.kernel.payments import allowances

pytestmark = pytest.mark.django_db


class Firm:
    """A firm with 100 on its account, its owner's token, and somebody to be paid."""

    def __init__(self) -> None:
        self.owner = identity.register(
            email="o@example.org", password="a long enough password 7", display_name="Odile", tier="contact"
        ).id
        self.id = identity.create_organisation(name="Bakery", owner_id=self.owner, country="FR", mcc="5814").id
        self.account, self.worker = uuid4(), uuid4()
        with acting_as(Actor.for_person(self.owner, self.id)):
            ledger.open_account(self.account, self.id, "EUR", "payroll")
            give(self.account, 100)
            ledger.open_account(self.worker, uuid4(), "EUR", "wallet")
        self.client = self.program(self.id)

    def program(self, subject_id: UUID, scope: str = "ledger:batch") -> Client:
        with acting_as(Actor.for_person(self.owner, subject_id)):
            _id, token = identity.create_token(
                self.owner, "payroll", (scope,), life=timedelta(days=1), subject_id=subject_id
            )
        return Client(headers={"Authorization": f"Bearer {token}"})

    def transfer(self, amount_minor: int, **other: Any) -> dict[str, Any]:
        return {
            "id": str(uuid4()),
            "debit_account_id": str(self.account),
            "credit_account_id": str(self.worker),
            "amount_minor": amount_minor,
        } | other


def send(client: Client, *transfers: dict[str, Any], mode: str = "each", key: str = "", **other: Any) -> Any:
    body = {"mode": mode, "unit": "EUR", "code": "payroll", "transfers": transfers} | other
    return client.post(
        "/api/v1/ledger/batches",
        data=json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key or uuid4().hex},
    )


def test_each_transfer_has_its_answer_and_none_moves_twice() -> None:
    firm = Firm()
    body = [firm.transfer(60), firm.transfer(50)]
    first = send(firm.client, *body, key="wages-11")
    assert first.status_code == 201, first.content
    said = first.json()
    assert (said["posted"], said["refused"]) == (1, 1)
    assert [each["refused"] for each in said["answers"]] == [None, "exceeds_balance"]
    again = send(firm.client, *body, key="wages-11")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (said, "true")
    assert send(firm.client, *body).json() == said
    together = send(firm.client, firm.transfer(30), firm.transfer(30), mode="all").json()
    assert [each["refused"] for each in together["answers"]] == ["linked_refused", "exceeds_balance"]
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        assert queries.balance(firm.account).posted_minor == 40


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"amount_minor": 0}, 422, "amount_minor"),
        ({"amount_minor": 2**70}, 422, "amount_minor"),
        ({"memo_ref": "a\0b"}, 422, "memo_ref"),
        ({"id": "seven"}, 422, "id"),
        ({"debit_account_id": str(uuid4())}, 403, "transfers.0.debit_account_id"),
    ],
)
def test_what_is_wrong_is_named_and_moves_nothing(change: dict[str, Any], status: int, field: str) -> None:
    firm = Firm()
    answer = send(firm.client, firm.transfer(5) | change, firm.transfer(5))
    assert (answer.status_code, field in answer.content.decode()) == (status, True), answer.content
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        assert queries.balance(firm.account).posted_minor == 100


def test_a_person_and_a_token_without_the_scope_are_turned_away() -> None:
    firm = Firm()
    assert send(firm.program(firm.owner), firm.transfer(5)).status_code == 403
    assert send(firm.program(firm.id, "pay:read"), firm.transfer(5)).status_code == 403
    assert send(Client(), firm.transfer(5)).status_code == 401
    assert send(firm.client, *[firm.transfer(1)] * 8193).status_code in (400, 422)


def test_an_id_that_a_dispute_or_payment_will_need_cannot_be_used_up() -> None:
    """What a payment's next step will be called can be worked out: nobody may take that name before it."""
    firm = Firm()
    foreseen = uuid4()
    said = send(firm.client, firm.transfer(1, id=str(foreseen))).json()["answers"][0]
    assert (said["id"], said["refused"]) == (str(foreseen), None)
    assert said["transfer_id"] != said["id"]
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        needed = Transfer(foreseen, firm.account, firm.worker, 2, "EUR", "payment.refund")
        assert ledger.post_or_refuse(needed).amount_minor == 2


def test_accounts_that_a_service_keeps_are_not_posted_from() -> None:
    firm, kept = Firm(), uuid4()
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        ledger.open_account(kept, firm.id, "EUR", "campaign", service="forest")
    assert send(firm.client, firm.transfer(1, debit_account_id=str(kept))).status_code == 403


def test_a_batch_is_under_the_limits_of_payments_and_counts_once() -> None:
    """A contact-checked firm pays 1,000 at once and 2,500 a day."""
    firm = Firm()
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        give(firm.account, 900_000)
    said = send(firm.client, firm.transfer(5), firm.transfer(100_001))
    assert (said.status_code, said.json()["code"]) == (422, "exceeds_payment_limit")
    body = [firm.transfer(100_000), firm.transfer(100_000)]
    for _time in range(3):
        assert send(firm.client, *body).json()["posted"] == 2
    refused = firm.transfer(40_000, credit_account_id=str(uuid4()))
    assert send(firm.client, refused).json()["answers"][0]["refused"] == "account_not_found"
    assert send(firm.client, firm.transfer(50_001)).json()["code"] == "exceeds_day_limit"
    assert send(firm.client, firm.transfer(50_000)).json()["posted"] == 1
    assert send(firm.client, firm.transfer(1)).json()["code"] == "exceeds_day_limit"


def test_a_batch_pays_no_account_of_the_house_or_of_a_service() -> None:
    firm, kept, fees = Firm(), uuid4(), uuid4()
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        ledger.open_account(fees, None, "EUR", "fees")
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        ledger.open_account(kept, uuid4(), "EUR", "campaign", service="forest")
    for account in (fees, kept):
        said = send(firm.client, firm.transfer(5), firm.transfer(5, credit_account_id=str(account)))
        assert (said.status_code, said.json()["field"]) == (403, "transfers.1.credit_account_id"), said.content
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        assert queries.balance(firm.account).posted_minor == 100


class Late:
    """A poster of lane B whose answers come too late for the caller; `write` is when it comes to writing them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.post_many, self.late = bulk.post_many, True
        self.sent: list[tuple[list[Transfer], Any]] = []
        monkeypatch.setattr(bulk, "post_many", self.post)

    def post(self, transfers: list[Transfer], mode: Any) -> Any:
        if self.late:
            self.sent += [(transfers, mode)]
            raise refusal("answer_unknown")
        return self.post_many(transfers, mode)

    def write(self, firm: Firm) -> None:
        with acting_as(Actor.for_person(firm.owner, firm.id)):
            for transfers, mode in self.sent:
                self.post_many(transfers, mode)
        self.late = False


def spent_minor(firm: Firm) -> int:
    """Of the 2,500 of the firm's day."""
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        return 250_000 - allowances.allowance(firm.id, "EUR").left_today_minor


@pytest.mark.parametrize("written_at_once", [True, False])
def test_what_was_written_after_its_answer_was_given_up_counts_once(
    monkeypatch: pytest.MonkeyPatch, written_at_once: bool
) -> None:
    """By the same ids again, whether the ledger has them by then or not; with a refused one, which counts nothing."""
    firm, late = Firm(), Late(monkeypatch)
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        give(firm.account, 900_000)
    body = [firm.transfer(100_000), firm.transfer(40_000), firm.transfer(7, credit_account_id=str(uuid4()))]
    for _time in range(2):
        assert (send(firm.client, *body).status_code, spent_minor(firm)) == (504, 140_007)
    if written_at_once:
        late.write(firm)
    late.late = False
    for _time in range(2):
        assert (send(firm.client, *body).json()["posted"], spent_minor(firm)) == (2, 140_000)
    assert send(firm.client, firm.transfer(9, id=body[0]["id"])).json()["answers"][0]["refused"] == "id_conflict"
    assert spent_minor(firm) == 140_000
    assert send(firm.client, firm.transfer(90_000), firm.transfer(20_001)).json()["code"] == "exceeds_day_limit"
    assert spent_minor(firm) == 140_000


def test_what_the_ledger_moved_and_nobody_counted_is_counted_when_it_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process that asked ended before it could count: even above the limit, because it has moved."""
    firm, late = Firm(), Late(monkeypatch)
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        give(firm.account, 900_000)
    body = [firm.transfer(100_000), firm.transfer(100_000)]
    assert send(firm.client, *body).status_code == 504
    late.write(firm)
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        allowances.uncount(firm.id, [each.id for each in late.sent[0][0]], "EUR")
    assert spent_minor(firm) == 0
    with acting_as(Actor.for_person(firm.owner, firm.id)):
        allowances.spend(firm.id, 100_000, "EUR")
    for _time in range(2):
        assert (send(firm.client, *body).json()["posted"], spent_minor(firm)) == (2, 250_000)
    with acting_as(Actor.for_person(firm.owner, firm.id)), pytest.raises(Refusal, match="exceeds_day_limit"):
        allowances.spend_once(firm.id, {uuid4(): 1}, "EUR")
