"""Recurring payments: once a due date, within every limit, caught up after a pause, and stopped at once."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.refusals import refusal as ledger_refusal
from bocage.kernel.ledger.testing import shifted
from bocage.kernel.notifications import queries as notifications
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, Scene
from bocage.kernel.payments.types import ChargeState, MandateTerms, Period

pytestmark = pytest.mark.django_db


def _today() -> date:
    return clock.today(django_settings.TOWN["time_zone"])


def _terms(period: Period = Period.MONTH, **other: object) -> MandateTerms:
    today = _today()
    given_terms = {"payment_minor": 1_000, "period_minor": 1_500, "ends_on": today + timedelta(days=365), **other}
    return MandateTerms(currency=CURRENCY, period=period, starts_on=today, **given_terms)  # type: ignore[arg-type]


def _granted(town: Scene, terms: MandateTerms) -> UUID:
    with town.buyer_acts():
        id = uuid7()
        granted = actions.grant_mandate(id, town.buyer, town.shop, terms, "Club")
        assert actions.grant_mandate(id, town.buyer, town.shop, terms, "Club") == granted
    return id


def test_nothing_is_taken_while_it_is_paused_and_what_fell_due_meanwhile_is_not_paid() -> None:
    town = scene.make(10_000)
    id = _granted(town, _terms(Period.DAY, scheduled_minor=1_000))
    assert actions.pay_due() == 1
    with town.buyer_acts():
        assert actions.pause_mandate(id) == actions.pause_mandate(id)
    with town.shop_acts():
        for refused in (actions.pause_mandate, actions.resume_mandate):
            with pytest.raises(Refusal, match="forbidden"):
                refused(id)
        with pytest.raises(Refusal, match="mandate_paused"):
            actions.charge_mandate(uuid7(), id, 500)
    with shifted(timedelta(days=3)):
        assert actions.pay_due() == 0
        with town.buyer_acts():
            resumed = actions.resume_mandate(id)
            assert (resumed, resumed.next_due_on) == (actions.resume_mandate(id), _today())
        assert actions.pay_due() == 1 and actions.pay_due() == 0
        with town.buyer_acts():
            assert [each.due_on for each in queries.charges(id, 10)] == [_today(), _today() - timedelta(days=3)]
            actions.pause_mandate(id)
            actions.resume_mandate(id)
            actions.revoke_mandate(id)
            with pytest.raises(Refusal, match="mandate_revoked"):
                actions.pause_mandate(id)


def test_the_shop_takes_within_the_limits_and_not_after_the_stop() -> None:
    town = scene.make(10_000)
    id = _granted(town, _terms(total_minor=2_000))
    with town.shop_acts():
        charge_id = uuid7()
        charge = actions.charge_mandate(charge_id, id, 1_000)
        assert actions.charge_mandate(charge_id, id, 1_000) == charge
        with pytest.raises(Refusal, match="exceeds_mandate"):
            actions.charge_mandate(uuid7(), id, 501)
        actions.charge_mandate(uuid7(), id, 500)
        with shifted(timedelta(days=40)), pytest.raises(Refusal, match="exceeds_mandate"):
            actions.charge_mandate(uuid7(), id, 501)  # the total
    with town.buyer_acts():
        assert actions.revoke_mandate(id) == actions.revoke_mandate(id)
    with town.shop_acts(), shifted(timedelta(days=40)), pytest.raises(Refusal, match="mandate_revoked"):
        actions.charge_mandate(uuid7(), id, 100)
    assert town.balance(town.buyer) == 8_500
    with town.buyer_acts():
        assert queries.mandate(id).taken_minor == 1_500
        assert [each.amount_minor for each in queries.charges(id)] == [500, 1_000]


def test_only_the_payer_grants_and_only_the_two_sides_see() -> None:
    town = scene.make(10_000)
    with town.shop_acts(), pytest.raises(Refusal, match="forbidden"):
        actions.grant_mandate(uuid7(), town.buyer, town.shop, _terms())
    id = _granted(town, _terms())
    with town.buyer_acts(), pytest.raises(Refusal, match="forbidden"):
        actions.charge_mandate(uuid7(), id, 100)
    with acting_as(Actor.for_person(town.owner)), pytest.raises(Refusal, match="not_found"):
        queries.mandate(id)
    with acting_as(Actor.for_person(town.owner)), pytest.raises(Refusal, match="not_found"):
        actions.revoke_mandate(id)


def test_missed_days_are_paid_once_each() -> None:
    town = scene.make(10_000)
    id = _granted(town, _terms(Period.DAY, scheduled_minor=100, ends_on=_today() + timedelta(days=4)))
    assert actions.pay_due() == 1 and actions.pay_due() == 0
    with shifted(timedelta(days=3, minutes=1)):
        while actions.pay_due():
            pass
        assert town.balance(town.buyer) == 9_600
    with shifted(timedelta(days=30)):
        while actions.pay_due():
            pass
    assert town.balance(town.buyer) == 9_500
    with town.buyer_acts():
        assert queries.mandate(id).next_due_on is None
        charges = queries.charges(id)
    assert len({each.due_on for each in charges}) == len(charges) == 5


def test_without_money_nothing_is_taken_and_both_are_told() -> None:
    town = scene.make(50)
    id = _granted(town, _terms(scheduled_minor=100))
    assert actions.pay_due() == 1 and actions.pay_due() == 0
    with town.buyer_acts():
        (charge,) = queries.charges(id)
        assert "Moulin" in notifications.latest(town.buyer).notifications[0].title
    assert (charge.state, charge.refusal) == (ChargeState.REFUSED, "exceeds_balance")
    assert town.balance(town.buyer) == 50


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"period_minor": 999}, "period_below_payment"),
        ({"total_minor": 999}, "total_below_payment"),
        ({"scheduled_minor": 1_001}, "scheduled_above_payment"),
        ({"payment_minor": 0}, "amount_out_of_range"),
        ({"ends_on": date(2020, 1, 1)}, "ends_out_of_range"),
        ({"ends_on": date(2099, 1, 1)}, "ends_out_of_range"),
    ],
)
def test_terms_that_cannot_be(other: dict[str, object], code: str) -> None:
    town = scene.make(10_000)
    with town.buyer_acts(), pytest.raises(Refusal, match=code):
        actions.grant_mandate(uuid7(), town.buyer, town.shop, _terms(**other))  # type: ignore[arg-type]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([Period.DAY, Period.WEEK]),
    st.integers(100, 1_000),
    st.integers(0, 500),
    st.one_of(st.none(), st.integers(1_000, 3_000)),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 1_200)), max_size=8),
)
def test_never_more_than_was_agreed(
    period: Period, payment: int, more: int, total: int | None, scheduled: bool, asks: list[tuple[int, int]]
) -> None:
    with transaction.atomic():
        town = scene.make(100_000)
        terms = _terms(
            period,
            payment_minor=payment,
            period_minor=payment + more,
            total_minor=total,
            scheduled_minor=payment if scheduled else None,
        )
        id = _granted(town, terms)
        for days, amount in sorted(asks):
            with shifted(timedelta(days=days)):
                while actions.pay_due():
                    pass
                try:
                    with town.shop_acts():
                        actions.charge_mandate(uuid7(), id, amount)
                except Refusal as refusal:
                    assert refusal.code == "exceeds_mandate"
        with town.buyer_acts():
            paid = [each for each in queries.charges(id) if each.state is ChargeState.PAID]
        step = {Period.DAY: 1, Period.WEEK: 7}[period]
        sums: dict[int, int] = {}
        for each in paid:
            assert each.amount_minor <= payment
            place = (each.due_on - terms.starts_on).days // step
            sums[place] = sums.get(place, 0) + each.amount_minor
        assert all(taken <= payment + more for taken in sums.values())
        assert total is None or sum(sums.values()) <= total
        assert town.balance(town.buyer) == 100_000 - sum(sums.values())
        transaction.set_rollback(True)


def test_what_met_others_at_the_account_stays_due_and_is_paid_later(monkeypatch: pytest.MonkeyPatch) -> None:
    town = scene.make(10_000)
    id = _granted(town, _terms(scheduled_minor=1_000))

    def busy(*_arguments: object) -> None:
        raise ledger_refusal("ledger_busy")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "hold", busy)
        assert actions.pay_due() == 0
    with town.buyer_acts():
        assert (queries.charges(id), queries.mandate(id).next_due_on) == ((), _today())
    assert actions.pay_due() == 1
    assert town.balance(town.buyer) == 9_000
