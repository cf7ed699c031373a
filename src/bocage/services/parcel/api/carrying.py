"""For carriers' programs and couriers' phones: scans, each taken once by its id."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from bocage.kernel.acting import current_actor
from bocage.kernel.identity import queries as identity
from bocage.services.parcel import limits
from bocage.services.parcel.actions import scanning
from bocage.shell.api_site import scoped

CARRY = "parcel:take"
router = Router()


class ScanIn(Schema):
    """One scan. `id` is made by the phone, so that a scan sent again is known."""

    id: UUID
    number: Annotated[str, Field(min_length=1, max_length=600, description="What the code says, or SSCC or S10.")]
    kind: Annotated[str, Field(max_length=20, description="accept, hub, load, deliver, nobody_home, ...")]
    at: AwareDatetime
    code: Annotated[str, Field(max_length=12, description="The receiver's code, with `deliver`.")] = ""
    identity_seen: Annotated[bool, Field(description="The courier looked at the receiver's document.")] = False


class ScansIn(Schema):
    """Scans made since the last time."""

    scans: Annotated[list[ScanIn], Field(min_length=1, max_length=limits.SCANS_A_SYNC_MAX)]


class VerdictOut(Schema):
    """What became of a scan: done (`known`: before this time), or refused and why."""

    id: UUID
    done: bool
    known: bool
    code: str
    says: str


class VerdictsOut(Schema):
    """One for each scan, in their order."""

    verdicts: list[VerdictOut]


@router.post("/scans", response=VerdictsOut, auth=scoped(CARRY))
def sync(request: HttpRequest, payload: ScansIn) -> Any:
    """Take scans, up to 500. A scan sent again changes nothing, so no other key is needed: send until answered."""
    organisation_id = identity.require_scope(CARRY)
    courier_id = current_actor().person_id or organisation_id
    scans = [
        scanning.Scan(each.id, each.number, each.kind, each.at, each.code, each.identity_seen) for each in payload.scans
    ]
    return {"verdicts": [VerdictOut.from_orm(each) for each in scanning.sync(organisation_id, courier_id, scans)]}
