"""GS1 EPCIS 2.0: capture and query, in JSON and JSON-LD."""

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from bocage.engines.parcels import EpcisError, NumberError, read_document, read_sscc, sscc_of
from bocage.engines.parcels.epcis.documents import CONTEXT
from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.services.parcel import limits
from bocage.services.parcel.actions import capturing
from bocage.services.parcel.queries import events
from bocage.shell.api_site import scoped

CAPTURE, READ = "parcel:take", "parcel:read"
router = Router()
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "description": "An EPCIS 2.0 document."}}},
    }
}


class CapturedOut(Schema):
    """What a capture did: events read, scans that are new, scans known before."""

    events: int
    new: int
    known: int


class EventsQuery(Schema):
    """Which events: `epc` as EPC URI, Digital Link or SSCC; times as EPCIS names them."""

    epc: Annotated[str, Field(max_length=2048)] = ""
    GE_eventTime: AwareDatetime | None = None
    LT_eventTime: AwareDatetime | None = None
    EQ_bizStep: Annotated[str, Field(max_length=80)] = ""
    per_page: Annotated[int, Field(ge=1, le=limits.EVENTS_PAGE_MAX, alias="perPage")] = 100
    next_page_token: Annotated[str, Field(max_length=200, alias="nextPageToken")] = ""


class EventsOut(Schema):
    """An EPCIS query document; `next_page_token` where there is more."""

    document: dict[str, Any]
    next_page_token: str | None


@router.post("/epcis/capture", response={200: CapturedOut}, auth=scoped(CAPTURE), openapi_extra=_BODY)
def capture(request: HttpRequest) -> Any:
    """Take an EPCIS 2.0 document of up to 50,000 events, all of it or nothing; the first fault is named by its path.

    Events are known by their id: the same document again changes nothing, so no other key is needed.
    """
    organisation_id = identity.require_scope(CAPTURE)
    try:
        document = read_document(request.body)
    except EpcisError as error:
        raise Refusal("epcis_invalid", error.problem, field=error.path or None) from None
    done = capturing.capture(organisation_id, document.events)
    return CapturedOut(events=done.events, new=done.new, known=done.known)


@router.get("/epcis/events", response=EventsOut, auth=scoped(READ))
def find(request: HttpRequest, asked: Query[EventsQuery]) -> Any:
    """Events of one's own parcels, or that one captured, oldest first: by EPC, by time, by business step."""
    identity.require_scope(READ)
    found = events.events(
        sscc=_sscc(asked.epc) if asked.epc else None,
        since=asked.GE_eventTime,
        before=asked.LT_eventTime,
        step=asked.EQ_bizStep,
        after=_mark(asked.next_page_token) if asked.next_page_token else None,
        limit=asked.per_page,
    )
    listed = [event for _mark_of, event in found]
    document = {
        "@context": [CONTEXT],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epcisBody": {"queryResults": {"queryName": "events", "resultsBody": {"eventList": listed}}},
    }
    more = len(found) == asked.per_page
    return EventsOut(document=document, next_page_token=_token(found[-1][0]) if more else None)


def _sscc(text: str) -> int:
    try:
        return int(sscc_of(text) or read_sscc(text))
    except NumberError as error:
        raise Refusal("epc_wrong", error.problem, field="epc", status=400) from None


def _token(mark: tuple[datetime, UUID, int]) -> str:
    said = json.dumps([mark[0].isoformat(), str(mark[1]), mark[2]])
    return base64.urlsafe_b64encode(said.encode()).decode()


def _mark(token: str) -> tuple[datetime, UUID, int]:
    try:
        at, event_id, sscc = json.loads(base64.urlsafe_b64decode(token.encode()))
        mark = datetime.fromisoformat(at), UUID(event_id), int(sscc)
        if mark[0].tzinfo is None or not 0 <= mark[2] < 10**18:
            raise ValueError(token)
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError):
        wrong = _("Take the token from the page before.")
        raise Refusal("bad_cursor", wrong, field="nextPageToken", status=400) from None
    return mark
