"""What happens to kept money without Pay's doing reaches the wallets' lines and both sides when the log tells, once."""

from datetime import timedelta
from uuid import uuid4

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events import loop
from bocage.kernel.identity import actions as identity
from bocage.kernel.ledger.testing import shifted
from bocage.kernel.payments import actions as kernel
from bocage.kernel.payments.limits import FROZEN_WAIT
from bocage.kernel.payments.types import DisputeState
from bocage.services.pay.actions import elsewhere, keeping
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.tests.test_keeping import agree
from bocage.services.pay.tests.test_kept_pages import kept
from bocage.services.pay.tests.test_pages import signed_in
from bocage.services.pay.tests.test_recurring import told
from bocage.testing import connected_as, settle

DUE, HEARD = timedelta(days=31), timedelta(days=31 + 8)


def test_a_lapse_and_a_decision_reach_wallets_and_both_sides_by_the_log(committed_town: Town) -> None:
    town, lapsing, decided = committed_town, kept(committed_town), kept(committed_town, amount="5")
    with shifted(DUE):
        for escrow_id in (lapsing, decided):
            with acting_as(town.as_wei()):
                keeping.ask(escrow_id, "delivered")
        with acting_as(town.as_ana()):
            objection = keeping.contest(decided, "not_received", uuid4())
    with shifted(HEARD):
        assert kernel.lapse_next() and not kernel.lapse_next()
    with acting_as(Actor.for_service("payments")):
        kernel.end_dispute(objection.id, DisputeState.FOR_PAYER)
    for _twice in range(2):
        _deliver()
    assert available(town.ana) == 8_750 and agree(town.as_ana(), town.as_wei())
    assert set(told(town.ana)) >= {
        "€12.50 that was set aside went to Wei Lin: nobody objected",
        "It is decided: €5.00 that was set aside is yours",
    }
    assert told(town.wei).count("€12.50 that was set aside is yours: nobody objected") == 1
    assert told(town.wei).count("It is decided: €5.00 that was set aside went to Ana Morel") == 1


def test_what_another_service_keeps_is_in_the_lines_from_the_begin(committed_town: Town) -> None:
    town = committed_town
    back, out = uuid4(), uuid4()
    with acting_as(town.as_ana()):
        for id in (back, out):
            kernel.open_escrow(id, town.ana, town.moulin, 1_000, "EUR", memo_ref="parcel:1", service="parcel")
    _deliver()
    assert agree(town.as_ana())
    with acting_as(Actor.for_service("parcel")):
        kernel.return_escrow(back, "lost")
        kernel.release_escrow(out)
    _deliver()
    assert available(town.ana) == 9_000 and agree(town.as_ana(), town.as_moulin())
    page = signed_in(town.ana).get(f"/pay/kept/{out}").content.decode()
    assert "It was paid out to them" in page and "/release" not in page


def test_what_was_taken_before_keeping_had_a_line_is_not_counted_twice_when_told_again(committed_town: Town) -> None:
    town, id = committed_town, uuid4()
    with acting_as(town.as_ana()):
        kernel.open_escrow(id, town.ana, town.moulin, 1_000, "EUR", memo_ref="parcel:1", service="parcel")
    with acting_as(Actor.for_service("parcel")):
        taken = kernel.release_escrow(id)
    with acting_as(Actor.for_service("pay")):
        elsewhere.write_capture(taken)
    _deliver()
    assert available(town.ana) == 9_000 and agree(town.as_ana(), town.as_moulin())


def test_both_are_told_that_the_town_decides_where_one_side_cannot_be_heard(committed_town: Town) -> None:
    town, id = committed_town, kept(committed_town)
    with shifted(DUE):
        with acting_as(town.as_wei()):
            keeping.ask(id, "delivered")
        with acting_as(town.as_ana()):
            identity.freeze(town.ana, by_id=town.ana, reason="a lost telephone")
    with shifted(HEARD + FROZEN_WAIT):
        assert kernel.lapse_next() and not kernel.lapse_next()
    _deliver()
    for party_id in (town.ana, town.wei):
        assert "€12.50 stays set aside: the town was asked to decide" in told(party_id)


def _deliver() -> None:
    with connected_as("deliverer"):
        settle()
        loop.drain()
