"""Whatever comes in, there is one clear refusal that names the field, and nothing is half done."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocage.engines import emvco
from bocage.kernel import clock
from bocage.kernel.acting import acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.pay import emv, inputs, limits
from bocage.services.pay.actions import codes, paying, presented
from bocage.services.pay.actions import requests as request_actions
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.tests.conftest import Town, available

pytestmark = pytest.mark.django_db


def payload(town: Town, amount_minor: int | None = 340) -> str:
    with acting_as(town.as_moulin()):
        made = (
            codes.make_poster(town.moulin, "EUR")
            if amount_minor is None
            else codes.make_order(town.moulin, "EUR", amount_minor)
        )
        return code_queries.own_code(town.moulin, made).payload


def again(text: str, **changes: str) -> str:
    """The same code with some objects changed, and a checksum that fits."""
    objects, at = [], 0
    while at < len(text) - 8:
        tag, size = text[at : at + 2], int(text[at + 2 : at + 4])
        value = changes.get(f"t{tag}", text[at + 4 : at + 4 + size])
        if value:
            objects.append(f"{tag}{len(value):02d}{value}")
        at += 4 + size
    body = "".join(objects) + "6304"
    from bocage.engines.emvco.objects import checksum

    return body + checksum(body)


def refused(town: Town, text: str) -> str:
    with acting_as(town.as_ana()), pytest.raises(Refusal) as caught:
        code_queries.scanned(text)
    assert caught.value.field in {"code", "amount", "currency"}
    return caught.value.code


def test_codes_that_are_not_ours_or_not_whole_are_each_refused_by_name(town: Town) -> None:
    good = payload(town)
    assert refused(town, good[:-1] + ("0" if good[-1] != "0" else "1")) == "code_damaged"
    assert refused(town, good[:-20]) == "code_damaged"
    assert refused(town, again(good, t53="999")) == "currency_unknown"
    assert refused(town, again(good, t53="840")) == "currency_other"
    assert refused(town, again(good, t54="-3.40")) == "code_amount"
    assert refused(town, again(good, t54="0.00")) == "code_amount"
    assert refused(town, again(good, t54=str(2**63))) == "code_amount"
    assert refused(town, again(good, t54="9999999.99")) == "code_amount"
    assert refused(town, again(good, t54="0.01")) == "code_altered"
    assert refused(town, again(good, t54="")) == "code_altered"
    assert refused(town, "") == "code_unreadable"
    assert refused(town, "\0" * 40) == "code_unreadable"
    assert refused(town, "https://example.org/pay") == "code_unreadable"
    assert refused(town, "0" * 5_000) == "code_unreadable"
    assert refused(town, "0123456789ABCDEF") == "code_unknown"
    other = emvco.MerchantCode(
        (emvco.AccountTemplate(26, "com.example.pay", ((1, "shop"),)),), "5814", "EUR", "FR", "Shop", "Paris"
    )
    assert refused(town, emvco.encode(other)) == "code_foreign"


def test_a_code_that_pays_somebody_else_than_it_says_is_refused(town: Town) -> None:
    good = emvco.decode(payload(town))
    _payee, token = emvco.payee_of(good)
    changed = emvco.MerchantCode(
        (emvco.payee_account(town.wei.hex, token),),
        good.mcc,
        good.currency,
        good.country,
        "Somebody",
        good.city,
        good.dynamic,
        good.amount_minor,
    )
    assert refused(town, emvco.encode(changed)) == "code_altered"


@given(text=st.text(max_size=700))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_scanned_text_is_an_error_of_ours(town: Town, text: str) -> None:
    try:
        emv.read(text)
    except Refusal as refusal:
        assert refusal.field == "code"
    try:
        emv.read_presented(text)
    except Refusal as refusal:
        assert refusal.field == "code"


@pytest.mark.parametrize("shown", ["", "27", "270000000000000000", "2" * 18, "\0", "é" * 18, "CPV01", "9" * 4_000])
def test_what_is_no_customer_s_code_is_refused(town: Town, shown: str) -> None:
    with acting_as(town.as_moulin()), pytest.raises(Refusal) as caught:
        paying.charge(town.moulin, shown, 100, "EUR", payment_id=uuid7())
    assert caught.value.code in {"code_unreadable", "code_unknown"}
    assert caught.value.field == "code"


def test_a_customer_s_code_ends_after_its_minute(town: Town) -> None:
    with acting_as(town.as_ana()):
        shown = presented.show(town.ana)
    late = limits.PRESENTED_CODE_LIFE + limits.PRESENTED_CODE_SKEW * 2
    with clock.shifted(late), acting_as(town.as_moulin()), pytest.raises(Refusal, match="code_expired"):
        paying.charge(town.moulin, shown.digits, 100, "EUR", payment_id=uuid7())
    with clock.shifted(limits.PRESENTED_CODE_LIFE), acting_as(town.as_moulin()):
        assert paying.charge(town.moulin, shown.digits, 100, "EUR", payment_id=uuid7()).done


def test_an_expired_or_cancelled_order_is_not_paid(town: Town) -> None:
    with acting_as(town.as_moulin()):
        first = code_queries.own_code(town.moulin, codes.make_order(town.moulin, "EUR", 340))
        second = code_queries.own_code(town.moulin, codes.make_order(town.moulin, "EUR", 340))
        codes.cancel_code(town.moulin, second.id)
    with acting_as(town.as_ana()):
        expired = paying.lay_sheet(town.ana, town.moulin, 340, "EUR", code=first)
        cancelled = paying.lay_sheet(town.ana, town.moulin, 340, "EUR", code=second)
    with clock.shifted(limits.ORDER_LIFE_DEFAULT), acting_as(town.as_ana()), pytest.raises(Refusal, match="expired"):
        paying.confirm(town.ana, expired, fresh=False)
    with acting_as(town.as_ana()), pytest.raises(Refusal, match="code_cancelled"):
        paying.confirm(town.ana, cancelled, fresh=False)
    assert available(town.ana) == 10_000


@pytest.mark.parametrize("amount_minor", [0, -1, -(2**63), 2**63, 2**63 - 1, 10**30, limits.AMOUNT_MINOR_MAX + 1])
def test_amounts_out_of_bounds_are_refused_everywhere(town: Town, amount_minor: int) -> None:
    with acting_as(town.as_ana()):
        attempts: tuple[Callable[[], object], ...] = (
            lambda: paying.lay_sheet(town.ana, town.moulin, amount_minor, "EUR"),
            lambda: request_actions.ask(town.ana, town.wei, amount_minor, "EUR"),
            lambda: request_actions.split_equally(town.ana, "x", amount_minor, "EUR", [town.wei]),
            lambda: codes.make_order(town.ana, "EUR", amount_minor),
        )
        for attempt in attempts:
            with pytest.raises(Refusal) as caught:
                attempt()
            assert (caught.value.code, caught.value.field) in {
                ("amount_too_small", "amount"),
                ("amount_too_large", "amount"),
            }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\0b", "bad_text"),
        ("\ud800", "bad_text"),
        ("x" * 141, "text_too_long"),
        ("\u202e" + "x" * 200, "text_too_long"),
    ],
)
def test_texts_that_cannot_be_kept_are_refused(town: Town, text: str, code: str) -> None:
    with acting_as(town.as_ana()), pytest.raises(Refusal) as caught:
        paying.lay_sheet(town.ana, town.moulin, 100, "EUR", memo=text)
    assert (caught.value.code, caught.value.field) == (code, "memo")


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("12", 1200), ("12.5", 1250), ("12,50", 1250), ("1 200,00", 120_000), ("0.01", 1), (" 7 ", 700), ("٣", 300)],
)
def test_amounts_as_people_type_them(typed: str, minor: int) -> None:
    assert inputs.amount(typed, 2) == minor


@pytest.mark.parametrize("typed", ["", "abc", "-5", "1.234", "1e9", "12.50.1", "NaN", "0", "0.00", "9" * 40, "1\0"])
def test_amounts_that_are_none(typed: str) -> None:
    with pytest.raises(Refusal) as caught:
        inputs.amount(typed, 2)
    assert caught.value.field == "amount"
