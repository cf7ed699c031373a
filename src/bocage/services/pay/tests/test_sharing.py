"""Parts of a bill are whole cents and add up to it; references carry check digits that find a slip."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import acting_as
from bocage.kernel.errors import Refusal
from bocage.services.pay import digits, limits, references, sharing
from bocage.services.pay.actions import paying
from bocage.services.pay.actions import requests as actions
from bocage.services.pay.queries import requests as queries
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.types import RequestState


@settings(deadline=None)
@given(total=st.integers(1, limits.AMOUNT_MINOR_MAX), people=st.integers(2, limits.SPLIT_PEOPLE_MAX))
def test_equal_parts_add_up_and_differ_by_a_cent_at_most(total: int, people: int) -> None:
    if total < people:
        with pytest.raises(Refusal, match="split_too_small"):
            sharing.equal_parts(total, people)
        return
    parts = sharing.equal_parts(total, people)
    assert sum(parts) == total
    assert len(parts) == people
    assert max(parts) - min(parts) <= 1


@settings(deadline=None)
@given(st.data())
def test_a_reference_with_one_character_changed_is_not_one(data: st.DataObject) -> None:
    reference = references.new_reference()
    assert references.find_reference(f"Invoice {reference[:4]} {reference[4:]} thank you") == reference
    at = data.draw(st.integers(2, len(reference) - 1))
    # ISO 11649's check digits see each letter changed for a letter and each digit for a digit; a letter counts as two
    # digits, so one changed for the other shifts the rest, and one in 97 of those goes unseen.
    alike = [each for each in digits.TOKEN_ALPHABET if each.isdigit() == reference[at].isdigit()]
    others = [each for each in alike if each != reference[at]]
    other = others[data.draw(st.integers(0, len(digits.TOKEN_ALPHABET))) % len(others)]
    assert not references.is_reference(reference[:at] + other + reference[at + 1 :])


@settings(deadline=None)
@given(st.integers(0, 16), st.integers(1, 9))
def test_a_presented_code_with_one_digit_changed_is_not_one(at: int, more: int) -> None:
    code = digits.new_presented()
    wrong = code[:at] + str((int(code[at]) + more) % 10) + code[at + 1 :]
    assert digits.is_presented(code)
    assert not digits.is_presented(wrong)


@pytest.mark.django_db
def test_a_bill_is_shared_asked_for_and_paid_back(town: Town) -> None:
    with acting_as(town.as_ana()):
        split_id = actions.split_equally(town.ana, "Dinner", 10_000, "EUR", [town.wei, town.marco])
        bill = queries.split(town.ana, split_id)
        assert (bill.own_part_minor, [each.amount_minor for each in bill.requests]) == (3_334, [3_333, 3_333])
    with acting_as(town.as_wei()):
        (asked,) = queries.to_answer(town.wei)
        sheet_id = paying.lay_sheet(town.wei, asked.payee_id, asked.amount_minor, "EUR", memo=asked.memo, request=asked)
        paying.confirm(town.wei, sheet_id, fresh=False)
    with acting_as(town.as_marco()):
        (other,) = queries.to_answer(town.marco)
        actions.decline(town.marco, other.id)
    with acting_as(town.as_ana()):
        bill = queries.split(town.ana, split_id)
        assert bill.paid_minor == 3_333
        assert [each.state for each in bill.requests] == [RequestState.PAID, RequestState.DECLINED]
    assert available(town.ana) == 13_333


@pytest.mark.django_db
def test_a_request_is_paid_once_and_not_after_its_end(town: Town) -> None:
    with acting_as(town.as_ana()):
        request_id = actions.ask(town.ana, town.wei, 500, "EUR", "Taxi")
    with acting_as(town.as_wei()):
        asked = queries.request(town.wei, request_id)
        first = paying.lay_sheet(town.wei, town.ana, 500, "EUR", request=asked)
        second = paying.lay_sheet(town.wei, town.ana, 500, "EUR", request=asked)
        paying.confirm(town.wei, first, fresh=False)
    with acting_as(town.as_wei()), pytest.raises(Refusal, match="request_paid"):
        paying.confirm(town.wei, second, fresh=False)
    with acting_as(town.as_ana()):
        late = actions.ask(town.ana, town.wei, 500, "EUR")
    with clock.shifted(limits.REQUEST_LIFE):
        assert actions.expire_requests() == 1
    with acting_as(town.as_wei()), pytest.raises(Refusal, match="request_ended"):
        actions.take_request(town.wei, late, first)


@pytest.mark.django_db
def test_parts_that_do_not_add_up_are_refused_and_nobody_is_asked(town: Town) -> None:
    with acting_as(town.as_ana()):
        for parts in ({town.wei: 400, town.ana: 500}, {town.wei: -1, town.ana: 1_001}, {town.ana: 1_000}):
            with pytest.raises(Refusal), acting_as(town.as_ana()):
                actions.split_by_amount(town.ana, "Dinner", 1_000, "EUR", parts)
        assert queries.mine(town.ana).rows == ()
        with pytest.raises(Refusal, match="request_self"):
            actions.ask(town.ana, town.ana, 100, "EUR")
