"""Event documents: what is accepted, and for each kind of fault the one error with its path."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bocage.engines.parcels import EpcisError, commands, document_of, read_document, write_document
from bocage.engines.parcels.epcis import vocabulary
from bocage.engines.parcels.epcis.documents import CONTEXT

OBJECT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
    "eventTime": "2026-07-22T06:45:00.250+02:00",
    "eventTimeZoneOffset": "+02:00",
    "action": "OBSERVE",
    "bizStep": "arriving",
    "disposition": "in_transit",
    "epcList": ["urn:epc:id:sscc:4012345.3123456789"],
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
}


def document(*events: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "@context": [CONTEXT, {"example": "https://example.org/ns/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-07-22T10:30:00Z",
        "epcisBody": {"eventList": list(events)},
        **changed,
    }


def without(field: str, event: dict[str, Any] = OBJECT) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != field}


def test_what_is_kept_of_an_event() -> None:
    (event,) = document_of(document({**OBJECT, "example:van": {"seats": 2}})).events
    assert event.at == datetime(2026, 7, 22, 4, 45, 0, 250_000, tzinfo=UTC)
    assert (event.offset_minutes, event.action, event.biz_step) == (120, "OBSERVE", "arriving")
    assert (event.read_point, event.biz_location) == ("urn:epc:id:sgln:4012345.00001.0", "")
    assert event.epcs == ("urn:epc:id:sscc:4012345.3123456789",)


@pytest.mark.parametrize(
    "event",
    [
        {**OBJECT, "bizStep": "https://example.org/step/rinsing"},
        {**OBJECT, "bizStep": "https://ref.gs1.org/cbv/BizStep-arriving"},
        {**OBJECT, "epcList": [], "disposition": "urn:example:waiting"},
        {
            **without("epcList"),
            "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": 1.5}],
        },
        {**without("epcList"), "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 4}]}]},
        {**OBJECT, "action": "ADD", "ilmd": {"example:kind": "soft"}},
        {
            **without("epcList"),
            "type": "AggregationEvent",
            "parentID": "urn:epc:id:sscc:4012345.3123456789",
            "childEPCs": ["https://id.gs1.org/00/340123451234567895"],
        },
        {
            **without("epcList"),
            "type": "TransactionEvent",
            "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:1"}],
            "epcList": [],
        },
        {
            **without("epcList", without("action")),
            "type": "TransformationEvent",
            "inputEPCList": ["urn:epc:id:sgtin:4012345.012345.1"],
            "outputEPCList": ["urn:epc:id:sgtin:4012345.012346.1"],
        },
        {**without("epcList"), "type": "example:Handshake"},
    ],
)
def test_accepted(event: dict[str, Any]) -> None:
    assert document_of(document(OBJECT, event)).events[1].body == event


FAULTS = [
    ({**OBJECT, "bizStep": "transforming"}, "bizStep", "business step"),
    ({**OBJECT, "bizStep": "urn:epcglobal:cbv:bizstep:transforming"}, "bizStep", "business step"),
    ({**OBJECT, "bizStep": "urn:x:" + "y" * 2_048}, "bizStep", "characters at most"),
    ({**OBJECT, "disposition": "in_transport"}, "disposition", "disposition"),
    ({**OBJECT, "eventTime": "22-07-2026"}, "eventTime", "instant"),
    ({**OBJECT, "eventTime": "2026-07-22T06:45:00"}, "eventTime", "instant"),
    ({**OBJECT, "eventTime": "2026-02-30T06:45:00Z"}, "eventTime", "no day"),
    ({**OBJECT, "eventTime": 5}, "eventTime", "instant"),
    ({**OBJECT, "eventTimeZoneOffset": "+15:00"}, "eventTimeZoneOffset", "offset"),
    (without("eventTimeZoneOffset"), "eventTimeZoneOffset", "missing"),
    (without("eventTime"), "eventTime", "missing"),
    (without("action"), "action", "missing"),
    ({**OBJECT, "action": "CREATE"}, "action", "none of"),
    ({**OBJECT, "action": ["ADD"]}, "action", "none of"),
    (without("epcList"), "epcList", "names its objects"),
    (without("type"), "type", "missing"),
    ({**OBJECT, "type": "ObjectEvents"}, "type", "no type of event"),
    ({**OBJECT, "epcList": ["urn:epc:id:sscc:4012345.31234567"]}, "epcList[0]", "17 digits"),
    ({**OBJECT, "epcList": ["https://id.gs1.org/00/340123451234567894"]}, "epcList[0]", "check digit"),
    ({**OBJECT, "epcList": ["urn:x:1", "urn:x:1"]}, "epcList", "twice"),
    ({**OBJECT, "epcList": "urn:x:1"}, "epcList", "list"),
    ({**OBJECT, "eventID": "urn:uuid:12"}, "eventID", "UUID"),
    ({**OBJECT, "certificationInfo": [{"gs1:x": 1}]}, "certificationInfo[0]", "URI"),
    ({**OBJECT, "quantityList": [{"epcClass": "urn:x:1", "quantity": "20"}]}, "quantityList[0].quantity", "number"),
    ({**OBJECT, "quantityList": [{"epcClass": "urn:x:1", "weight": 5}]}, "quantityList[0].weight", "no such field"),
    ({**OBJECT, "quantityList": [{"epcClass": "urn:x:1", "quantity": -1}]}, "quantityList[0].quantity", "nothing"),
    ({**OBJECT, "ilmd": {"example:kind": "soft"}}, "ilmd", "ADD"),
    ({**OBJECT, "action": "ADD", "ilmd": {"materialType": "soil"}}, "ilmd.materialType", "namespace"),
    ({**OBJECT, "other:field": 1}, "other:field", "not declared"),
    ({**OBJECT, "example:" + "x" * 2_048: 1}, ("example:" + "x" * 2_048)[:80], "characters at most"),
    ({**OBJECT, "colour": "red"}, "colour", "namespace"),
    ({**OBJECT, "readPoint": {}}, "readPoint.id", "missing"),
    ({**OBJECT, "readPoint": "urn:x:1"}, "readPoint", "object"),
    ({**OBJECT, "sourceList": [{"type": "place", "source": "urn:x:1"}]}, "sourceList[0].type", "source"),
    ({**OBJECT, "errorDeclaration": {"reason": "did_not_occur"}}, "errorDeclaration.declarationTime", "missing"),
    (
        {**without("epcList"), "type": "AggregationEvent", "childEPCs": ["urn:x:1"], "action": "ADD"},
        "parentID",
        "parent",
    ),
    ({**without("epcList"), "type": "TransactionEvent", "epcList": []}, "bizTransactionList", "at least one"),
]


@pytest.mark.parametrize(("event", "path", "said"), FAULTS, ids=[f"{path}-{said}" for _e, path, said in FAULTS])
def test_refused_with_its_path(event: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(EpcisError) as caught:
        document_of(document(OBJECT, event))
    assert caught.value.path == f"epcisBody.eventList[1].{path}"
    assert said in caught.value.problem


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"", ""),
        (b"[]", ""),
        (b"\xff", ""),
        (b'{"a": NaN}', ""),
        (b"[" * 100_000, ""),
        (b'{"a":' + b"9" * 5_000 + b"}", ""),
        (b'{"a": 1e999}', ""),
        (b'{"a":' + b"[" * 5_000 + b'"\\ud83d\\ude00"' + b"]" * 5_000 + b"}", ""),
        (json.dumps(document(OBJECT, **{"@context": [CONTEXT, *["urn:x:1"] * 5_000]})).encode(), "@context"),
        (json.dumps(document(OBJECT, **{"@context": []})).encode(), "@context"),
        (json.dumps(document(OBJECT, **{"@context": "https://example.org/context.jsonld"})).encode(), "@context"),
        (json.dumps(without("@context", document(OBJECT))).encode(), "@context"),
        (json.dumps(document(OBJECT, schemaVersion="1.2")).encode(), "schemaVersion"),
        (json.dumps(document(OBJECT, creationDate="today")).encode(), "creationDate"),
        (json.dumps(document(OBJECT, epcisBody={})).encode(), "epcisBody.eventList"),
        (json.dumps(document(OBJECT, epcisBody=3)).encode(), "epcisBody"),
        (json.dumps(document({**OBJECT, "example:x": "\x00"})).encode(), "epcisBody.eventList[0].example:x"),
        (json.dumps(document({**OBJECT, "example:x": "\ud800"})).encode(), "epcisBody.eventList[0].example:x"),
    ],
)
def test_wrong_documents(data: bytes, path: str) -> None:
    with pytest.raises(EpcisError) as caught:
        read_document(data)
    assert caught.value.path == path


def test_an_event_declares_names_for_itself_alone() -> None:
    own = {**OBJECT, "@context": [{"own": "https://own.example/"}], "own:field": 1}
    assert document_of(document(own)).events[0].body == own
    with pytest.raises(EpcisError, match="not declared"):
        document_of(document(own, {**OBJECT, "own:field": 1}))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(alphabet="aé: 9", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=4,
)
EVENTS = st.fixed_dictionaries(
    {
        "type": st.just("ObjectEvent"),
        "eventTime": st.integers(86_400_000, 7_258_000_000_000).map(
            lambda milliseconds: datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
        ),
        "eventTimeZoneOffset": st.sampled_from(["+00:00", "-03:30", "+14:00"]),
        "action": st.sampled_from(["ADD", "OBSERVE", "DELETE"]),
        "epcList": st.lists(st.uuids().map(lambda each: f"urn:uuid:{each}"), max_size=3, unique=True),
    },
    optional={
        "bizStep": st.sampled_from(sorted(vocabulary.BUSINESS_STEPS)),
        "disposition": st.sampled_from(sorted(vocabulary.DISPOSITIONS)),
        "eventID": st.uuids().map(lambda each: f"urn:uuid:{each}"),
        "readPoint": st.integers(0, 99_999).map(lambda place: {"id": f"urn:epc:id:sgln:4012345.{place:05}.0"}),
        "example:more": VALUES,
    },
)


@given(st.lists(EVENTS, max_size=4), st.booleans())
def test_written_and_read_again(events: list[dict[str, Any]], query: bool) -> None:
    read = document_of(document(*events))
    written = write_document(read.events, datetime(2026, 1, 1, tzinfo=UTC), read.namespaces, query="Q" if query else "")
    assert read_document(json.dumps(written)).events == read.events


@given(EVENTS, st.data())
def test_a_spoilt_event_is_refused_or_read_and_never_breaks(event: dict[str, Any], data: st.DataObject) -> None:
    spoilt = copy.deepcopy(event)
    spoilt[data.draw(st.sampled_from(sorted(event)))] = data.draw(VALUES)
    try:
        document_of(document(spoilt))
    except EpcisError as error:
        assert error.path.startswith("epcisBody.eventList[0]") and error.problem.endswith(".")


def test_the_command_names_file_and_path(tmp_path) -> None:  # type: ignore[no-untyped-def]
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(document(OBJECT)))
    bad.write_text(json.dumps(document({**OBJECT, "bizStep": "transforming"})))
    app = typer.Typer()
    commands.register(app)
    done = CliRunner().invoke(app, ["epcis", "check", str(good), str(bad), "--json"])
    verdicts = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 1
    assert [(each["valid"], each["events"], each["path"]) for each in verdicts] == [
        (True, 1, ""),
        (False, 0, "epcisBody.eventList[0].bizStep"),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"eventTime": "2026-07-22T06:45:00"},
        {"eventTime": None},
        {"eventTime": "2026-02-30T06:45:00+02:00"},
        {"eventTimeZoneOffset": "+15:00"},
        {"eventTimeZoneOffset": ["+02:00"]},
        {"eventID": "urn:uuid:374d95fc"},
        {"eventID": 7},
        {"action": "LOOK"},
        {"bizStep": "transforming"},
        {"bizStep": None},
        {"bizStep": {}},
        {"disposition": ""},
        {"epcList": "urn:epc:id:sscc:4012345.3123456789"},
        {"epcList": [None]},
        {"epcList": ["https://id.gs1.org/00/340123451234567894"]},
        {"epcList": ["urn:epc:id:sscc:4012345.31234567"]},
        {"epcList": ["urn:epc:id:sscc:4012345.3123456789"] * 2},
        {"readPoint": None},
        {"readPoint": {}},
        {"readPoint": {"id": 5}},
        {"readPoint": {"id": ""}},
        {"readPoint": {"id": []}},
        {"readPoint": {"id": OBJECT["readPoint"]["id"], "here": 1}},
        {"bizLocation": {"id": ""}},
        {"bizLocation": []},
    ],
    ids=str,
)
def test_a_scan_is_no_less_checked_for_those_before_it(changed: dict[str, Any]) -> None:
    """What a reader knows of plain scans must let nothing through that it refuses when it is new."""
    with pytest.raises(EpcisError) as alone:
        document_of(document({**OBJECT, **changed}))
    with pytest.raises(EpcisError) as after:
        document_of(document(*[OBJECT] * 3, {**OBJECT, **changed}))
    assert str(after.value) == str(alone.value).replace("eventList[0]", "eventList[3]")


@given(st.lists(st.sampled_from(["type", "bizStep", "disposition", "readPoint", "bizLocation", "epcList"]), max_size=4))
def test_a_scan_known_is_read_as_a_scan_new(left_out: list[str]) -> None:
    full = {**OBJECT, "bizLocation": {"id": "https://depot.example/South"}}
    event = {name: value for name, value in full.items() if name not in left_out or name == "type"}
    if "epcList" in left_out:
        event["quantityList"] = [{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": 1.5}]
    read = document_of(document(*[event] * 3)).events
    assert read[0] == read[1] == read[2]
