"""An account of two: both agree to their parts, each counts hers, and the two parts are the whole."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.forest import insight, limits, queries
from bocage.services.forest.actions import account_sharing, correcting, erasing, importing
from bocage.services.forest.models import Award, Line, SharedAccount
from bocage.services.forest.shared_accounts import shared_accounts
from bocage.services.forest.tests.conftest import Program, make_person
from bocage.services.forest.tests.test_correcting import ROWS
from bocage.services.forest.tests.test_together import befriend
from bocage.services.forest.weighing import Part

pytestmark = pytest.mark.django_db


def as_(person: UUID) -> Any:
    return acting_as(Actor.for_person(person))


@pytest.fixture
def household(ana: UUID, wei: UUID) -> UUID:
    """Ana and Wei share an account: 60 % is Ana's."""
    befriend(ana, wei, "wei.lin")
    with as_(ana):
        id = account_sharing.propose(ana, uuid4(), wei, "our household", 60).id
    with as_(wei):
        account_sharing.agree(wei, id)
    return id


def bring(person: UUID, shared_id: UUID | None, content: bytes = ROWS) -> list[Line]:
    with as_(person):
        upload = importing.receive(person, uuid4(), "bank.csv", content, "FR", shared_id=shared_id)
        importing.confirm(person, upload.id, rewarded=True)
        return list(Line.objects.filter(person_id=person).order_by("booked_on", "id"))


def whole(content: bytes = ROWS) -> list[int]:
    return [line.micrograms for line in bring(make_person("Lou Petit"), None, content)]


@given(st.integers(-(10**15), 10**15), st.integers(1, 99))
def test_two_parts_are_the_whole_and_a_refund_takes_its_part_back(micrograms: int, percent: int) -> None:
    first, second = Part(0, percent), Part(percent, 100)
    assert first.of(micrograms) + second.of(micrograms) == micrograms
    assert first.of(-micrograms) == -first.of(micrograms)
    assert abs(first.of(micrograms)) <= abs(micrograms)


def test_each_counts_her_part_and_sees_her_own_lines(ana: UUID, wei: UUID, household: UUID) -> None:
    anas, weis = bring(ana, household), bring(wei, household)
    assert [a.micrograms + w.micrograms for a, w in zip(anas, weis, strict=True)] == whole()
    assert anas[3].micrograms * 2 == pytest.approx(weis[3].micrograms * 3, abs=5)
    assert anas[0].micrograms + anas[2].micrograms == 0, "the refund takes back exactly her part"
    assert all(line.low_micrograms <= line.micrograms <= line.high_micrograms for line in (*anas, *weis))
    with as_(wei):
        shown = queries.line(wei, weis[0].id)
        assert (shown.share_percent, shown.amount_minor) == (40, -2000)
        assert "40 % of it is yours" in shown.reasons[-1]["text"]
        with pytest.raises(Refusal, match="not_found"):
            queries.line(wei, anas[0].id)
        assert insight.year(wei).items.keys() == {line.item for line in weis if line.counted}


def test_a_correction_keeps_the_part(ana: UUID, wei: UUID, household: UUID) -> None:
    for person in (ana, wei):
        line = bring(person, household)[0]
        with as_(person):
            assert correcting.correct(person, line.id, "groceries") == 3
    with as_(ana):
        anas = list(Line.objects.filter(person_id=ana).order_by("booked_on", "id"))
    with as_(wei):
        weis = list(Line.objects.filter(person_id=wei).order_by("booked_on", "id"))
    assert {a.category for a in anas} == {"groceries"}
    assert anas[0].micrograms * 2 == pytest.approx(weis[0].micrograms * 3, abs=5)
    assert anas[0].micrograms == -anas[2].micrograms
    assert anas[0].reasons[-1]["values"] == {"percent": "60"}


def test_it_earns_neither_of_them_grams(ana: UUID, household: UUID, statement: bytes) -> None:
    assert any(line.item == "metro" for line in bring(ana, household, statement))
    with as_(ana):
        assert not Award.objects.exists()


def test_nothing_counts_by_part_before_both_agreed_or_after_one_ended_it(ana: UUID, wei: UUID) -> None:
    befriend(ana, wei, "wei.lin")
    with as_(ana):
        id = account_sharing.propose(ana, uuid4(), wei, "our household", 60).id
        assert [each.state for each in shared_accounts(ana)] == ["outgoing"]
        with pytest.raises(Refusal, match="not_found"):
            account_sharing.agree(ana, id)
    with pytest.raises(Refusal, match="not_shared"):
        bring(ana, id)
    with as_(wei):
        assert [(each.state, each.percent) for each in shared_accounts(wei)] == [("incoming", 40)]
        account_sharing.agree(wei, id)
        account_sharing.agree(wei, id)
    kept = [line.micrograms for line in bring(ana, id)]
    with as_(ana):
        waiting = importing.receive(ana, uuid4(), "later.csv", ROWS.replace(b"-40", b"-41"), "FR", shared_id=id)
    with as_(wei):
        account_sharing.end(wei, id)
        assert shared_accounts(wei) == []
        with pytest.raises(Refusal, match="not_found"):
            account_sharing.end(wei, id)
    with as_(ana):
        with pytest.raises(Refusal, match="not_shared"):
            importing.confirm(ana, waiting.id, rewarded=True)
        assert [line.micrograms for line in Line.objects.order_by("booked_on", "id")] == kept


