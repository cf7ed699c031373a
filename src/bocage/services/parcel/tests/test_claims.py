"""Claims: the price is set aside of the carrier's money, and goes to one of the two, once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.parcel import jobs
from bocage.services.parcel.actions import claims, scanning
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.tests.conftest import Town, available, fund
from bocage.services.parcel.tests.test_doors import browser, caller
from bocage.services.parcel.types import Shipment

pytestmark = pytest.mark.django_db


def handed_over(town: Town) -> Shipment:
    parcel = town.sent()
    with acting_as(town.as_lea()):
        scanning.sync(town.velo, town.lea, [Scan(uuid4(), parcel.s10, "accept", clock.now())])
    jobs.tell_receivers.run()
    fund(town.velo, parcel.amount_minor)  # of the price the carrier has what Pay's fee left
    return parcel


def test_a_price_claimed_back_is_set_aside_and_given_back_by_the_carrier(town: Town) -> None:
    parcel = handed_over(town)
    carriers, senders = available(town.velo), available(town.ana)
    ana = caller(town.ana, "parcel:read", "parcel:write")
    assert ana("POST", f"/shipments/{parcel.id}/claim", {"reason": "lost"})[1]["code"] == "not_due_yet"
    status, claim = ana("POST", f"/shipments/{parcel.id}/claim", {"reason": "damaged"})
    assert (status, claim["state"], claim["amount_minor"]) == (200, "open", parcel.amount_minor)
    assert claim["secured_minor"] == parcel.amount_minor
    assert available(town.velo) == carriers - parcel.amount_minor
    page = browser("marco", town.velo)
    assert "Give the price back" in page.get(f"/parcel/desk/{parcel.id}").content.decode()
    for _again in range(2):
        assert page.post(f"/parcel/desk/{parcel.id}/claim").status_code == 302
    assert available(town.ana) == senders + parcel.amount_minor
    assert "went back to the sender" in browser("ana").get(f"/parcel/p/{parcel.id}").content.decode()


def test_a_claim_taken_back_leaves_the_carrier_its_money(town: Town) -> None:
    parcel = handed_over(town)
    before, ana = available(town.velo), browser("ana")
    with clock.shifted(timedelta(days=6)):
        assert ana.post(f"/parcel/p/{parcel.id}/claim", {"reason": "late"}).status_code == 302
        assert ana.post(f"/parcel/p/{parcel.id}/claim", {"withdraw": "yes"}).status_code == 302
        for reason in ("late", "damaged"):
            again = ana.post(f"/parcel/p/{parcel.id}/claim", {"reason": reason})
            assert again.status_code == 409 and "claimed before" in again.content.decode()
    assert available(town.velo) == before
    assert ana.post(f"/parcel/p/{parcel.id}/claim", {"reason": "ugly"}).status_code >= 400


def test_who_may_claim_and_who_may_give_in(town: Town) -> None:
    announced, parcel = town.sent(), handed_over(town)
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="no money of yours"):
        claims.claim(town.ana, announced.id, "damaged")
    with acting_as(Actor.for_person(town.wei)), pytest.raises(Refusal, match="no such parcel"):
        claims.claim(town.wei, parcel.id, "damaged")
    with acting_as(Actor.for_person(town.ana)):
        claims.claim(town.ana, parcel.id, "damaged")
    with acting_as(Actor.for_person(town.marco, town.autre)), pytest.raises(Refusal, match="no such parcel"):
        claims.grant_claim(town.autre, parcel.id)
