"""A person's pass for programs: colour and reasons, check-ins, symptoms, contesting."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.errors import not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.work import defer
from bocage.services.health import jobs, limits
from bocage.services.health.actions import appeals, deciding, results, sources
from bocage.services.health.models import SYMPTOMS
from bocage.services.health.queries import passes
from bocage.shell.api_site import idempotent, scoped

READ, WRITE = "health:read", "health:write"
KEYED: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "description": "New for each new request; the same key with the same request answers the same, once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]{1,64}$"},
            "example": "5d8d2c1e-6f0e-4b0a-9f55-3a0a7b6d6f10",
        }
    ]
}
router = Router()

Symptom = Annotated[str, Field(pattern=f"^({'|'.join(SYMPTOMS)})$")]


class ReasonOut(Schema):
    """Why, in words, without a name; `share_percent` of the risk, where it raised it."""

    title: str
    note: str
    share_percent: int | None


class ColourOut(Schema):
    """The colour that holds now. `record_id` leads to its signed record."""

    record_id: UUID
    colour: str
    says: str
    reasons: list[ReasonOut]
    changes: list[str]
    decided_at: datetime
    valid_until: datetime
    rules: str


class RecordOut(Schema):
    """A signed decision record; `signature` in hex, over the bytes of `record`."""

    record: str
    signature: str
    key_id: UUID
    signed_at: datetime


class ReportIn(Schema):
    """How one feels: symptoms, or "none" alone, since a day of the last two weeks."""

    symptoms: Annotated[list[Symptom], Field(min_length=1, max_length=len(SYMPTOMS))]
    since: date


class CheckInIn(Schema):
    """The token on a place's poster."""

    token: Annotated[str, Field(min_length=1, max_length=16, pattern="^[0-9a-z]+$")]


class ClaimIn(Schema):
    """The code on the laboratory's slip."""

    code: Annotated[str, Field(min_length=1, max_length=24)]


class AppealIn(Schema):
    """Words are welcome and not needed."""

    words: Annotated[str, Field(max_length=limits.WORDS_CHARACTERS_MAX)] = ""


class SourceIn(Schema):
    """Agree, or take it back and have the data deleted."""

    answer: Literal["yes", "no"]


class MadeOut(Schema):
    """The id of what was made, or was there already."""

    id: UUID


@router.get("/colour", response=ColourOut, auth=scoped(READ))
def colour(request: HttpRequest) -> Any:
    """The colour that holds now, its reasons, and what would change it."""
    found = passes.colour_of(deciding.current(identity.require_scope(READ)))
    return ColourOut(
        record_id=found.decision_id,
        colour=found.colour,
        says=found.says,
        reasons=[
            ReasonOut(title=each.title, note=each.note, share_percent=each.share_percent) for each in found.reasons
        ],
        changes=list(found.changes),
        decided_at=found.decided_at,
        valid_until=found.valid_until,
        rules=found.rules,
    )


@router.get("/colours/{record_id}", response=RecordOut, auth=scoped(READ))
def record(request: HttpRequest, record_id: UUID) -> Any:
    """A decision's signed record, which anybody recomputes by `./bocage pass colour`."""
    found = passes.document(identity.require_scope(READ), record_id)
    if found is None:
        raise not_found("There is no such record of yours.", field="record_id")
    return RecordOut(**found)


@router.post("/colours/{record_id}/appeal", response=MadeOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def appeal(request: HttpRequest, record_id: UUID, payload: AppealIn) -> Any:
    """Contest the colour: suspended at once, or after 48 hours where a positive test stands behind it."""
    return MadeOut(id=appeals.appeal(identity.require_scope(WRITE), record_id, payload.words).id)


@router.put("/sources/{purpose}", response=MadeOut, auth=scoped(WRITE))
def answer(request: HttpRequest, purpose: str, payload: SourceIn) -> Any:
    """Agree to a source (`health.tests`, say), or take it back: what came from it is deleted at once."""
    subject_id = identity.require_scope(WRITE)
    sources.answer(subject_id, purpose, yes=payload.answer == "yes")
    return MadeOut(id=subject_id)


@router.post("/reports", response=MadeOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def report(request: HttpRequest, payload: ReportIn) -> Any:
    """Say how one feels."""
    return MadeOut(id=sources.report(identity.require_scope(WRITE), payload.symptoms, payload.since))


@router.post("/check-ins", response=MadeOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def check_in(request: HttpRequest, payload: CheckInIn) -> Any:
    """Be at the place whose poster was scanned; leaves where one was before."""
    return MadeOut(id=sources.check_in(identity.require_scope(WRITE), payload.token, uuid7()))


@router.post("/check-ins/{check_in_id}/leave", response=MadeOut, auth=scoped(WRITE))
def leave(request: HttpRequest, check_in_id: UUID) -> Any:
    """Be gone from there; leaving again changes nothing."""
    sources.leave(identity.require_scope(WRITE), check_in_id)
    return MadeOut(id=check_in_id)


@router.post("/claims", response=MadeOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def claim(request: HttpRequest, payload: ClaimIn) -> Any:
    """Fetch the result that waits for this code."""
    made = results.claim(identity.require_scope(WRITE), payload.code)
    defer(jobs.match)
    return MadeOut(id=made)
