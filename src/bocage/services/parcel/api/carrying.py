"""For carriers' programs and couriers' phones: scans, each taken once by its id."""

import binascii
from base64 import b64decode
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from bocage.kernel.acting import Actor, become, current_actor
from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.services.parcel import limits
from bocage.services.parcel.actions import positions, proving, scanning
from bocage.services.parcel.types import ProofKind
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


def _carrier(request: HttpRequest) -> UUID:
    """The carrier that a token is of, or that the person signed in on the courier's page has chosen to act for."""
    actor = current_actor()
    chosen = request.session.get(ACTING_FOR_SESSION_KEY) if actor.person_id == actor.subject_id else None
    if chosen is not None and actor.person_id is not None and "Authorization" not in request.headers:
        identity.subject_for(actor.person_id, UUID(chosen), CARRY)
        become(Actor.for_person(actor.person_id, UUID(chosen)))
    return identity.require_scope(CARRY)


@router.post("/scans", response=VerdictsOut, auth=scoped(CARRY))
def sync(request: HttpRequest, payload: ScansIn) -> Any:
    """Take scans, up to 500. A scan sent again changes nothing, so no other key is needed: send until answered."""
    organisation_id = _carrier(request)
    courier_id = current_actor().person_id or organisation_id
    scans = [
        scanning.Scan(each.id, each.number, each.kind, each.at, each.code, each.identity_seen) for each in payload.scans
    ]
    return {"verdicts": [VerdictOut.from_orm(each) for each in scanning.sync(organisation_id, courier_id, scans)]}


class PositionIn(Schema):
    """Where the phone is now, in degrees (WGS 84)."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class PositionOut(Schema):
    """How many receivers may see it now."""

    receivers: int


@router.post("/position", response=PositionOut, auth=scoped(CARRY))
def say_position(request: HttpRequest, payload: PositionIn) -> Any:
    """As a courier who agreed to it, say where one is: the receivers of what one has with one see it, the next place
    overwrites it.
    """
    carrier_id = _carrier(request)
    courier_id = current_actor().person_id or carrier_id
    return PositionOut(receivers=positions.say(carrier_id, courier_id, payload.latitude, payload.longitude))


class ProofIn(Schema):
    """A picture of a delivery: of which scan, said as it was synced, and PNG or JPEG in base64."""

    scan_id: UUID
    number: Annotated[str, Field(min_length=1, max_length=600)]
    at: AwareDatetime
    kind: ProofKind
    image: Annotated[str, Field(min_length=1, max_length=limits.PROOF_BASE64_MAX)]


class ProofOut(Schema):
    """Whether it is kept; not where the person whose it would be was erased."""

    kept: bool


@router.post("/proofs", response=ProofOut, auth=scoped(CARRY))
def prove(request: HttpRequest, payload: ProofIn) -> Any:
    """Keep a photo or a signature of a delivery that was synced, for its sender and receiver alone; the first of a scan
    and kind counts, so no other key is needed.
    """
    carrier_id = _carrier(request)
    try:
        content = b64decode(payload.image, validate=True)
    except binascii.Error:
        raise Refusal("not_base64", _("Send the picture in base64."), field="image") from None
    picture = proving.Picture(payload.scan_id, payload.number, payload.at, payload.kind, content)
    return ProofOut(kept=proving.keep(carrier_id, picture))
