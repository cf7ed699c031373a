"""Friends, groups, gifts and taking: both sides agree, grams are conserved, and two at once get it right."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.ledger import queries as ledger
from bocage.services.forest import accounts, limits, queries, together
from bocage.services.forest.actions import earning, friends, giving, groups, planting, taking
from bocage.services.forest.models import Award
from bocage.services.forest.tests.conftest import Program, make_person, ride


def as_(person: UUID) -> Any:
    return acting_as(Actor.for_person(person))


def prove(person: UUID) -> None:
    """As if the person's rides had been paid to a checked shop."""
    with as_(person):
        Award.objects.filter(person_id=person).update(proven=True)


def befriend(one: UUID, other: UUID, handle: str) -> UUID:
    with as_(one):
        friendship = friends.ask(one, handle)
    with as_(other):
        friends.accept(other, friendship)
    return friendship


def collected(person: UUID, rides: int = 1) -> int:
    """Grams in the person's hand, of proven rides."""
    with as_(person):
        consent.grant(person, "forest.grow")
    for days in range(rides):
        ride(person, days_ago=20 + days)
    prove(person)
    with as_(person):
        return earning.collect(person)


def sown(person: UUID, species: str = "oak") -> UUID:
    with as_(person):
        return planting.sow(person, uuid4(), species)


