"""What must hold when two do it at once, on a database that really commits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import queries as ledger
from bocage.services.pay.actions import codes, paying, presented
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.queries import wallet
from bocage.services.pay.tests.conftest import Town, available, fund
from bocage.testing import connected_as

THREADS = 16
PAYMENTS_A_THREAD = 5


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """Run each in a thread of its own, all let go at one moment; a Refusal's code stands for its answer."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return work()
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_two_tills_that_read_one_code_charge_it_once(committed_town: Town) -> None:
    town = committed_town
    with acting_as(town.as_ana()):
        shown = presented.show(town.ana)

    def charge() -> object:
        with acting_as(town.as_moulin()):
            return paying.charge(town.moulin, shown.digits, 1_000, "EUR", payment_id=uuid7()).done

    assert sorted(map(str, at_once([charge] * 4))) == ["True", "code_used", "code_used", "code_used"]
    assert available(town.ana) == 9_000


def test_two_tabs_that_confirm_one_payment_pay_once(committed_town: Town) -> None:
    town = committed_town
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.moulin, 1_000, "EUR")

    def confirm() -> object:
        with acting_as(town.as_ana()):
            return paying.confirm(town.ana, sheet_id, fresh=False).done

    assert at_once([confirm] * 4) == [True] * 4
    assert available(town.ana) == 9_000


def test_two_people_who_pay_one_order_pay_it_once(committed_town: Town) -> None:
    town = committed_town
    with acting_as(town.as_moulin()):
        order = code_queries.own_code(town.moulin, codes.make_order(town.moulin, "EUR", 1_000))

    def pay(actor: Actor) -> Callable[[], object]:
        def confirm() -> object:
            assert actor.person_id is not None
            with acting_as(actor):
                sheet_id = paying.lay_sheet(actor.person_id, town.moulin, 1_000, "EUR", code=order)
                return paying.confirm(actor.person_id, sheet_id, fresh=False).done

        return confirm

    answers = at_once([pay(town.as_ana()), pay(town.as_wei())])
    assert sorted(map(str, answers)) == ["True", "code_used"]
    assert available(town.ana) + available(town.wei) == 19_000


def test_two_screens_of_one_person_show_one_living_code(committed_town: Town) -> None:
    town = committed_town

    def show() -> object:
        with acting_as(town.as_ana()):
            return presented.show(town.ana).digits

    shown = [str(each) for each in at_once([show] * 4)]

    def charge(digits: str) -> Callable[[], object]:
        def take() -> object:
            with acting_as(town.as_moulin()):
                return paying.charge(town.moulin, digits, 100, "EUR", payment_id=uuid7()).done

        return take

    answers = at_once([charge(digits) for digits in shown])
    assert sorted(map(str, answers)) == ["True", "code_expired", "code_expired", "code_expired"]


def test_sixteen_threads_that_pay_from_one_wallet_never_overdraw_it(committed_town: Town) -> None:
    town = committed_town
    amount_minor = 170

    def spend() -> object:
        paid = 0
        for _ in range(PAYMENTS_A_THREAD):
            try:
                with acting_as(town.as_ana()):
                    payee = town.moulin if paid % 2 else town.wei
                    sheet_id = paying.lay_sheet(town.ana, payee, amount_minor, "EUR")
                    paying.confirm(town.ana, sheet_id, fresh=False)
                    paid += 1
            except Refusal as refusal:
                assert refusal.code in {"exceeds_balance", "ledger_busy"}, refusal
        return paid

    paid = sum(int(str(each)) for each in at_once([spend] * THREADS))
    left_minor = available(town.ana)
    assert left_minor == 10_000 - paid * amount_minor >= 0
    assert paid <= 10_000 // amount_minor
    with acting_as(town.as_ana()):
        lines = wallet.lines(town.ana, limit=200).rows
        assert sum(line.amount_minor for line in lines) == left_minor
    with connected_as("auditor"):
        assert ledger.disagreements() == ()


def test_refunds_at_once_never_pass_the_payment(committed_town: Town) -> None:
    from bocage.services.pay.actions import refunds

    town = committed_town
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.moulin, 1_000, "EUR")
        paying.confirm(town.ana, sheet_id, fresh=False)
    fund(town.moulin, 5_000)

    def give_back() -> object:
        with acting_as(town.as_moulin()):
            return refunds.refund(town.moulin, sheet_id, 300, refund_id=uuid7()) is not None

    answers = [str(each) for each in at_once([give_back] * 6)]
    assert answers.count("True") == 3
    assert set(answers) <= {"True", "refund_too_large"}
    assert available(town.ana) == 10_000 - 1_000 + 900
    connections.close_all()
