"""Random histories of one town's payments against a few lines of arithmetic: no cent is made, lost or paid twice."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.testing import give
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.fees import fee_of
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, Scene
from bocage.kernel.payments.types import FeeTerms, IntentState

OPENING_MINOR = 3_000
AMOUNTS = st.integers(1, 900)
PLACES = st.integers(0, 40)
TERMS = FeeTerms(60, 0)


@dataclass
class Known:
    """What the arithmetic knows of one intent."""

    amount: int
    escrow: bool
    state: str = "created"
    captured: int = 0
    refunded: int = 0

    @property
    def kept(self) -> int:
        """What is neither the buyer's to spend nor the shop's."""
        return self.amount if self.state == "authorised" else 0

    @property
    def fee(self) -> int:
        return fee_of(self.captured, TERMS) if self.captured else 0


class Payments(RuleBasedStateMachine):
    """The buyer and the shop do anything in any order; each verb is asked twice with the same id."""

    town: Scene

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[UUID, Known] = {}
        with acting_as(Actor.for_person(self.town.buyer)):
            give(queries.wallet(self.town.buyer, CURRENCY), OPENING_MINOR)
        with self.town.shop_acts():
            self.shop_before = self.town.balance(self.town.shop)
        self.buyer_before = self.town.balance(self.town.buyer)

    @rule(amount=AMOUNTS)
    def create(self, amount: int) -> None:
        id = uuid7()
        with self.town.buyer_acts():
            actions.create_intent(id, self.town.buyer, self.town.shop, amount, CURRENCY)
        self.known[id] = Known(amount, escrow=False)

    @rule(amount=AMOUNTS)
    def keep(self, amount: int) -> None:
        id = uuid7()
        buyer, shop = self.town.buyer, self.town.shop
        covered = amount <= self.buyer_left
        done = self.twice(buyer, lambda: actions.open_escrow(id, buyer, shop, amount, CURRENCY))
        assert (done == "exceeds_balance") != covered
        if covered:
            self.known[id] = Known(amount, escrow=True, state="authorised")

    @rule(place=PLACES)
    def authorise(self, place: int) -> None:
        id, known = self.one(place)
        if known is None:
            return
        covered = known.amount <= self.buyer_left
        done = self.twice(self.town.buyer, lambda: actions.authorise(id))
        if known.state == "created" and not known.escrow:
            assert (done == "exceeds_balance") != covered
            known.state = "authorised" if covered else "created"
        else:
            assert done in ("", "payment_cancelled")

    @rule(place=PLACES, amount=st.one_of(st.none(), AMOUNTS))
    def take(self, place: int, amount: int | None) -> None:
        id, known = self.one(place)
        if known is None:
            return
        wanted = known.amount if amount is None else amount
        verb: Any = actions.release_escrow if known.escrow else actions.capture
        done = self.twice(self.town.buyer, lambda: verb(id, amount))
        fits = known.state == "authorised" and wanted <= known.amount
        assert (done == "") == (fits or (known.state == "captured" and wanted == known.captured))
        if fits:
            known.state, known.captured = "captured", wanted

    @rule(place=PLACES)
    def give_up(self, place: int) -> None:
        id, known = self.one(place)
        if known is None:
            return
        verb: Any = actions.return_escrow if known.escrow else actions.cancel
        done = self.twice(self.town.shop, lambda: verb(id))
        assert (done == "") == (known.state != "captured")
        known.state = "cancelled" if done == "" else known.state

    @rule(place=PLACES, amount=st.one_of(st.none(), AMOUNTS))
    def refund(self, place: int, amount: int | None) -> None:
        id, known = self.one(place)
        if known is None:
            return
        refund_id, left = uuid7(), known.captured - known.refunded
        back = left if amount is None else amount
        shop_has = self.shop_left
        done = self.twice(self.town.shop, lambda: actions.refund(refund_id, id, amount))
        if left <= 0 or back > left:
            assert done == "refund_too_large"
        else:
            assert done == ("" if back <= shop_has else "exceeds_balance")
            known.refunded += back if done == "" else 0

    @invariant()
    def money_is_where_the_arithmetic_says(self) -> None:
        assert self.town.balance(self.town.buyer) == self.buyer_left
        assert self.town.balance(self.town.shop) == self.shop_left
        with self.town.buyer_acts():
            for id, known in self.known.items():
                shown = queries.intent(id)
                assert shown.state == IntentState(known.state)
                assert (shown.captured_minor, shown.refunded_minor) == (known.captured, known.refunded)
                assert 0 <= shown.refunded_minor <= shown.captured_minor <= shown.amount_minor

    @invariant()
    def debits_equal_credits(self) -> None:
        assert sum(line.debits_posted_minor - line.credits_posted_minor for line in ledger.trial_balance()) == 0

    @property
    def buyer_left(self) -> int:
        gone = sum(known.kept + known.captured - known.refunded for known in self.known.values())
        return self.buyer_before - gone

    @property
    def shop_left(self) -> int:
        return self.shop_before + sum(known.captured - known.fee - known.refunded for known in self.known.values())

    def one(self, place: int) -> tuple[UUID, Known | None]:
        if not self.known:
            return UUID(int=0), None
        id = list(self.known)[place % len(self.known)]
        return id, self.known[id]

    def twice(self, party_id: UUID, verb: Any) -> str:
        """ "" or the code of the refusal; asked again, the verb says the same."""
        answers = []
        for _attempt in range(2):
            try:
                person_id = self.town.buyer if party_id == self.town.buyer else self.town.owner
                with acting_as(Actor.for_person(person_id, party_id)):
                    verb()
                answers.append("")
            except Refusal as refusal:
                answers.append(refusal.code)
        assert answers[0] == answers[1]
        return answers[0]


@pytest.mark.django_db
def test_random_histories_keep_every_cent() -> None:
    Payments.town = scene.make(OPENING_MINOR)
    checks = settings(max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Payments, settings=checks)
