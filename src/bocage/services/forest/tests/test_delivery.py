"""Events are really delivered, and threads really run at once: each takes effect once, and only under the consent."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.db import connection

from bocage.kernel import clock, manifest
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries as consents
from bocage.kernel.errors import Refusal
from bocage.kernel.events import actions as events
from bocage.kernel.events import loop
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.manifest import Offers
from bocage.kernel.ports import GivenBack, PaymentHistory, PaymentRecord
from bocage.services.forest import accounts, limits, queries
from bocage.services.forest.actions import earning, importing
from bocage.services.forest.acts import ACT_BY_SLUG
from bocage.services.forest.models import Award, Line, Upload
from bocage.services.forest.tests.conftest import make_person, ride
from bocage.testing import connected_as

PURPOSE = "forest.grow"
METRO_GRAMS = ACT_BY_SLUG["metro"].grams


@pytest.fixture
def ana(fresh_database: str) -> UUID:
    """Somebody in a database that really commits."""
    return make_person("Ana Morel")


def as_ana(ana: UUID) -> Any:
    return acting_as(Actor.for_person(ana))


def agree(ana: UUID) -> None:
    with as_ana(ana):
        consent.grant(ana, PURPOSE)


def deliver() -> None:
    with connected_as("deliverer"):
        loop.drain()


def pay(ana: UUID, payment_id: UUID, cents: int = 250, *, mcc: str = "4111", memo: str = "") -> None:
    with acting_as(Actor.for_service("pay")):
        events.emit(
            "pay.paid",
            subject_id=ana,
            key=str(payment_id),
            data={
                "payment_id": str(payment_id),
                "payee_id": str(uuid4()),
                "payee_name": "Tramway de Vallon",
                "mcc": mcc,
                "country": "FR",
                "amount_minor": cents,
                "currency": "EUR",
                "paid_at": clock.now().isoformat(),
                "memo": memo,
            },
        )


def give_back(ana: UUID, payment_id: UUID, cents: int) -> None:
    with acting_as(Actor.for_service("pay")):
        refund_id = uuid4()
        events.emit(
            "pay.refunded",
            subject_id=ana,
            key=str(refund_id),
            data={
                "payment_id": str(payment_id),
                "refund_id": str(refund_id),
                "payee_id": str(uuid4()),
                "payee_name": "Tramway de Vallon",
                "amount_minor": cents,
                "currency": "EUR",
                "refunded_at": clock.now().isoformat(),
                "reason": "",
            },
        )


def standing(ana: UUID) -> tuple[int, int, int]:
    """Lines, micrograms of this month, and grams that ripen."""
    with as_ana(ana):
        month = queries.month(ana, clock.now().date().replace(day=1))
        return Line.objects.count(), month.micrograms, queries.grove(ana).ripening_grams


def test_a_payment_becomes_a_footprint_and_grams_once(ana: UUID) -> None:
    agree(ana)
    payment = uuid4()
    pay(ana, payment)
    deliver()
    lines, micrograms, ripening = standing(ana)
    assert (lines, ripening) == (1, METRO_GRAMS)
    assert micrograms > 0
    with as_ana(ana):
        held = Award.objects.get()
        assert ledger.balance(accounts.grams_of(ana)).posted_minor == 0
        assert queries.grams_for(ana, [payment]) == {payment: round(micrograms / 1_000_000)}
        assert held.state == "held"
    events.replay("forest", 1)
    deliver()
    assert standing(ana) == (1, micrograms, METRO_GRAMS)


def test_without_the_consent_nothing_is_heard(ana: UUID) -> None:
    pay(ana, uuid4())
    deliver()
    assert standing(ana) == (0, 0, 0)


def test_a_consent_withdrawn_between_event_and_delivery_is_obeyed(ana: UUID) -> None:
    agree(ana)
    deliver()
    pay(ana, uuid4())
    with as_ana(ana):
        consent.withdraw(ana, PURPOSE)
    deliver()
    assert standing(ana) == (0, 0, 0)


def test_a_refund_takes_footprint_and_grams_back(ana: UUID) -> None:
    agree(ana)
    payment = uuid4()
    pay(ana, payment, 1000)
    deliver()
    _lines, whole, _ripening = standing(ana)
    give_back(ana, payment, 400)
    deliver()
    lines, rest, ripening = standing(ana)
    assert (lines, ripening) == (2, 0)
    assert abs(rest - whole * 6 // 10) <= 1
    give_back(ana, payment, 600)
    give_back(ana, payment, 600)
    deliver()
    with as_ana(ana):
        month = queries.month(ana, clock.now().date().replace(day=1))
        assert (month.micrograms, month.low_micrograms, month.high_micrograms) == (0, 0, 0)
        assert [award.state for award in queries.awards(ana)] == ["returned"]


class _Past:
    """Two payments of the past weeks, of which one came back."""

    def __init__(self, kept: UUID, back: UUID) -> None:
        self.kept, self.back = kept, back

    def payments(self, subject_id: UUID, since: datetime, until: datetime) -> list[PaymentRecord]:
        assert until - since == timedelta(days=limits.BACKFILL_DAYS)
        then = until - timedelta(days=1)
        paid = PaymentRecord(self.kept, then, uuid4(), "Tramway de Vallon", "4111", "FR", 250, "EUR", 2, "")
        # Hours apart: payments to one shop within the hour would be parts of one ride.
        earlier = then - timedelta(hours=5)
        returned = replace(paid, id=self.back, paid_at=earlier, refunds=(GivenBack(uuid4(), until, 250),))
        return [paid, returned]


def test_agreeing_later_weighs_what_was_paid_before_and_leaves_a_receipt(ana: UUID) -> None:
    kept, back = uuid4(), uuid4()
    declared = [
        replace(each, offers=(Offers(PaymentHistory, _Past(kept, back)),)) if each.name == "pay" else each
        for each in manifest.services()
    ]
    agree(ana)
    with mock.patch.object(manifest, "services", lambda: declared):
        deliver()
    with as_ana(ana):
        assert queries.grams_for(ana, [back]) == {back: 0}
        assert queries.grams_for(ana, [kept])[kept] > 0
        assert sorted(award.state for award in queries.awards(ana)) == ["returned", "ripening"]
        read = [receipt for receipt in consents.receipts(ana, None).receipts if receipt.reader == "forest"]
        assert [(receipt.what, receipt.count) for receipt in read if "PaymentHistory" in receipt.what] == [
            ("PaymentHistory.payments", 2)
        ]


def test_what_a_statement_says_was_bought_and_sent_back_earns_nothing_later(ana: UUID) -> None:
    day = clock.now().date() - timedelta(days=5)
    rows = [f"{day:%d/%m/%Y};RATP METRO PARIS;-2,50;EUR", f"{day:%d/%m/%Y};REMBOURSEMENT RATP METRO PARIS;2,50;EUR"]
    with as_ana(ana):
        content = "\n".join(["Date;Libelle;Montant;Devise", *rows]).encode()
        upload = importing.receive(ana, uuid4(), "bank.csv", content, "FR")
        importing.confirm(ana, upload.id, rewarded=False)
        assert sum(line.micrograms for line in queries.lines(ana)) == 0
    agree(ana)
    deliver()
    with as_ana(ana):
        assert queries.grove(ana).ripening_grams == 0


def at_once(count: int, work: Callable[[int], object]) -> list[BaseException]:
    """Run `work` in threads that start together; what they raised."""
    raised: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            work(number)
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def test_two_tabs_that_import_one_statement_add_its_lines_once(ana: UUID, statement: bytes) -> None:
    rows = statement.decode().strip().split("\n")
    turned = "\n".join([rows[0], *reversed(rows[1:])]).encode()
    uploads = []
    with as_ana(ana):
        for content in (statement, turned):
            uploads.append(importing.receive(ana, uuid4(), "bank.csv", content, "FR").id)
    for _again in range(3):
        raised = at_once(4, lambda number: confirm(ana, uploads[number % 2]))
        assert raised == []
    with as_ana(ana):
        assert Line.objects.count() == 4
        assert sorted(Upload.objects.values_list("lines_added", flat=True)) == [0, 4]
        assert Award.objects.count() == 1


def confirm(ana: UUID, upload_id: UUID) -> None:
    with as_ana(ana):
        importing.confirm(ana, upload_id, rewarded=True)


def test_two_taps_on_collect_collect_once(ana: UUID) -> None:
    for days_ago in (20, 21, 22):
        ride(ana, days_ago=days_ago)
    collected: list[int] = []

    def tap(_number: int) -> None:
        with as_ana(ana):
            collected.append(earning.collect(ana))

    raised = at_once(4, tap)
    assert [getattr(error, "code", error) for error in raised] == ["nothing_ripe"] * 3
    assert all(isinstance(error, Refusal) for error in raised)
    assert collected == [3 * METRO_GRAMS]
    with as_ana(ana):
        assert ledger.balance(accounts.grams_of(ana)).posted_minor == 3 * METRO_GRAMS


def test_the_days_cap_holds_when_payments_are_weighed_at_once(ana: UUID) -> None:
    raised = at_once(5, lambda _number: ride(ana))
    assert raised == []
    with as_ana(ana):
        assert Award.objects.count() == ACT_BY_SLUG["metro"].per_day_max


def test_a_statement_that_nobody_confirmed_is_forgotten_after_a_week(ana: UUID, statement: bytes) -> None:
    old = clock.now() - limits.UPLOAD_KEPT - timedelta(hours=1)
    with as_ana(ana):
        with clock.frozen(old):
            importing.receive(ana, uuid4(), "old.csv", statement, "FR")
            kept = importing.receive(ana, uuid4(), "kept.csv", statement, "FR").id
            importing.confirm(ana, kept, rewarded=False)
        fresh = importing.receive(ana, uuid4(), "new.csv", statement, "FR").id
    with acting_as(Actor.for_service("forest")):
        assert importing.forget_left_waiting() == 1
    with as_ana(ana):
        assert set(Upload.objects.values_list("id", flat=True)) == {kept, fresh}
