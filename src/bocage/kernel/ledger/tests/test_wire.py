"""Records that no client of ours sends are turned away before they reach a batch."""

from uuid import uuid4

import numpy as np
import pytest

from bocage.kernel import clock
from bocage.kernel.ledger import wire
from bocage.kernel.ledger.types import Hold, Transfer


def test_a_payment_that_names_a_hold_and_an_expiry_beyond_all_dates_are_malformed() -> None:
    transfer = Transfer(uuid4(), uuid4(), uuid4(), 1, "EUR", "pay")
    packed = wire.pack([[transfer], [Hold(transfer, clock.now())]])
    assert len(wire.unpack(packed)) == 2
    for place, field, value in ((0, "hold", np.void(uuid4().bytes)), (1, "expires_at", 2**63 - 1)):
        records = np.frombuffer(packed, wire.REQUEST).copy()
        records[field][place] = value
        with pytest.raises(wire.Malformed, match=f"record {place}: {field}"):
            wire.unpack(records.tobytes())


def test_submissions_checked_together_are_what_each_of_them_is() -> None:
    def pay() -> Transfer:
        return Transfer(uuid4(), uuid4(), uuid4(), 1, "EUR", "pay", "né")

    submissions = [wire.pack([[pay()]]), wire.pack([[pay(), pay()], [pay()]]), wire.pack([[pay()]])]
    together = wire.unpack_all(submissions)
    assert [each.tobytes() for each in together] == submissions
    assert wire.joined(together).tobytes() == b"".join(submissions)
    linked = np.frombuffer(submissions[0], wire.REQUEST).copy()
    linked["flags"] = wire.LINKED
    bad = [linked.tobytes(), b"", submissions[0][:-1], b"\xff" * wire.REQUEST.itemsize]
    for raw in bad:
        with pytest.raises(wire.Malformed):
            wire.unpack_all([submissions[1], raw, submissions[2]])
        with pytest.raises(wire.Malformed):
            wire.unpack(raw)
