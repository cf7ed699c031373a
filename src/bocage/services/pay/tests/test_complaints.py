"""Complaints from both sides: what is set aside, what comes back, who is told, and what a stranger may not do."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals import actions as approvals
from bocage.kernel.approvals.queries import open_proposals
from bocage.kernel.errors import Refusal
from bocage.kernel.events import loop
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.notifications import queries as notifications
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.types import DisputeState
from bocage.services.pay.actions import complaints, paying, refunds
from bocage.services.pay.queries import receipts, wallet
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.tests.test_pages import signed_in
from bocage.services.pay.types import LineKind, Receipt
from bocage.testing import connected_as, settle

AMOUNT, WRONG = 1_000, "wrong_amount"


def paid(town: Town) -> UUID:
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.moulin, AMOUNT, "EUR", memo="Lunch")
        return paying.confirm(town.ana, sheet_id, fresh=False).payment_id


def receipt(town: Town, payment_id: UUID) -> Receipt:
    with acting_as(town.as_ana()):
        return receipts.receipt(wallet.line_of_payment(town.ana, payment_id), town.ana)


def refund_lines(owner: Actor, owner_id: UUID) -> list[int]:
    with acting_as(owner):
        rows = wallet.lines(owner_id).rows
        return [row.amount_minor for row in rows if row.kind is LineKind.REFUND]


def delivered() -> None:
    with connected_as("deliverer"):
        settle()
        loop.drain()


def test_from_the_form_to_the_money_back_with_lines_event_and_notice(committed_town: Town) -> None:
    town, payment = committed_town, paid(committed_town)
    before = available(town.ana)
    hers, shops = signed_in(town.ana), signed_in(town.marco, town.moulin)
    sent = {"amount": "6", "reason": WRONG, "complaint_id": str(uuid7())}
    for _twice in range(2):
        assert hers.post(f"/pay/payments/{payment}/complain", sent).status_code == 302
    with acting_as(town.as_moulin()):
        (open_one,) = payments.disputes_of(town.moulin, taken=True)
        assert (open_one.secured_minor, open_one.state) == (600, DisputeState.OPEN)
        assert wallet.wallet(town.moulin, "EUR").held_minor == 600
    assert b"Ana Morel" in shops.get("/pay/merchant/complaints").content
    assert not receipt(town, payment).may_complain
    for _twice in range(2):
        assert shops.post(f"/pay/merchant/complaints/{open_one.id}/give-in").status_code == 302
    assert available(town.ana) == before + 600
    delivered()
    delivered()
    assert refund_lines(town.as_ana(), town.ana) == [600]
    assert refund_lines(town.as_moulin(), town.moulin) == [-600]
    with connected_as("deliverer"), connection.cursor() as cursor:
        cursor.execute("select count(*) from event where type = 'pay.refunded' and subject_id = %s", [town.ana])
        assert cursor.fetchone() == (1,)
    with acting_as(town.as_ana()):
        assert any("complaint was right" in each.title for each in notifications.latest(town.ana).notifications)
    found = receipt(town, payment)
    assert (found.refundable_minor, found.may_complain) == (AMOUNT - 600, True)


@pytest.mark.django_db
def test_two_people_of_the_town_decide_and_one_does_not(town: Town) -> None:
    payment = paid(town)
    with acting_as(Actor.nobody()):
        identity.bootstrap_role(town.wei, "operator", reason="a test")
        identity.bootstrap_role(town.lea, "approver", reason="a test")
    with acting_as(town.as_ana()):
        opened = complaints.complain(town.ana, payment, AMOUNT, WRONG, complaint_id=uuid7())
    console = signed_in(town.wei)
    with CaptureQueriesContext(connection) as queries:
        page = console.get("/pay/console/disputes").content.decode()
    assert "Moulin Café" in page and "The amount is wrong" in page
    assert len(queries) <= 14
    decide = f"/pay/console/disputes/{opened.id}"
    assert console.post(decide, {"state": "for_me", "reason": "x"}).status_code == 422
    assert console.post(decide, {"state": "for_payee", "reason": "The bill is right"}).status_code == 302
    assert receipt(town, payment).complaint == opened
    with acting_as(Actor.for_person(town.lea)):
        (proposal,) = open_proposals()
        approvals.approve(proposal.id, town.lea)
    ended = receipt(town, payment).complaint
    assert ended is not None and ended.state == DisputeState.FOR_PAYEE
    with acting_as(town.as_moulin()):
        assert wallet.wallet(town.moulin, "EUR").held_minor == 0


@pytest.mark.django_db
def test_the_payer_takes_it_back_and_strangers_reach_nothing(town: Town) -> None:
    payment = paid(town)
    with acting_as(town.as_ana()):
        opened = complaints.complain(town.ana, payment, AMOUNT, WRONG, complaint_id=uuid7())
        with pytest.raises(Refusal, match="dispute_open"):
            complaints.complain(town.ana, payment, 1, WRONG, complaint_id=uuid7())
    stranger, shop = signed_in(town.wei), signed_in(town.marco, town.moulin)
    assert stranger.get(f"/pay/payments/{payment}/complain").status_code == 404
    assert stranger.post(f"/pay/complaints/{opened.id}/withdraw").status_code == 404
    assert stranger.get("/pay/console/disputes").status_code == 403
    assert shop.post(f"/pay/complaints/{opened.id}/withdraw").status_code == 404
    assert signed_in(town.ana).post(f"/pay/merchant/complaints/{opened.id}/give-in").status_code == 200
    assert receipt(town, payment).complaint == opened, "who acts for no shop was only asked for which"
    assert signed_in(town.ana).post(f"/pay/complaints/{opened.id}/withdraw").status_code == 302
    ended = receipt(town, payment)
    assert ended.complaint is not None and ended.complaint.state == DisputeState.WITHDRAWN
    assert ended.may_complain


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amount_minor", "reason", "code"),
    [
        (0, WRONG, "amount"),
        (-1, WRONG, "amount"),
        (2**63, WRONG, "amount"),
        (AMOUNT + 1, WRONG, "dispute_too_large"),
        (1, "drop table", "reason_invalid"),
        (1, "", "reason_invalid"),
    ],
)
def test_a_bad_complaint_is_refused_whole(town: Town, amount_minor: int, reason: str, code: str) -> None:
    payment = paid(town)
    with acting_as(town.as_ana()):
        with pytest.raises(Refusal, match=code):
            complaints.complain(town.ana, payment, amount_minor, reason, complaint_id=uuid7())
        assert payments.dispute_about(payment) is None


@pytest.mark.django_db
def test_what_the_shop_gave_back_itself_has_its_lines_once(town: Town) -> None:
    payment = paid(town)
    with acting_as(town.as_moulin()):
        refunds.refund(town.moulin, payment, 400, refund_id=uuid7())
    assert refund_lines(town.as_ana(), town.ana) == [400]
    with acting_as(town.as_ana()), pytest.raises(Refusal, match="dispute_too_large"):
        complaints.complain(town.ana, payment, 601, WRONG, complaint_id=uuid7())