def test_what_cannot_be_shared_is_refused(
    ana: UUID, wei: UUID, household: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = make_person("Lou Petit")
    with as_(ana):
        for other, name, percent, code in (
            (stranger, "x", 50, "not_friends"),
            (ana, "x", 50, "not_friends"),
            (wei, " ", 50, "bad_name"),
            (wei, "a\0b", 50, "bad_name"),
            (wei, "x", 0, "bad_percent"),
            (wei, "x", 100, "bad_percent"),
        ):
            with pytest.raises(Refusal, match=code):
                account_sharing.propose(ana, uuid4(), other, name, percent)
        with pytest.raises(Refusal, match="id_conflict"):
            account_sharing.propose(ana, household, wei, "our household", 61)
        assert account_sharing.propose(ana, household, wei, "our household", 60).id == household
        monkeypatch.setattr(limits, "SHARED_ACCOUNTS_MAX", 1)
        with pytest.raises(Refusal, match="too_many_shared"):
            account_sharing.propose(ana, uuid4(), wei, "another", 50)
    with as_(stranger):
        for deed in (account_sharing.agree, account_sharing.end):
            with pytest.raises(Refusal, match="not_found"):
                deed(stranger, household)
        assert not SharedAccount.objects.exists()
    with pytest.raises(Refusal, match="not_shared"):
        bring(stranger, household)


def test_a_friend_is_asked_so_often_a_day(ana: UUID, wei: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SHARED_ASKED_A_DAY_MAX", 2)
    befriend(ana, wei, "wei.lin")
    with as_(ana):
        for _time in range(2):
            account_sharing.end(ana, account_sharing.propose(ana, uuid4(), wei, "our household", 60).id)
        with pytest.raises(Refusal, match="too_many_asked"):
            account_sharing.propose(ana, uuid4(), wei, "our household", 60)
        with clock.shifted(timedelta(days=1, seconds=1)):
            account_sharing.propose(ana, uuid4(), wei, "our household", 60)


def test_who_leaves_takes_the_account_along_and_the_other_keeps_her_lines(
    ana: UUID, wei: UUID, household: UUID
) -> None:
    kept = [line.micrograms for line in bring(wei, household)]
    with as_(ana):
        erasing.erase(ana)
    with as_(wei):
        assert shared_accounts(wei) == []
        assert [line.micrograms for line in Line.objects.order_by("booked_on", "id")] == kept


def test_by_the_page(browser: Client, ana: UUID, wei: UUID) -> None:
    assert "First be friends" in browser.get("/forest/shared").content.decode()
    befriend(ana, wei, "wei.lin")
    id = uuid4()
    said = {"shared_id": id, "name": "our household", "other_id": wei, "percent": "50"}
    for _twice in range(2):
        assert browser.post("/forest/shared", said)["Location"] == "/forest/shared"
    wrong = browser.post("/forest/shared", {**said, "shared_id": uuid4(), "percent": "100"})
    assert wrong.status_code == 422
    with as_(wei):
        account_sharing.agree(wei, id)
    assert "with Wei Lin · 50 % yours" in browser.get("/forest/shared").content.decode()
    assert "our household, with Wei Lin: 50 % mine" in browser.get("/forest/import").content.decode()
    browser.post(f"/forest/shared/{id}/answer", {"answer": "no"})
    assert "our household" not in browser.get("/forest/import").content.decode()


def test_by_a_program(anas: Program, weis: Program, ana: UUID, wei: UUID) -> None:
    befriend(ana, wei, "wei.lin")
    id = uuid4()
    asked = anas.put(f"/shared-accounts/{id}", {"other_id": str(wei), "name": "our household", "percent": 60})
    assert asked.json()["items"][0] | {"id": ""} == {
        "id": "", "name": "our household", "other_name": "Wei Lin", "percent": 60, "state": "outgoing",
    }  # fmt: skip
    assert weis.post(f"/shared-accounts/{id}/agree").json()["items"][0]["state"] == "agreed"
    assert weis.upload(ROWS, shared_id=str(id)).status_code == 201
    assert weis.post(f"/shared-accounts/{id}/end").json() == {"items": []}
    assert anas.get("/shared-accounts").json() == {"items": []}
    assert weis.upload(ROWS + b"11/10/2026;X;-1,00;EUR\n", shared_id=str(id)).json()["code"] == "not_shared"
