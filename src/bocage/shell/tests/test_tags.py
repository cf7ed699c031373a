"""What the template tags write, in both languages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.shell.templatetags import shell as tags

NOW = datetime(2026, 11, 22, 8, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "amount_minor", "currency", "sign", "text"),
    [
        ("en", 24860, "EUR", "", "€248.60"),
        ("fr", 24860, "EUR", "", "248,60\N{NO-BREAK SPACE}€"),
        ("en", -340, "EUR", "", "\N{MINUS SIGN}€3.40"),
        ("fr", -340, "EUR", "always", "\N{MINUS SIGN}3,40\N{NO-BREAK SPACE}€"),
        ("en", 4000, "EUR", "always", "+€40.00"),
        ("en", 0, "EUR", "always", "€0.00"),
        ("en", 1500, "JPY", "", "JP¥1,500"),
        ("en", 1234567, "KWD", "", "KWD\N{NO-BREAK SPACE}1,234.567"),
        ("fr", 123456789, "EUR", "", "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,89\N{NO-BREAK SPACE}€"),
    ],
)
def test_money_is_written_as_the_language_writes_it(
    language: str, amount_minor: int, currency: str, sign: str, text: str
) -> None:
    with translation.override(language):
        assert tags.money_text(amount_minor, currency, sign) == text
        assert tags.money(amount_minor, currency, sign) == f'<span class="money">{text}</span>'


@given(
    st.integers(min_value=-(10**12), max_value=10**12),
    st.sampled_from(["EUR", "JPY", "KWD"]),
    st.sampled_from(["en", "fr"]),
)
def test_parts_of_money_say_the_same_digits(amount_minor: int, currency: str, language: str) -> None:
    with translation.override(language):
        parts = Template("{% money amount currency parts=True %}").render(
            Context({"amount": amount_minor, "currency": currency})
        )
    digits = "".join(letter for letter in parts if letter.isdigit())
    assert int(digits) == abs(amount_minor)
    assert parts.count('class="cents"') == (0 if currency == "JPY" else 1)
    assert ("\N{MINUS SIGN}" in parts) == (amount_minor < 0)


def test_a_currency_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="XXQ"):
        tags.money_text(1, "XXQ")


@pytest.mark.parametrize(
    ("language", "amount_g", "text"),
    [
        ("en", 1284, "1,284\N{NO-BREAK SPACE}g"),
        ("en", 12_840, "12.8\N{NO-BREAK SPACE}kg"),
        ("fr", 12_840, "12,8\N{NO-BREAK SPACE}kg"),
        ("en", -86, "\N{MINUS SIGN}86\N{NO-BREAK SPACE}g"),
    ],
)
def test_grams_become_kilograms_where_they_are_many(language: str, amount_g: int, text: str) -> None:
    with translation.override(language):
        assert tags.grams(amount_g) == f'<span class="num nowrap">{text}</span>'
        assert tags.grams(amount_g, "CO2").endswith("CO<sub>2</sub></span>")


def test_days_near_have_names() -> None:
    paris = ZoneInfo("Europe/Paris")
    with clock.frozen(NOW), timezone.override(paris), translation.override("en"):
        assert tags.when_text(NOW - timedelta(hours=1)) == "Today, 08:40"
        assert tags.when_text(NOW - timedelta(hours=10)) == "Yesterday, 23:40"
        assert tags.day_text(date(2026, 11, 23)) == "Tomorrow"
        assert tags.day_text(date(2026, 11, 1)) == "1 November"
        assert tags.day_text(date(2025, 11, 1)) == "1 November 2025"
        with translation.override("fr"):
            assert [tags.day_text(date(2026, 12, day)) for day in (1, 11)] == ["1er décembre", "11 décembre"]
        assert 'datetime="2026-11-22T08:40:00+00:00"' in tags.when(NOW, "full")
        assert "Sunday 22 November" in tags.when(NOW, "weekday")
    with clock.frozen(NOW), timezone.override(paris), translation.override("fr"):
        assert tags.when_text(NOW - timedelta(hours=10)) == "Hier, 23:40"


def test_the_day_is_that_of_the_persons_zone() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    with clock.frozen(late), translation.override("en"):
        with timezone.override(ZoneInfo("Europe/Paris")):
            assert tags.when_text(NOW).startswith("Yesterday")
        with timezone.override(ZoneInfo("America/New_York")):
            assert tags.when_text(NOW).startswith("Today")


def test_a_code_is_one_drawing_with_a_name_and_no_style() -> None:
    drawn = tags.qr("bocage:pay", 'Code of "Moulin"')
    assert drawn.startswith('<svg role="img" aria-label="Code of &quot;Moulin&quot;"')
    assert "style" not in drawn
    assert "<?xml" not in drawn
    with pytest.raises(ValueError, match="2000"):
        tags.qr("x" * 2001, "too much")


@pytest.mark.parametrize(
    ("name", "letters"), [("Ana Ribeiro", "AR"), ("wei", "W"), ("Jean de la Tour", "JT"), ("", "?"), ("  ", "?")]
)
def test_initials(name: str, letters: str) -> None:
    assert tags.initials(name) == letters


def test_an_icon_is_silent_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in tags.icon("bell")
    named = tags.icon("bell", label='<Unread & "new">')
    assert 'role="img"' in named
    assert "<Unread" not in named


def test_every_error_has_words_in_french_too() -> None:
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503):
        with translation.override("en"):
            english = tags.error_words(status)
        with translation.override("fr"):
            french = tags.error_words(status)
        assert english.title != french.title
        assert english.advice != french.advice
