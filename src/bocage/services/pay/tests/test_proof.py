"""A receipt's proof: there once the night's checkpoint is signed, for its owner alone, and it verifies by itself."""

from datetime import timedelta

from django.test import Client

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.ledger import sealer
from bocage.kernel.proofs import actions as proofs
from bocage.kernel.proofs.verifying import verify
from bocage.services.pay.actions import paying
from bocage.services.pay.queries import wallet
from bocage.services.pay.tests.conftest import Town
from bocage.services.pay.tests.test_pages import signed_in
from bocage.testing import connected_as, settle


def test_who_paid_gets_a_proof_that_verifies_offline_and_the_shop_does_not_learn_who(committed_town: Town) -> None:
    town = committed_town
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.moulin, 300, "EUR", memo="Coffee")
        payment_id = paying.confirm(town.ana, sheet_id, fresh=False).payment_id
        hers = wallet.line_of_payment(town.ana, payment_id)
        _id, token = identity.create_token(town.ana, "reader", ("pay:read",), life=timedelta(days=1))
    with acting_as(town.as_moulin()):
        theirs = wallet.line_of_payment(town.moulin, payment_id)
    ana, page = signed_in(town.ana), f"/pay/activity/{hers.id}"
    program = Client(headers={"authorization": f"Bearer {token}"})
    before = ana.get(page).content.decode()
    assert "ready after midnight" in before and f"{hers.id}.proof.json" not in before
    early = program.get(f"/api/v1/pay/lines/{hers.id}/proof")
    assert (early.status_code, early["Content-Type"]) == (409, "application/problem+json")
    assert early.json()["code"] == "proof_not_yet"
    with connected_as("deliverer"):
        settle()
        sealer.seal_all()
    with acting_as(Actor.for_service("proofs")):
        signed = proofs.sign_checkpoint()
    assert signed is not None
    assert f'href="{page}.proof.json"' in ana.get(page).content.decode()
    for answer in (
        ana.get(f"{page}.proof.json"),
        program.get(f"/api/v1/pay/lines/{hers.id}/proof"),
    ):
        assert answer.status_code == 200, answer.content
        steps = verify(answer.content, signed.public_key)
        assert [step.passed for step in steps] == [True] * 6, steps
    shops, theirs_page = signed_in(town.marco, town.moulin), f"/pay/activity/{theirs.id}"
    assert shops.get(f"{theirs_page}.proof.json").status_code == 403, "a proof would tell the shop who paid"
    assert "proof" not in shops.get(theirs_page).content.decode().lower()
    assert signed_in(town.wei).get(f"{page}.proof.json").status_code == 404
