"""The door for laboratories: signed results, and no way to look for a person."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.identity import queries as identity
from bocage.kernel.work import defer
from bocage.services.health import jobs, limits
from bocage.services.health.actions import results
from bocage.shell.api_site import scoped

RESULTS = "health:results"
router = Router()


class ResultIn(Schema):
    """A result as signed: base64url, without padding, of the JSON bytes and of their Ed25519 signature."""

    payload: Annotated[str, Field(min_length=1, max_length=limits.RESULT_BYTES_MAX * 2)]
    signature: Annotated[str, Field(min_length=86, max_length=86)]


class TakenOut(Schema):
    """That it was taken: whoever it is for, and whether she has a pass, is not told."""

    taken: bool


@router.post("/results", response=TakenOut, auth=scoped(RESULTS))
def report(request: HttpRequest, payload: ResultIn) -> Any:
    """Send a signed result. The same sample and revision again changes nothing; a higher revision corrects it."""
    results.report(identity.require_scope(RESULTS), payload.payload, payload.signature)
    defer(jobs.match)
    return TakenOut(taken=True)
