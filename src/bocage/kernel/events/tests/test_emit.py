"""What may be put in the log, and how it lies there."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events import queries, registry
from bocage.kernel.events.actions import emit
from bocage.kernel.events.registry import FIELD_TYPES, UndeclaredEvent
from bocage.kernel.events.sealed import digest_of, link_of
from bocage.kernel.events.tests import fakes
from bocage.kernel.events.types import Event, to_cloudevent
from bocage.kernel.keys import subject_keys
from bocage.kernel.manifest import EventType, Service

ALL_FIELDS = EventType("till.all", "Everything.", {name: name for name in sorted(FIELD_TYPES)})
GOOD: dict[str, Any] = {
    "string": "é",
    "integer": -(2**63),
    "boolean": False,
    "uuid": UUID(int=1),
    "date": date(2026, 11, 22),
    "datetime": datetime(2026, 11, 22, tzinfo=UTC),
    "list": [1, "a"],
    "object": {"a": None},
}
BAD: dict[str, list[object]] = {
    "string": ["nul\0byte", "x" * 10_001, 5, None],
    "integer": [True, 1.5, "1", None],
    "boolean": [1, "true", None],
    "uuid": ["not", 1, None],
    "date": ["2026-13-01", datetime(2026, 1, 1, tzinfo=UTC), None],
    "datetime": ["2026-01-01T00:00:00", datetime(2026, 1, 1), "soon", None],  # noqa: DTZ001
    "list": [{"a": 1}, "abc", None],
    "object": [[1], "abc", None],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_data_that_its_declaration_does_not_allow_is_a_programming_error(field: str, value: object) -> None:
    registry.check_data(ALL_FIELDS, 1, GOOD)
    with pytest.raises(UndeclaredEvent, match=field):
        registry.check_data(ALL_FIELDS, 1, {**GOOD, field: value})


def test_missing_extra_and_optional_fields() -> None:
    optional = EventType("till.maybe", "", {"a": "integer", "b": "string?"})
    registry.check_data(optional, 1, {"a": 1})
    registry.check_data(optional, 1, {"a": 1, "b": None})
    for data in ({}, {"a": 1, "c": 2}, {"a": 1, "b": 3}):
        with pytest.raises(UndeclaredEvent):
            registry.check_data(optional, 1, data)
    with pytest.raises(UndeclaredEvent, match="version"):
        registry.check_data(optional, 2, {"a": 1})


def test_old_data_is_lifted_step_by_step() -> None:
    steps = {1: lambda data: {**data, "two": True}, 2: lambda data: {**data, "three": True}}
    third = EventType("till.paid", "", {}, version=3, upcasts=steps)
    gap = EventType("till.gap", "", {}, version=3, upcasts={1: steps[1]})
    service = Service("till", "T", "x", "x", "x", emits=(third, gap))
    with fakes.services(service):
        assert registry.upcast("till.paid", 1, {"one": 1}) == (3, {"one": 1, "two": True, "three": True})
        assert registry.upcast("till.paid", 3, {"one": 1}) == (3, {"one": 1})
        with pytest.raises(UndeclaredEvent, match="upcast from version 2"):
            registry.upcast("till.gap", 1, {})


@given(st.binary(min_size=1, max_size=64), st.integers(min_value=0), st.integers(0, 7))
def test_any_flipped_bit_of_the_payload_changes_digest_and_link(payload: bytes, at: int, bit: int) -> None:
    at %= len(payload)
    flipped = payload[:at] + bytes([payload[at] ^ (1 << bit)]) + payload[at + 1 :]
    time = datetime(2026, 11, 22, tzinfo=UTC)
    one, other = (digest_of(UUID(int=1), "t", 1, "s", None, time, each) for each in (payload, flipped))
    assert one != other and link_of(bytes(32), 1, one) != link_of(bytes(32), 1, other)


def test_fields_of_the_digest_cannot_run_into_one_another() -> None:
    time = datetime(2026, 11, 22, tzinfo=UTC)
    assert digest_of(UUID(int=1), "ab", 1, "c", None, time, b"") != digest_of(
        UUID(int=1), "a", 1, "bc", None, time, b""
    )


def test_the_envelope_is_cloudevents() -> None:
    subject = uuid4()
    event = Event(7, uuid4(), "till.paid", 1, subject, datetime(2026, 11, 22, 8, tzinfo=UTC), {"n": 1}, "till")
    envelope = json.loads(json.dumps(to_cloudevent(event)))
    assert envelope == {
        "specversion": "1.0",
        "id": str(event.id),
        "source": "/bocage/till",
        "type": "till.paid",
        "time": "2026-11-22T08:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "/api/v1/events/till.paid/1",
        "sequence": "7",
        "subject": str(subject),
        "data": {"n": 1},
    }


@pytest.mark.django_db
class TestInTheDatabase:
    def test_what_no_manifest_declares_is_not_written(self) -> None:
        with fakes.town(), pytest.raises(UndeclaredEvent, match="emits"):
            emit("till.unknown", subject_id=None, data={})

    def test_a_persons_data_lies_encrypted_and_only_she_reads_it(self) -> None:
        person, other = uuid4(), uuid4()
        with fakes.town():
            with acting_as(Actor.for_person(other)):
                emit("till.paid", subject_id=person, data={"n": 1, "note": "violets"})
                assert queries.events_about(person) == []
            with acting_as(Actor.for_person(person)):
                (event,) = queries.events_about(person)
                assert event.data == {"n": 1, "note": "violets"}
                assert queries.event_about(person, event.id) == event
                with connection.cursor() as cursor:
                    cursor.execute("select payload from event where id = %s", [event.id])
                    assert b"violets" not in bytes(cursor.fetchone()[0])

    def test_after_erasure_nothing_is_read_and_nothing_is_said(self) -> None:
        person = uuid4()
        with fakes.town(), acting_as(Actor.for_person(person)):
            emit("till.paid", subject_id=person, data={"n": 1})
            subject_keys.destroy(person)
            assert queries.events_about(person) == []
            with pytest.raises(subject_keys.Erased):
                emit("till.paid", subject_id=person, data={"n": 2})

    def test_a_fact_of_a_service_that_is_gone_is_still_read_by_its_subject(self) -> None:
        person = uuid4()
        with fakes.town(), acting_as(Actor.for_person(person)):
            emit("till.paid", subject_id=person, data={"n": 1})
        with fakes.services(), acting_as(Actor.for_person(person)):
            assert [event.data for event in queries.events_about(person)] == [{"n": 1}]

    def test_the_same_key_is_one_event_and_the_first_stands(self, monkeypatch: pytest.MonkeyPatch) -> None:
        person = uuid4()
        with fakes.town(), acting_as(Actor.for_person(person)):
            first = emit("till.paid", subject_id=person, data={"n": 1}, key="order 7")
            again = emit("till.paid", subject_id=person, data={"n": 2}, key="order 7")
            third = emit("till.paid", subject_id=person, data={"n": 3}, key="order 8")
            assert first == again != third
            assert [event.data["n"] for event in queries.events_about(person)] == [1, 3]
            monkeypatch.setattr(queries, "EXPORT_STEP", 1)
            assert [event.data["n"] for event in queries.events_about(person)] == [1, 3]

    def test_an_event_too_large_is_refused(self) -> None:
        big = EventType("till.big", "", {"items": "list"})
        service = Service("till", "T", "x", "x", "x", emits=(big,))
        with fakes.services(service), pytest.raises(UndeclaredEvent, match="bytes"):
            emit("till.big", subject_id=None, data={"items": ["x" * 1000] * 300})

    @pytest.mark.parametrize(
        "statement",
        [
            "update event set type = 'x'",
            "delete from event",
            "truncate event",
            "update event_position set link = ''",
            "delete from event_position",
            "insert into event_position values (1, 1, 'x', now(), '')",
            "update event_sequencer set seq = 0",
        ],
    )
    def test_the_app_may_only_add_to_the_log(self, statement: str) -> None:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
