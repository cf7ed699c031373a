"""Notifications are written by anyone and seen by one."""

from uuid import uuid4

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.notifications import actions, manifest, queries

pytestmark = pytest.mark.django_db


def test_only_its_person_sees_it_and_reading_counts_down() -> None:
    person, other = uuid4(), uuid4()
    with acting_as(Actor.for_person(other)):
        ids = [actions.notify(person, f"title {n}", "body", "/pay/") for n in range(3)]
        assert queries.unread_count(person) == 0
    with acting_as(Actor.for_service("forest")):
        assert queries.latest(person).notifications == ()
    with acting_as(Actor.for_person(person, subject_id=uuid4())):
        assert queries.unread_count(person) == 3
        assert actions.mark_read(person, [ids[0]]) == 1
        assert queries.unread_count(person) == 2
        assert actions.mark_read(person) == 2
        assert queries.unread_count(person) == 0


def test_pages_follow_one_another_without_gap_or_repeat() -> None:
    person = uuid4()
    with acting_as(Actor.for_person(person)):
        ids = [actions.notify(person, str(n)) for n in range(7)]
        seen, before = [], None
        while True:
            page = queries.latest(person, before, limit=3)
            seen += [each.id for each in page.notifications]
            before = page.next_before
            if before is None:
                break
    assert sorted(seen) == sorted(ids) and len(seen) == 7 and seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/" + "x" * 300])
def test_a_notification_leads_nowhere_but_to_a_path_of_ours(url: str) -> None:
    with pytest.raises(ValueError, match="path of ours"):
        actions.notify(uuid4(), "t", url=url)


def test_long_text_is_cut_and_erasure_leaves_none() -> None:
    person = uuid4()
    with acting_as(Actor.for_person(person)):
        actions.notify(person, "t" * 500, "b" * 5000)
        (only,) = queries.latest(person).notifications
        assert only.title.endswith("t…") and only.body.endswith("b…")
        assert len(manifest.export(person)["notifications"]) == 1
        assert manifest.erase(person) == []
        assert queries.latest(person).notifications == ()
