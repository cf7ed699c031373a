"""Two operators take the same files at once."""

from collections.abc import Callable

from bocage.kernel.acting import Actor, acting_as
from bocage.services.pay.actions import bank, reconciling
from bocage.services.pay.models import StatementLine
from bocage.services.pay.tests.conftest import Town
from bocage.services.pay.tests.test_races import at_once
from bocage.services.pay.tests.test_reconciling import booked, foreign


def test_the_same_files_at_once_give_one_line_each_and_one_line_a_movement(committed_town: Town) -> None:
    with acting_as(Actor.for_service("pay")):
        for number in range(10):
            bank.credit_wallet(committed_town.ana, 700, "EUR", f"BK-{number}")
    lines = [booked("7.00", f"line {number}", bank=f"BK-{number}") for number in range(10)]

    def taking(first: int) -> Callable[[], object]:
        some = lines[first : first + 6]
        files = [("a.xml", foreign(*some)), ("b.xml", foreign(*some[::-1]))]
        return lambda: sum(each.new for each in reconciling.take_statements(files, 5))

    new = at_once([taking(first) for first in (0, 4, 2, 0)])
    assert sum(int(str(each)) for each in new) == 10
    with acting_as(Actor.for_service("pay")):
        rows = list(StatementLine.objects.values_list("finding", "movement_id"))
    assert len(rows) == 10 and {finding for finding, _id in rows} == {"reference"}
    assert len({id for _finding, id in rows}) == 10
