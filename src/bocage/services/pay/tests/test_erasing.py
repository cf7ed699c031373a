"""Who leaves takes her money along first."""

import pytest

from bocage.kernel.acting import acting_as
from bocage.kernel.consent import rights
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import actions as payments
from bocage.services.pay.tests.conftest import Town, available


def test_nobody_is_erased_while_money_is_hers(town: Town) -> None:
    with acting_as(town.as_ana()):
        with pytest.raises(Refusal, match="wallet_not_empty"):
            rights.erase_person(town.ana)
        assert available(town.ana) == 10_000
        payments.transfer_between_people(uuid7(), town.ana, town.wei, 10_000, "EUR")
        assert "pay" in rights.erase_person(town.ana).erased


def test_nobody_is_erased_while_money_is_kept_between_her_and_another(town: Town) -> None:
    kept = uuid7()
    with acting_as(town.as_ana()):
        payments.open_escrow(kept, town.ana, town.wei, 10_000, "EUR")
    with acting_as(town.as_wei()):
        payments.transfer_between_people(uuid7(), town.wei, town.ana, available(town.wei), "EUR")
    for person_id, actor in ((town.ana, town.as_ana()), (town.wei, town.as_wei())):
        with acting_as(actor):
            if person_id == town.ana:
                payments.transfer_between_people(uuid7(), town.ana, town.marco, available(town.ana), "EUR")
            with pytest.raises(Refusal, match="money_kept"):
                rights.erase_person(person_id)
    with acting_as(town.as_wei()):
        payments.return_escrow(kept)
        assert "pay" in rights.erase_person(town.wei).erased
