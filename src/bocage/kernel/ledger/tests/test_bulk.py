"""Many transfers in one call: by the function, by the command's file, in both lanes; and balances of the past."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, bulk, queries
from bocage.kernel.ledger.testing import give, shifted
from bocage.kernel.ledger.types import Posted, Refused, Transfer


@pytest.fixture
def payroll(db: None) -> Iterator[tuple[UUID, list[UUID]]]:
    """A firm's account with 100, and three people's; the firm acts."""
    firm, account, people = uuid4(), uuid4(), [uuid4() for _n in range(3)]
    with acting_as(Actor.for_person(firm)):
        actions.open_account(account, firm, "EUR", "wallet")
        give(account, 100)
        for each in people:
            actions.open_account(each, uuid4(), "EUR", "wallet")
        yield account, people


def wages(account: UUID, people: list[UUID], amount_minor: int) -> list[Transfer]:
    return [Transfer(uuid7(), account, each, amount_minor, "EUR", "payroll") for each in people]


def codes(answers: list[Posted | Refused]) -> list[str]:
    return [answer.code if isinstance(answer, Refused) else "" for answer in answers]


def test_all_or_each(payroll: tuple[UUID, list[UUID]]) -> None:
    account, people = payroll
    together = wages(account, people, 40)
    refused = ["linked_refused", "linked_refused", "exceeds_balance"]
    assert codes(bulk.post_many(together, "all")) == refused
    assert codes(bulk.post_many(together, "all")) == refused
    assert queries.balance(account).posted_minor == 100
    apart = wages(account, people, 40)
    answers = bulk.post_many(apart, "each")
    assert codes(answers) == ["", "", "exceeds_balance"]
    assert bulk.post_many(apart, "each") == answers
    assert queries.balance(account).posted_minor == 20
    spent = Transfer(apart[0].id, account, people[0], 41, "EUR", "payroll")
    assert codes(bulk.post_many([spent], "each")) == ["id_conflict"]


def test_as_many_as_8192_in_one_call_and_not_one_more(payroll: tuple[UUID, list[UUID]]) -> None:
    account, people = payroll
    many = wages(account, people[:1] * 8193, 1)
    with pytest.raises(Refusal, match="batch_out_of_range"):
        bulk.post_many(many, "each")
    assert codes(bulk.post_many(many[:8192], "all"))[100] == "exceeds_balance"
    answers = codes(bulk.post_many(wages(account, people[:1] * 200, 1), "each"))
    assert answers == [""] * 100 + ["exceeds_balance"] * 100


def test_accounts_of_two_lanes_and_ids_given_twice_are_not_posted(payroll: tuple[UUID, list[UUID]]) -> None:
    account, people = payroll
    actions.set_lane(people[:1], "B")
    with pytest.raises(Refusal, match="mixed_lanes"):
        bulk.post_many(wages(account, people, 1), "each")
    twice = wages(account, people[1:2], 1) * 2
    with pytest.raises(Refusal, match="id_conflict"):
        bulk.post_many(twice, "each")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x,{a},{b},5,EUR,pay", ":2: id"),
        ("{i},{a},{b},5.5,EUR,pay", ":2: amount_minor"),
        ("{i},{a},{b},0,EUR,pay", ":2: amount_out_of_range"),
        ("{i},{a},{a},5,EUR,pay", ":2: same_account"),
        ("{i},{a},{b},5,EUR,", ":2: code"),
        ("{i},{a}", ":2: to"),
        ("", "no transfer"),
    ],
)
def test_a_bad_file_names_line_and_field(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "wages.csv"
    filled = line.format(i=uuid4(), a=UUID(int=1), b=UUID(int=2))
    file.write_text(f"id,from,to,amount_minor,unit,code\n{filled}\n")
    with pytest.raises(bulk.FileError, match=said):
        bulk.read_file(file)
    file.write_bytes(b"id,from\n\xff")
    with pytest.raises(bulk.FileError, match="not UTF-8"):
        bulk.read_file(file)
    file.write_text("id,from\n")
    with pytest.raises(bulk.FileError, match="no column 'to'"):
        bulk.read_file(file)


def test_the_balance_of_any_moment_can_be_asked(payroll: tuple[UUID, list[UUID]]) -> None:
    account, people = payroll
    moments = []
    for days in range(4):
        with shifted(timedelta(days=days)):
            if days == 1:
                reserved = Transfer(uuid7(), account, people[0], 30, "EUR", "pay")
                actions.hold(reserved, clock.now() + timedelta(days=1, hours=12))
            if days == 2:
                actions.post_hold(uuid7(), reserved.id, 10)
            if days == 3:
                actions.post(Transfer(uuid7(), account, people[1], 5, "EUR", "pay"))
            moments.append(clock.now() + timedelta(minutes=1))
    found = [queries.balance_at(account, each) for each in moments]
    assert [(each.posted_minor, each.pending_minor) for each in found] == [(100, 0), (100, 30), (90, 0), (85, 0)]


def test_a_transfer_is_taken_back_once_and_after_a_refusal_again(payroll: tuple[UUID, list[UUID]]) -> None:
    account, people = payroll
    (paid,) = wages(account, people[:1], 40)
    actions.post_or_refuse(paid)
    (away,) = wages(people[0], people[1:2], 30)
    actions.post_or_refuse(away)
    assert codes([actions.post(queries.reversal_of(paid.id))]) == ["exceeds_balance"]
    (home,) = wages(people[1], people[:1], 30)
    actions.post_or_refuse(home)
    back = queries.reversal_of(paid.id)
    assert (back.code, back.memo_ref) == ("reversal", str(paid.id))
    assert actions.post(back) == actions.post(queries.reversal_of(paid.id))
    assert queries.balance(account).posted_minor == 100
    with acting_as(Actor.for_person(uuid4())), pytest.raises(Refusal, match="transfer_not_found"):
        queries.reversal_of(paid.id)


def test_a_field_too_long_for_any_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "wages.csv"
    file.write_text("id,from,to,amount_minor,unit,code\n" + "a" * 200_000 + "\n")
    with pytest.raises(bulk.FileError, match=r"wages.csv:2: field larger"):
        bulk.read_file(file)
