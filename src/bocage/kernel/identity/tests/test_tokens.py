"""API tokens: their form, and who stands behind one."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions, limits, queries, tokens
from bocage.kernel.identity.models import ApiToken
from bocage.kernel.identity.tests.making import person, shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scopes")]
DAY = timedelta(days=1)


def test_a_token_says_who_for_whom_and_what() -> None:
    ana = person("Ana")
    token_id, raw = actions.create_token(ana.id, "laptop", ["pay:read"], life=DAY)
    found = tokens.authenticate_token(raw)
    assert found is not None
    assert (found.token_id, found.person_id, found.subject_id) == (token_id, ana.id, ana.id)
    assert found.scopes == {"pay:read"}
    assert raw not in str(list(ApiToken.objects.values()))


def test_a_token_ends_by_time_by_revocation_and_with_its_owner() -> None:
    ana = person("Ana")
    _, raw = actions.create_token(ana.id, "a", ["pay:read"], life=DAY)
    with clock.shifted(DAY):
        assert tokens.authenticate_token(raw) is None
    assert tokens.authenticate_token(raw) is not None
    actions.freeze(ana.id, by_id=ana.id, reason="lost my phone")
    assert tokens.authenticate_token(raw) is None
    bob = person("Bob")
    token_id, raw = actions.create_token(bob.id, "a", ["pay:read"], life=DAY)
    with pytest.raises(Refusal):
        actions.revoke_token(token_id, ana.id)
    actions.revoke_token(token_id, bob.id)
    actions.revoke_token(token_id, bob.id)
    assert tokens.authenticate_token(raw) is None


def test_a_token_for_a_shop_ends_when_its_maker_leaves_the_shop() -> None:
    ana, bob = person("Ana"), person("Bob")
    cafe = shop("Café", ana)
    with pytest.raises(Refusal):
        actions.create_token(bob.id, "till", ["pay:take"], life=DAY, subject_id=cafe.id)
    actions.add_member(cafe.id, bob.id, "cashier", by_id=ana.id)
    with pytest.raises(Refusal):
        actions.create_token(bob.id, "till", ["pay:write"], life=DAY, subject_id=cafe.id)
    _, raw = actions.create_token(bob.id, "till", ["pay:take"], life=DAY, subject_id=cafe.id)
    found = tokens.authenticate_token(raw)
    assert found is not None
    assert found.subject_id == cafe.id
    actions.remove_member(cafe.id, bob.id, by_id=ana.id)
    assert tokens.authenticate_token(raw) is None


def test_use_is_kept_to_the_hour(django_assert_num_queries: object) -> None:
    ana = person("Ana")
    _, raw = actions.create_token(ana.id, "a", ["pay:read"], life=DAY)
    tokens.authenticate_token(raw)
    used = queries.tokens(ana.id)[0].last_used_at
    assert used is not None
    assert (used.minute, used.second, used.microsecond) == (0, 0, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scopes": []}, "scopes_needed"),
        ({"scopes": ["pay:fly"]}, "scope_unknown"),
        ({"scopes": ["*"]}, "scope_unknown"),
        ({"life": timedelta(days=400)}, "token_life"),
        ({"life": timedelta(0)}, "token_life"),
        ({"name": ""}, "name_form"),
    ],
)
def test_a_bad_wish_is_refused(change: dict[str, object], code: str) -> None:
    ana = person("Ana")
    wish = {"name": "a", "scopes": ["pay:read"], "life": DAY} | change
    with pytest.raises(Refusal) as refusal:
        actions.create_token(ana.id, **wish)  # type: ignore[arg-type]
    assert refusal.value.code == code
    assert queries.tokens(ana.id) == []


def test_a_person_has_at_most_twenty_live_tokens() -> None:
    ana = person("Ana")
    for number in range(limits.TOKENS_PER_PERSON_MAX):
        actions.create_token(ana.id, str(number), ["pay:read"], life=DAY)
    with pytest.raises(Refusal) as refusal:
        actions.create_token(ana.id, "one more", ["pay:read"], life=DAY)
    assert refusal.value.code == "too_many_tokens"
    with clock.shifted(2 * DAY):
        actions.create_token(ana.id, "one more", ["pay:read"], life=DAY)


@given(st.integers(min_value=0, max_value=tokens.LENGTH - 1), st.sampled_from(tokens.ALPHABET))
def test_one_changed_character_is_noticed_without_the_database(position: int, character: str) -> None:
    raw = tokens.make()
    changed = raw[:position] + character + raw[position + 1 :]
    assert tokens.well_formed(changed) == (changed == raw)


@given(st.text(max_size=60))
def test_noise_is_no_token(noise: str) -> None:
    assert not tokens.well_formed(noise)
    assert tokens.authenticate_token(noise) is None