def in_hand(person: UUID) -> int:
    with as_(person):
        return queries.grove(person).grams


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Run the deeds in threads at one moment; what each answered, or the code of its refusal."""
    answers: list[Any] = [None] * len(deeds)
    barrier = threading.Barrier(len(deeds))

    def run(index: int) -> None:
        barrier.wait()
        try:
            answers[index] = deeds[index]()
        except Refusal as refusal:
            answers[index] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db
def test_trees_are_seen_once_both_said_yes_and_no_longer_when_one_withdraws(ana: UUID, wei: UUID) -> None:
    tree = sown(wei)
    with as_(ana):
        asked = friends.ask(ana, "@wei.lin")
        assert friends.ask(ana, "wei.lin") == asked, "asking twice asks once"
        with pytest.raises(Refusal, match="not open"):
            together.friends_forest(ana, wei)
        with pytest.raises(Refusal):
            friends.accept(ana, asked)
    with as_(wei):
        assert [each.state for each in together.friends(wei)] == ["incoming"]
        friends.accept(wei, asked)
    with as_(ana):
        assert [each.id for each in together.friends_forest(ana, wei).trees] == [tree]
        assert [each.growing for each in together.friends(ana)] == [1]
    with as_(wei):
        consent.withdraw(wei, "forest.friends")
    with as_(ana), pytest.raises(Refusal, match="not open"):
        together.friends_forest(ana, wei)


@pytest.mark.django_db
def test_who_withdraws_is_seen_by_nobody_though_she_goes_on_growing(ana: UUID, wei: UUID) -> None:
    befriend(ana, wei, "wei.lin")
    sown(wei)
    group = uuid4()
    with as_(ana):
        code = together.group(ana, groups.found(ana, group, "club", "Cinema")).code
        friends.choose_taking(ana, takes=True)
    with as_(wei):
        consent.grant(wei, "forest.grow")
        groups.join(wei, code)
        groups.show(wei, group, shown=True)
        friends.choose_taking(wei, takes=True)
    ride(wei, days_ago=20)
    prove(wei)
    with as_(ana):
        assert [row.name for row in together.group(ana, group).board] == ["Wei Lin"]
        assert [each.growing for each in together.friends(ana)] == [1]
    with as_(wei):
        consent.withdraw(wei, "forest.friends")
    with as_(ana):
        assert together.group(ana, group).board == ()
        assert [each.growing for each in together.friends(ana)] == [0]
        with pytest.raises(Refusal) as refused:
            taking.take(ana, wei)
        assert refused.value.code == "not_found"


@pytest.mark.django_db
def test_asking_each_other_makes_friends_and_strangers_cannot_be_asked(ana: UUID, wei: UUID) -> None:
    with as_(ana):
        friends.ask(ana, "wei.lin")
        for handle, code in (("nobody.here", "not_found"), ("", "not_found"), ("ana.morel", "yourself")):
            with pytest.raises(Refusal) as refused:
                friends.ask(ana, handle)
            assert refused.value.code == code
    with as_(wei):
        friendship = friends.ask(wei, "ana.morel")
        assert [each.state for each in together.friends(wei)] == ["friend"]
    with as_(ana):
        friends.end(ana, friendship)
        assert together.friends(ana) == []


@pytest.mark.django_db
def test_a_gift_moves_grams_once_and_only_those_that_may_go(ana: UUID, wei: UUID) -> None:
    befriend(ana, wei, "wei.lin")
    tree, grams, gift = sown(wei), collected(ana), uuid4()
    with as_(ana):
        for _twice in range(2):
            assert giving.water_friends_tree(ana, gift, tree, wei, 300) is False
        with pytest.raises(Refusal) as refused:
            giving.water_friends_tree(ana, gift, tree, wei, 301)
        assert refused.value.code == "id_conflict"
        Award.objects.filter(person_id=ana).update(proven=False)
        with pytest.raises(Refusal) as refused:
            giving.water_friends_tree(ana, uuid4(), tree, wei, 1)
        assert refused.value.code == "not_givable"
    assert in_hand(ana) == grams - 300
    with as_(wei):
        assert queries.grove(wei).trees[0].grams == 300
        assert [(each.name, each.grams) for each in together.received(wei, 5)] == [("Ana Morel", 300)]


@pytest.mark.django_db
def test_strangers_trees_stay_dry(ana: UUID, wei: UUID) -> None:
    tree = sown(wei)
    collected(ana)
    with as_(wei):
        consent.grant(wei, "forest.friends")
    with as_(ana), pytest.raises(Refusal) as refused:
        giving.water_friends_tree(ana, uuid4(), tree, wei, 10)
    assert refused.value.code == "not_found"
    assert in_hand(ana) > 0


@pytest.mark.django_db
def test_a_group_grows_a_tree_and_its_board_shows_who_chose_to_stand_there(ana: UUID, wei: UUID) -> None:
    group = uuid4()
    with as_(ana):
        for _twice in range(2):
            groups.found(ana, group, "street", "Rue des Tilleuls")
        code = together.group(ana, group).code
    with as_(wei):
        with pytest.raises(Refusal):
            together.group(wei, group)
        assert groups.join(wei, code.lower()) == group
    grams = collected(ana)
    with as_(ana):
        tree = giving.sow_for_group(ana, uuid4(), group, "birch")
        giving.water_groups_tree(ana, uuid4(), tree, grams)
        view = together.group(ana, group)
        assert (view.members, view.board, view.others_grams) == (2, (), grams)
        assert view.trees[0].grams == grams
        groups.show(ana, group, shown=True)
    with as_(wei):
        assert [(row.name, row.grams) for row in together.group(wei, group).board] == [("Ana Morel", grams)]
        groups.leave(wei, group)
        with pytest.raises(Refusal):
            giving.water_groups_tree(wei, uuid4(), tree, 1)


@pytest.mark.django_db
def test_a_groups_tree_that_is_full_burns_its_grams(ana: UUID) -> None:
    group, grams = uuid4(), collected(ana, rides=12)
    with as_(ana):
        groups.found(ana, group, "school", "École du Pont")
        tree = giving.sow_for_group(ana, uuid4(), group, "birch")
    with as_(ana):
        from bocage.services.forest.models import GroupTree

        with acting_as(Actor.for_service("forest")):
            GroupTree.objects.filter(pk=tree).update(price_grams=grams)
        assert giving.water_groups_tree(ana, uuid4(), tree, grams) is True
        with acting_as(Actor.for_service("forest")):
            assert ledger.balance(tree).posted_minor == 0
            assert ledger.balance(accounts.grown()).posted_minor == grams


@pytest.mark.django_db
def test_taking_needs_both_and_gives_the_owner_all_the_rest(ana: UUID, wei: UUID) -> None:
    befriend(ana, wei, "wei.lin")
    for person in (ana, wei):
        with as_(person):
            consent.grant(person, "forest.grow")
    ride(wei, days_ago=20)
    prove(wei)
    with as_(ana):
        with pytest.raises(Refusal) as refused:
            taking.take(ana, wei)
        assert refused.value.code == "not_found"
        friends.choose_taking(ana, takes=True)
    with as_(wei):
        friends.choose_taking(wei, takes=True)
        whole = queries.grove(wei).ripe_grams
    with as_(ana):
        taken = taking.take(ana, wei)
        with pytest.raises(Refusal) as refused:
            taking.take(ana, wei)
        assert refused.value.code == "nothing_to_take"
    assert taken == min(whole // 10, limits.TAKEN_A_DAY_GRAMS_MAX)
    assert (in_hand(ana), in_hand(wei)) == (taken, whole - taken)


def test_two_friends_who_take_the_last_award_at_once(fresh_database: str) -> None:
    owner, one, other = (make_person(name) for name in ("Wei Lin", "Ana Morel", "Ines Caron"))
    for person in (one, other):
        befriend(person, owner, "wei.lin")
    for person in (owner, one, other):
        with as_(person):
            consent.grant(person, "forest.grow")
            friends.choose_taking(person, takes=True)
    ride(owner, days_ago=20)
    prove(owner)
    with as_(owner):
        whole = queries.grove(owner).ripe_grams

    def taker(person: UUID) -> Callable[[], int]:
        def deed() -> int:
            with as_(person):
                return taking.take(person, owner)

        return deed

    answers = at_once(taker(one), taker(other))
    assert sorted(map(str, answers)) == sorted([str(whole // 10 if whole < 1000 else 100), "nothing_to_take"])
    assert in_hand(owner) + in_hand(one) + in_hand(other) == whole


def test_two_tabs_that_collect_at_once_collect_once(fresh_database: str) -> None:
    ana = make_person("Ana Morel")
    ride(ana, days_ago=20)
    with as_(ana):
        whole = queries.grove(ana).ripe_grams

    def collect() -> int:
        with as_(ana):
            return earning.collect(ana)

    assert sorted(map(str, at_once(collect, collect))) == sorted([str(whole), "nothing_ripe"])
    assert in_hand(ana) == whole


@pytest.mark.django_db
def test_who_was_seen_at_the_counter_may_give_all_she_has(ana: UUID) -> None:
    grams = collected(ana)
    with as_(ana):
        Award.objects.filter(person_id=ana).update(proven=False)
        assert giving.giveable_grams(ana) == 0
    with acting_as(Actor.nobody()):
        seen = identity.register(
            email="seen@example.org",
            password="a long enough password 7",
            handle="seen",
            display_name="Seen",
            language="en",
            time_zone="Europe/Paris",
            tier="document",
        ).id
    assert grams
    ride(seen, days_ago=20)
    with as_(seen):
        all_of_it = earning.collect(seen)
        assert giving.giveable_grams(seen) == all_of_it


@pytest.mark.django_db
def test_a_program_asks_accepts_gives_and_joins(ana: UUID, wei: UUID, anas: Program, weis: Program) -> None:
    asked = anas.post("/friends", {"handle": "wei.lin"})
    assert asked.status_code == 201, asked.content
    (friend,) = asked.json()["items"]
    assert friend["state"] == "outgoing"
    accepted = weis.post(f"/friends/{friend['friendship_id']}/accept", {})
    assert [each["state"] for each in accepted.json()["items"]] == ["friend"]
    tree, gift = sown(wei), str(uuid4())
    collected(ana)
    body = {"friend_id": str(wei), "tree_id": str(tree), "grams": 50}
    assert [anas.put(f"/gifts/{gift}", body).json() for _twice in range(2)] == [{"grown": False}] * 2
    assert anas.put(f"/gifts/{uuid4()}", {**body, "grams": 0}).status_code == 422
    assert anas.get("/friends").json()["items"][0]["growing"] == 1
    with as_(wei):
        code = together.group(wei, groups.found(wei, uuid4(), "club", "Cinema")).code
    assert anas.post("/groups/join", {"code": code}).json()["members"] == 2
    assert anas.post("/groups/join", {"code": "WRONG"}).status_code == 404
    assert anas.put(f"/certificates/{uuid4()}", {"campaign_id": str(uuid4())}).status_code == 404


def test_a_season_begins_where_it_does() -> None:
    from datetime import date

    begins = [(date(2026, 12, 5), date(2026, 12, 1)), (date(2027, 2, 28), date(2026, 12, 1))]
    begins += [(date(2026, 3, 1), date(2026, 3, 1)), (date(2026, 11, 30), date(2026, 9, 1))]
    assert [together.season_began(day) for day, _first in begins] == [first for _day, first in begins]
    assert clock.now().date() >= together.season_began(clock.now().date())
