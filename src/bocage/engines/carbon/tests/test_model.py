"""The model of names: whole numbers, the same everywhere; it abstains; it learns from words; bad files are refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.carbon import ABSTAINS_BELOW, CarbonError, Payment, explain, kind_of, load
from bocage.engines.carbon.features import PLACES, features
from bocage.engines.carbon.model import Model, pack, unpack
from bocage.engines.carbon.training import (
    Example,
    answered,
    bought_classes,
    calibrate,
    cross_validate,
    knowledge,
    macro_f1,
    scores_of,
    train,
)

TEXTS = st.text(st.characters(exclude_characters="\0"), max_size=60)


def shipped() -> Model:
    model = load().model
    assert model is not None
    return model


def lesson(name: str, category: str, amount_minor: int = 0) -> Example:
    return Example(name, name, category, amount_minor)


SCHOOL = [lesson(f"{a} FISH {b}", "groceries", -1250) for a in "ABCDEF" for b in ("SHOP", "BAR")] + [
    lesson(f"{a} CARS {b}", "vehicles", -900_000) for a in "ABCDEF" for b in ("SHOP", "YARD")
]


@settings(deadline=None)
@given(TEXTS, st.integers(-(10**9), 0), st.sampled_from((0, 2, 3)))
def test_features_are_whole_numbers_in_their_places(text: str, amount_minor: int, exponent: int) -> None:
    places, milli = features(text, amount_minor, exponent)
    assert len(places) == len(set(places.tolist()))
    assert ((places >= 0) & (places < PLACES)).all()
    assert (milli >= 0).all()


@settings(deadline=None)
@given(TEXTS, st.integers(-(10**9), 0))
def test_probabilities_lie_between_0_and_1(text: str, amount_minor: int) -> None:
    guess = shipped().guess(text, amount_minor, 2, ("groceries", Decimal("0.9")))
    assert 0 < guess.probability < 1
    assert 0 <= guess.of_rule <= guess.probability
    assert guess.category in shipped().classes


def test_a_rule_makes_its_class_likelier_the_surer_it_is() -> None:
    by_rule = [shipped().guess("QUXZY BLORF", 0, 2, ("fuel", Decimal(p))).of_rule for p in ("0.3", "0.7", "0.97")]
    assert by_rule == sorted(set(by_rule))


def test_it_abstains_where_a_name_says_nothing_and_then_counts_as_unknown() -> None:
    kind = kind_of(Payment(date(2026, 3, 1), -5000, "EUR", text="QUXZY BLORF"))
    assert (kind.item, kind.by, kind.probability) == ("unknown", "", Decimal(0))
    assert 0 < kind.guess.probability < ABSTAINS_BELOW


@settings(deadline=None)
@given(
    st.sampled_from(("WEOLEY CASTLE", "QUXZY BLORF", "TESCO STORES 1234")), st.integers(1, 10**7), st.integers(1, 10**7)
)
def test_a_footprint_never_looks_at_the_amount(text: str, first: int, second: int) -> None:
    found = {explain(Payment(date(2026, 3, 1), -n, "GBP", text=text)).item for n in (first, second)}
    assert len(found) == 1


def test_words_of_the_bank_do_not_change_what_a_merchant_is() -> None:
    bare = kind_of(Payment(date(2026, 3, 1), -5000, "EUR", text="CARREFOUR CITY", country="FR"))
    noisy = Payment(date(2026, 3, 1), -5000, "EUR", text="PAIEMENT CARTE CB CARREFOUR CITY FR", country="FR")
    assert kind_of(noisy).guess == bare.guess


def test_packing_is_exact_and_the_same_each_time() -> None:
    model = shipped()
    again = unpack(pack(model))
    assert pack(again) == pack(model)
    assert (again.weights == model.weights).all()
    assert again.guess("SHELL", 0, 2) == model.guess("SHELL", 0, 2)


def _broken(**changed: object) -> bytes:
    model = shipped()
    parts: dict[str, object] = {
        "classes": np.array(model.classes),
        "weights": model.weights,
        "bias_micro": model.bias_micro,
        "scale": np.array([1, 100, 50]),
        "card": np.frombuffer(b"{}", dtype=np.uint8),
    }
    buffer = BytesIO()
    np.savez_compressed(buffer, **{**parts, **changed})  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a model",
        pack(load().model)[:5000] if load().model else b"",  # type: ignore[arg-type]
        _broken(weights=np.zeros((2, 2), dtype=np.int8)),
        _broken(scale=np.array([0, 100, 50])),
        _broken(scale=np.array([1])),
        _broken(card=np.frombuffer(b"[]", dtype=np.uint8)),
        _broken(classes=np.array([object()], dtype=object)),
    ],
)
def test_a_broken_file_is_refused_and_nothing_in_it_is_run(content: bytes) -> None:
    with pytest.raises(CarbonError, match="model"):
        unpack(content)


def test_it_learns_a_word_and_tells_merchants_it_has_not_seen() -> None:
    model = train([], SCHOOL, ["groceries", "vehicles"], {})
    assert model.guess("Z FISH HOUSE", 0, 2).category == "groceries"
    assert model.guess("Z CARS HOUSE", 0, 2).category == "vehicles"


def test_training_twice_gives_the_same_bytes() -> None:
    assert pack(train([], SCHOOL, ["groceries", "vehicles"], {})) == pack(
        train([], SCHOOL, ["groceries", "vehicles"], {})
    )


def test_no_merchant_is_both_learnt_and_asked() -> None:
    # Only the merchant's own name tells its class here, so a leak would answer all of them rightly.
    names = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}Q{n * 7919 % 1000:03}" for n in range(60)]
    twice = [lesson(name, ("groceries", "vehicles")[n % 2]) for n, name in enumerate(names) for _ in range(3)]
    answers = cross_validate([], twice, ["groceries", "vehicles"], lambda _: None, seed=1)
    guesses = answered(answers, ["groceries", "vehicles"])
    right = sum(g.category == a.example.category for g, a in zip(guesses, answers, strict=True)) / len(answers)
    assert right < 0.75


def test_calibration_sharpens_what_is_always_right() -> None:
    answers = cross_validate([], SCHOOL, ["groceries", "vehicles"], lambda _: None, seed=0)
    sharpness, _ = calibrate(answers, ["groceries", "vehicles"])
    assert sharpness == 250


def test_country_bound_and_named_patterns_are_no_lessons() -> None:
    book = load()
    taught = {one.name for one in knowledge(book, without=frozenset(("CARREFOUR",)))}
    assert "CARREFOUR" not in taught
    assert "LIDL" in taught
    bound = {p.written for p in book.rules.patterns if p.countries}
    free = {p.written for p in book.rules.patterns if not p.countries}
    assert not (bound - free) & taught
    assert {one.category for one in knowledge(book)} <= set(bought_classes(book))


def test_the_figures_of_a_classifier_by_hand() -> None:
    true, guessed = ["a", "a", "b", "c"], ["a", "b", "b", "unknown"]
    assert macro_f1(true, guessed) == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    figures = scores_of(true, guessed, [0.9, 0.2, 0.8, 0.1])
    assert figures["accuracy"] == 0.5
    assert figures["precision_of_surest_70_percent"] == pytest.approx(0.667)


def test_the_card_says_what_it_learnt_from_and_how_good_it_is() -> None:
    card = shipped().card
    measured = card["measured_on_merchants_left_out"]
    assert isinstance(measured, dict)
    assert measured["accuracy"] >= 0.75
    assert measured["macro_f1"] >= 0.60
    assert measured["precision_of_surest_70_percent"] >= 0.92
    assert "Birmingham" in str(card["purchases_from"])


def test_sharpness_changes_how_sure_and_not_what() -> None:
    model = shipped()
    dull, sharp = replace(model, sharpness_percent=50), replace(model, sharpness_percent=200)
    assert dull.guess("SHELL", 0, 2).category == sharp.guess("SHELL", 0, 2).category
    assert dull.guess("SHELL", 0, 2).probability < sharp.guess("SHELL", 0, 2).probability
