"""One certificate a tree: burned grams, a budget that cannot be overdrawn, a signature anybody can check."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.keys import queries as keys
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger import sealer
from bocage.kernel.proofs import actions as proofs
from bocage.kernel.proofs.verifying import verify
from bocage.services.forest import accounts, queries, real_trees
from bocage.services.forest.actions import campaigns, earning, giving, groups
from bocage.services.forest.tests.conftest import PASSWORD, make_person, ride
from bocage.services.forest.tests.test_together import as_, at_once, befriend, prove
from bocage.testing import connected_as, settle

HERE = (Decimal("48.11"), Decimal("-1.68"))
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f0005000"
    "1ff89993d1d0000000049454e44ae426082"
)


def make_partner(owner: UUID, *, verified: bool = True) -> UUID:
    with acting_as(Actor.nobody()):
        return identity.create_organisation(
            handle="hedges", name="Hedges", kind="charity", mcc="8398", country="FR", owner_id=owner, verified=verified
        ).id


def terms(trees: int = 2, price_grams: int = 1000) -> campaigns.Terms:
    return campaigns.Terms("The old lane", "Hazel", *HERE, price_grams, 85, trees)


def as_partner(owner: UUID, partner: UUID) -> Any:
    return acting_as(Actor.for_person(owner, partner))


def opened(owner: UUID, trees: int = 2) -> tuple[UUID, UUID]:
    partner, campaign = make_partner(owner), uuid4()
    with as_partner(owner, partner):
        for _twice in range(2):
            campaigns.open_campaign(partner, campaign, terms(trees))
    return partner, campaign


def grams_in_hand(person: UUID, rides: int = 2) -> int:
    for days in range(rides):
        ride(person, days_ago=20 + days)
    prove(person)
    with as_(person):
        return earning.collect(person)


@pytest.mark.django_db
def test_a_tree_burns_grams_once_and_its_certificate_is_checked_without_us(ana: UUID, wei: UUID) -> None:
    partner, campaign = opened(wei)
    grams, tree = grams_in_hand(ana), uuid4()
    with as_(ana):
        for _twice in range(2):
            assert campaigns.plant(ana, tree, campaign) == tree
        assert queries.grove(ana).grams == grams - 1000
        found = real_trees.certificate(ana, tree)
    claims = json.loads(found.claims)
    assert (claims["grams"], claims["species"], claims["partner"]) == (1000, "Hazel", str(partner))
    key = next(each for each in keys.signing_keys(campaigns.SIGNING) if each.id == found.key_id)
    Ed25519PublicKey.from_public_bytes(key.public_key).verify(bytes.fromhex(found.signature), found.claims.encode())
    assert found.is_genuine
    with acting_as(Actor.for_service("forest")):
        assert ledger.balance(accounts.planted()).posted_minor == 1
    with as_partner(wei, partner):
        assert ledger.balance(accounts.campaign_id(partner, campaign)).posted_minor == 1


@pytest.mark.django_db
def test_who_has_too_little_or_comes_too_late_keeps_her_grams(ana: UUID, wei: UUID) -> None:
    _partner, campaign = opened(wei, trees=1)
    with as_(ana), pytest.raises(Refusal) as refused:
        campaigns.plant(ana, uuid4(), campaign)
    assert refused.value.code == "not_givable"
    grams = grams_in_hand(ana, rides=3)
    with as_(ana):
        campaigns.plant(ana, uuid4(), campaign)
        with pytest.raises(Refusal) as refused:
            campaigns.plant(ana, uuid4(), campaign)
        assert refused.value.code == "sold_out"
        assert queries.grove(ana).grams == grams - 1000


def test_the_ledger_proves_the_burning_to_anybody_once_its_checkpoint_is_signed(fresh_database: str) -> None:
    owner, ana, _other = (make_person(name) for name in ("Wei Lin", "Ana Morel", "Ines Caron"))
    _partner, campaign = opened(owner)
    grams_in_hand(ana)
    tree = uuid4()
    with as_(ana):
        campaigns.plant(ana, tree, campaign)
        with pytest.raises(Refusal) as early:
            real_trees.proof_file(ana, tree)
        assert early.value.code == "proof_not_yet"
        assert not real_trees.is_provable(real_trees.certificate(ana, tree))
    settle()
    with connected_as("deliverer"):
        sealer.seal_all()
    with acting_as(Actor.for_service("proofs")):
        signed = proofs.sign_checkpoint()
    assert signed is not None
    client, page = Client(), f"/forest/planting/{tree}"
    assert client.login(email="ana.morel@example.org", password=PASSWORD)
    assert f'href="{page}.proof.json"' in client.get(page).content.decode()
    answer = client.get(f"{page}.proof.json")
    steps = verify(answer.content, signed.public_key)
    assert [step.passed for step in steps] == [True] * 6, steps
    with as_(ana):
        claims = json.loads(real_trees.certificate(ana, tree).claims)
    fields = json.loads(answer.content)["fields"]
    assert claims["transfer"] in str(fields)
    stranger = Client()
    assert stranger.login(email="ines.caron@example.org", password=PASSWORD)
    assert stranger.get(f"{page}.proof.json").status_code == 404


def test_two_who_want_the_last_tree_at_once(fresh_database: str) -> None:
    owner, one, other = (make_person(name) for name in ("Wei Lin", "Ana Morel", "Ines Caron"))
    _partner, campaign = opened(owner, trees=1)
    before = {person: grams_in_hand(person) for person in (one, other)}

    def planter(person: UUID) -> Any:
        def deed() -> str:
            with as_(person):
                campaigns.plant(person, uuid4(), campaign)
            return "planted"

        return deed

    assert sorted(at_once(planter(one), planter(other))) == ["planted", "sold_out"]
    left = 0
    for person in (one, other):
        with as_(person):
            left += queries.grove(person).grams
    assert left == sum(before.values()) - 1000


@pytest.mark.django_db
def test_a_partner_shows_how_a_tree_does_and_plants_a_dead_one_anew(ana: UUID, wei: UUID) -> None:
    partner, campaign = opened(wei)
    grams_in_hand(ana)
    tree = uuid4()
    with as_(ana):
        campaigns.plant(ana, tree, campaign)
    seen: tuple[tuple[str, bytes], ...] = (("planted", PNG), ("alive", b""), ("dead", b""), ("replanted", PNG))
    with as_partner(wei, partner):
        with pytest.raises(Refusal) as refused:
            campaigns.report(partner, uuid4(), tree, "dead", HERE, b"")
        assert refused.value.code == "out_of_order"
        for days, (what, photo) in enumerate(seen):
            audit = uuid4()
            with clock.frozen(clock.now() + timedelta(days=days)):
                for _twice in range(2):
                    campaigns.report(partner, audit, tree, what, HERE, photo)
        assert ledger.balance(accounts.campaign_id(partner, campaign)).posted_minor == 0
        assert real_trees.survival(partner) == {"alive": 1}
    with as_(ana):
        found = real_trees.certificate(ana, tree)
        assert [each.title for each in found.audits] == ["Planted", "Seen alive", "Found dead", "Planted anew"]
        assert [bool(each.photo_digest) for each in found.audits] == [True, False, False, True]


@pytest.mark.django_db
def test_burned_grams_are_gone_and_a_forged_statement_does_not_fill_them_up(ana: UUID, wei: UUID) -> None:
    _partner, campaign = opened(wei)
    grams_in_hand(ana, rides=1)
    for days in (30, 31, 32):
        ride(ana, days_ago=days)
    with as_(ana):
        earning.collect(ana)
        may = giving.giveable_grams(ana)
        assert 1000 <= may < queries.grove(ana).grams
        campaigns.plant(ana, uuid4(), campaign)
        assert giving.giveable_grams(ana) == may - 1000


@pytest.mark.django_db
def test_a_refusal_says_what_it_is(ana: UUID, wei: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    partner, campaign = opened(wei)
    grams_in_hand(ana)

    def refuse(_operations: object) -> None:
        raise Refusal("account_frozen", "Frozen.")

    with monkeypatch.context() as patched, as_(ana), pytest.raises(Refusal) as refused:
        patched.setattr("bocage.services.forest.actions.campaigns.ledger.post_linked_or_refuse", refuse)
        campaigns.plant(ana, uuid4(), campaign)
    assert refused.value.code == "account_frozen"
    trees, audit = (uuid4(), uuid4()), uuid4()
    with as_(ana):
        for tree in trees:
            campaigns.plant(ana, tree, campaign)
    with as_partner(wei, partner):
        assert [each.left for each in real_trees.campaigns(partner)] == [0]
        campaigns.report(partner, audit, trees[0], "planted", HERE, b"")
        with pytest.raises(Refusal) as refused:
            campaigns.report(partner, audit, trees[1], "planted", HERE, b"")
        assert refused.value.code == "id_conflict", "a report that is not kept is not called noted"
        assert [each.id for each in real_trees.to_audit(partner)] == [trees[1], trees[0]]
        with pytest.raises(Refusal) as refused:
            campaigns.open_campaign(partner, campaign, terms(price_grams=1))
        assert refused.value.code == "id_conflict"


@pytest.mark.django_db
def test_nobody_elses_trees_and_no_unchecked_partner(ana: UUID, wei: UUID) -> None:
    partner = make_partner(wei, verified=False)
    with as_partner(wei, partner), pytest.raises(Refusal):
        campaigns.open_campaign(partner, uuid4(), terms())
    with as_(ana), pytest.raises(Refusal):
        real_trees.certificate(ana, uuid4())


@pytest.mark.django_db
def test_the_pages_of_people_and_partners(browser: Client, ana: UUID, wei: UUID) -> None:
    assert "No campaign is open" in browser.get("/forest/planting").content.decode()
    _partner, campaign = opened(wei)
    grams_in_hand(ana)
    tree = uuid4()
    assert "Hazel" in browser.get("/forest/planting").content.decode()
    done = browser.post(f"/forest/planting/{campaign}/plant", {"certificate_id": tree})
    assert done["Location"] == f"/forest/planting/{tree}"
    assert "The signature holds" in browser.get(done["Location"]).content.decode()
    assert browser.get(f"{done['Location']}.pdf").content.startswith(b"%PDF-")
    assert browser.get("/forest/partner").status_code == 403


@pytest.mark.django_db
def test_a_budget_shows_in_trees_and_in_money(ana: UUID, wei: UUID) -> None:
    partner, campaign = make_partner(wei), uuid4()
    with as_partner(wei, partner):
        campaigns.open_campaign(partner, campaign, replace(terms(3), cost_minor=450))
        with pytest.raises(Refusal):
            campaigns.open_campaign(partner, campaign, replace(terms(3), cost_minor=451))
    grams_in_hand(ana)
    with as_(ana):
        campaigns.plant(ana, uuid4(), campaign)
        assert [each.cost_minor for each in real_trees.campaigns()] == [450]
    with as_partner(wei, partner):
        one = real_trees.campaigns(partner)[0]
    assert (one.left, one.budget_minor, one.budget_left_minor) == (2, 1350, 900)


@pytest.mark.django_db
def test_the_pages_keep_to_their_budget_however_many_trees_there_are(
    browser: Client, ana: UUID, wei: UUID, django_assert_max_num_queries: Any
) -> None:
    befriend(ana, wei, "wei.lin")
    partner, campaign = opened(wei, trees=9)
    grams_in_hand(ana, rides=12)
    with as_(ana):
        made = [campaigns.plant(ana, uuid4(), campaign) for _each in range(4)]
        group = groups.found(ana, uuid4(), "street", "Rue des Tilleuls")
    pages = {"planting": 22, f"planting/{made[0]}": 16, f"friend/{wei}": 26, f"groups/{group}": 26}
    for path, most in pages.items():
        assert browser.get(f"/forest/{path}").status_code == 200
        with django_assert_max_num_queries(most, info=path):
            browser.get(f"/forest/{path}")
    partners = Client()
    partners.post("/accounts/login/", {"login": "wei.lin@example.org", "password": PASSWORD})
    session = partners.session
    session[ACTING_FOR_SESSION_KEY] = str(partner)
    session.save()
    with django_assert_max_num_queries(22, info="partner"):
        assert partners.get("/forest/partner").status_code == 200
