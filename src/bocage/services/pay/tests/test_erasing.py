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
