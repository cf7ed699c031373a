"""A payment moves money once, tells both sides what they may know, and leaves nothing half done."""

from uuid import UUID

import pytest

from bocage.kernel.acting import acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.pay import limits
from bocage.services.pay.actions import codes, paying, preferences, presented, refunds
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.queries import receipts, wallet
from bocage.services.pay.tests.conftest import Town, available, fund
from bocage.services.pay.types import Code, CodeState, LineKind

pytestmark = pytest.mark.django_db


def order(town: Town, amount_minor: int = 340) -> Code:
    with acting_as(town.as_moulin()):
        return code_queries.own_code(
            town.moulin, codes.make_order(town.moulin, "EUR", amount_minor, reference="Table 6")
        )


def pay(town: Town, amount_minor: int = 340) -> UUID:
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.moulin, amount_minor, "EUR")
        return paying.confirm(town.ana, sheet_id, fresh=False).payment_id


def test_a_coffee_is_paid_by_its_order_and_both_sides_have_their_line(town: Town) -> None:
    made = order(town)
    with acting_as(town.as_ana()):
        code = code_queries.scanned(made.payload)
        sheet_id = paying.lay_sheet(town.ana, code.payee_id, 340, "EUR", reference=code.reference, code=code)
        assert paying.confirm(town.ana, sheet_id, fresh=False).done
        (line,) = wallet.lines(town.ana, kinds=[LineKind.PAID]).rows
        assert (line.amount_minor, line.counterpart_name, line.mcc, line.reference) == (
            -340,
            "Moulin Café",
            "5814",
            "Table 6",
        )
        assert wallet.wallet(town.ana, "EUR").posted_minor == 10_000 - 340
    with acting_as(town.as_moulin()):
        (taken,) = wallet.lines(town.moulin).rows
        assert taken.amount_minor + taken.fee_minor == 340
        assert (taken.counterpart_id, taken.counterpart_name) == (None, "")
        assert wallet.wallet(town.moulin, "EUR").posted_minor == taken.amount_minor
        assert code_queries.own_code(town.moulin, made.id).state is CodeState.PAID


def test_an_order_is_paid_once(town: Town) -> None:
    made = order(town)
    with acting_as(town.as_ana()):
        first = paying.lay_sheet(town.ana, town.moulin, 340, "EUR", code=made)
        second = paying.lay_sheet(town.ana, town.moulin, 340, "EUR", code=made)
        paying.confirm(town.ana, first, fresh=False)
    with acting_as(town.as_ana()), pytest.raises(Refusal, match="code_used"):
        paying.confirm(town.ana, second, fresh=False)
    assert available(town.ana) == 10_000 - 340


def test_confirming_twice_pays_once(town: Town) -> None:
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.moulin, 340, "EUR")
        assert paying.confirm(town.ana, sheet_id, fresh=False) == paying.confirm(town.ana, sheet_id, fresh=False)
    assert available(town.ana) == 10_000 - 340


def test_what_the_balance_does_not_cover_is_refused_and_may_be_tried_again(town: Town) -> None:
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.wei, 10_001, "EUR")
        with pytest.raises(Refusal, match="exceeds_balance"), acting_as(town.as_ana()):
            paying.confirm(town.ana, sheet_id, fresh=True)
    fund(town.ana, 1)
    with acting_as(town.as_ana()):
        assert paying.confirm(town.ana, sheet_id, fresh=True).done
    assert available(town.ana) == 0


def test_above_the_limit_a_payment_asks_again_and_lowering_the_limit_works_at_once(town: Town) -> None:
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.moulin, limits.CONFIRM_ABOVE_MINOR_DEFAULT + 1, "EUR")
        with pytest.raises(Refusal, match="confirm_again"):
            paying.confirm(town.ana, sheet_id, fresh=False)
        assert paying.confirm(town.ana, sheet_id, fresh=True).done
        preferences.set_confirm_above(town.ana, 0, fresh=False)
        with pytest.raises(Refusal, match="confirm_again"):
            preferences.set_confirm_above(town.ana, 100, fresh=False)
        small = paying.lay_sheet(town.ana, town.moulin, 1, "EUR")
        with pytest.raises(Refusal, match="confirm_again"):
            paying.confirm(town.ana, small, fresh=False)


