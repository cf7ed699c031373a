"""Two operators decide over other people's payments, never one."""

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals import actions as approvals
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as ledger_actions
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY

pytestmark = pytest.mark.django_db

REASON = "asked for at the counter"


def carry_out(kind: str, payload: dict[str, object]) -> None:
    """One operator proposes, another approves; the first alone may not."""
    with acting_as(Actor.nobody()):
        maker = identity.register(display_name="Mia").id
        checker = identity.register(display_name="Leo").id
        identity.bootstrap_role(maker, "operator", reason=REASON)
        identity.bootstrap_role(checker, "approver", reason=REASON)
    with acting_as(Actor.for_person(maker)):
        proposal_id = approvals.propose(kind, payload, maker, reason=REASON)
        with pytest.raises(Refusal, match="forbidden"):
            approvals.approve(proposal_id, maker)
    with acting_as(Actor.for_person(checker)):
        approvals.approve(proposal_id, checker)


def test_a_dispute_is_decided() -> None:
    town = scene.make(10_000)
    paid, id = town.paid(1_000), uuid7()
    with town.buyer_acts():
        actions.open_dispute(id, paid.id, 900, "broken")
    carry_out("payments.decide_dispute", {"dispute_id": str(id), "state": "for_payer"})
    assert town.balance(town.buyer) == 9_900


def test_terms_are_set() -> None:
    town = scene.make()
    carry_out("payments.set_fee_terms", {"payee_id": str(town.shop), "basis_points": 100, "fixed_minor": 0})
    assert town.paid(1_000).fee_minor == 10


def test_a_wallet_is_opened_again() -> None:
    town = scene.make()
    wallet = queries.wallet(town.buyer, CURRENCY)
    ledger_actions.freeze(wallet)
    carry_out("payments.unfreeze_wallet", {"owner_id": str(town.buyer), "currency": CURRENCY})
    assert ledger.standing(wallet) == "open"


@pytest.mark.parametrize(
    ("kind", "payload", "code"),
    [
        ("payments.decide_dispute", {"dispute_id": "x", "state": "for_payer"}, "id_invalid"),
        ("payments.decide_dispute", {"dispute_id": str(uuid7()), "state": "open"}, "state_invalid"),
        ("payments.decide_dispute", {"dispute_id": str(uuid7()), "state": "for_payer"}, "not_found"),
        (
            "payments.set_fee_terms",
            {"payee_id": str(uuid7()), "basis_points": "1", "fixed_minor": 0},
            "fee_out_of_range",
        ),
        (
            "payments.set_fee_terms",
            {"payee_id": str(uuid7()), "basis_points": 5000, "fixed_minor": 0},
            "fee_out_of_range",
        ),
        ("payments.unfreeze_wallet", {"owner_id": str(uuid7()), "currency": "gCO2"}, "not_money"),
    ],
)
def test_what_cannot_be_done_is_not_proposed(kind: str, payload: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        carry_out(kind, payload)
