"""Workers that pay what is due at once, and payers who stop it meanwhile."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.test_mandates import _granted, _terms
from bocage.kernel.payments.types import Period


def test_three_workers_and_a_stop_at_once_pay_each_date_once(fresh_database: str) -> None:
    town = scene.make(100_000)
    ids = [_granted(town, _terms(Period.DAY, scheduled_minor=100)) for _ in range(8)]

    def work() -> None:
        try:
            while actions.pay_due():
                pass
        finally:
            connection.close()

    def stop() -> None:
        try:
            for id in ids[4:]:
                with town.buyer_acts():
                    actions.revoke_mandate(id)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(each) for each in (work, work, stop, work)]:
            done.result(timeout=60)
    while actions.pay_due():
        pass
    with town.buyer_acts():
        counts = [len(queries.charges(id)) for id in ids]
        taken = sum(queries.mandate(id).taken_minor for id in ids)
    assert counts[:4] == [1] * 4 and max(counts) == 1
    assert town.balance(town.buyer) == 100_000 - taken == 100_000 - 100 * sum(counts)
