"""The door for detectors: an organisation's program sends what its sensors say, in batches."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.identity import queries as identity
from bocage.kernel.work import defer
from bocage.services.city import jobs, limits
from bocage.services.city.actions import observing
from bocage.shell.api_site import idempotent, scoped

OBSERVE = "city:observe"
FIELDS_MAX = 40
router = Router()
KEYED: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "description": "New for each new request; the same key with the same request answers the same, once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]{1,64}$"},
            "example": "1c7f8f52-64a0-4f0e-9a0e-0c6d54c6c3a4",
        }
    ]
}


class ObservationsIn(Schema):
    """Records as in a recorded stream: `at` (ISO 8601 with its zone, or seconds since 1970), `stream`, `id`, `on`,
    `x_m` and `y_m` where known, and what the stream has fields for, in the unit that each name ends with."""

    records: Annotated[
        list[Annotated[dict[str, str | int | float | bool | None], Field(max_length=FIELDS_MAX)]],
        Field(min_length=1, max_length=limits.BATCH_RECORDS_MAX),
    ]


class TakenOut(Schema):
    """How many records were new, and how many had been sent before."""

    taken: int
    known: int


@router.post("/observations", response={201: TakenOut}, auth=scoped(OBSERVE), openapi_extra=KEYED)
@idempotent
def observe(request: HttpRequest, payload: ObservationsIn) -> Any:
    """Detectors: send up to 2,000 records. A wrong one is named and none is taken; one sent again changes nothing."""
    found = observing.take(identity.require_scope(OBSERVE), payload.records)
    defer(jobs.judge_now)
    return 201, TakenOut(taken=found.taken, known=found.known)