def test_a_code_that_is_shown_works_once_and_the_next_one_ends_it(town: Town) -> None:
    with acting_as(town.as_ana()):
        first, second = presented.show(town.ana), presented.show(town.ana)
    with acting_as(town.as_moulin()):
        with pytest.raises(Refusal, match="code_expired"), acting_as(town.as_moulin()):
            paying.charge(town.moulin, first.digits, 500, "EUR", payment_id=uuid7())
        payment_id = uuid7()
        assert paying.charge(town.moulin, second.payload, 500, "EUR", payment_id=payment_id).done
        assert paying.charge(town.moulin, second.digits, 500, "EUR", payment_id=payment_id).done
        with pytest.raises(Refusal, match="code_used"), acting_as(town.as_moulin()):
            paying.charge(town.moulin, second.digits, 500, "EUR", payment_id=uuid7())
    assert available(town.ana) == 10_000 - 500


def test_a_charge_above_the_limit_waits_for_the_person(town: Town) -> None:
    with acting_as(town.as_ana()):
        shown = presented.show(town.ana)
    payment_id = uuid7()
    with acting_as(town.as_moulin()):
        assert not paying.charge(town.moulin, shown.digits, 6_000, "EUR", payment_id=payment_id).done
    assert available(town.ana) == 10_000
    with acting_as(town.as_ana()):
        assert paying.confirm(town.ana, payment_id, fresh=True).done
    assert available(town.ana) == 4_000


def test_refunds_never_pass_the_payment_and_the_same_refund_counts_once(town: Town) -> None:
    payment_id = pay(town, 1_000)
    refund_id = uuid7()
    with acting_as(town.as_moulin()):
        refunds.refund(town.moulin, payment_id, 400, refund_id=refund_id, reason="Cold soup")
        refunds.refund(town.moulin, payment_id, 400, refund_id=refund_id, reason="Cold soup")
        with pytest.raises(Refusal, match="refund_too_large"), acting_as(town.as_moulin()):
            refunds.refund(town.moulin, payment_id, 601, refund_id=uuid7())
    assert available(town.ana) == 10_000 - 600
    with acting_as(town.as_ana()):
        found = receipts.receipt(wallet.line_of_payment(town.ana, payment_id), town.ana)
        assert [each.reason for each in found.refunds] == ["Cold soup"]
        assert found.refundable_minor == 600


def test_nobody_refunds_or_reads_what_is_not_theirs(town: Town) -> None:
    payment_id = pay(town)
    with acting_as(town.as_wei()):
        with pytest.raises(Refusal, match="not_found"):
            refunds.refund(town.wei, payment_id, 100, refund_id=uuid7())
        with pytest.raises(Refusal, match="not_found"):
            wallet.line_of_payment(town.wei, payment_id)
        assert wallet.lines(town.ana).rows == ()
        assert wallet.wallet(town.ana, "EUR").posted_minor == 0


def test_every_wallet_is_the_sum_of_its_lines(town: Town) -> None:
    payment_id = pay(town, 1_234)
    with acting_as(town.as_moulin()):
        refunds.refund(town.moulin, payment_id, 34, refund_id=uuid7())
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.wei, 77, "EUR", memo="Bread")
        paying.confirm(town.ana, sheet_id, fresh=False)
    for actor, owner in ((town.as_ana(), town.ana), (town.as_wei(), town.wei), (town.as_moulin(), town.moulin)):
        with acting_as(actor):
            lines = wallet.lines(owner).rows
            assert sum(line.amount_minor for line in lines) == wallet.wallet(owner, "EUR").posted_minor
