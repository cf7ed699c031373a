"""The gate for turnstiles: verify in bulk, spend tokens once, count by the hour."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from bocage.engines.passes import limits
from bocage.kernel.identity import queries as identity
from bocage.services.health.actions import passing
from bocage.shell.api_site import idempotent, scoped

GATE = "health:gate"
CODES_MAX = 100
router = Router()

Code = Annotated[str, Field(min_length=1, max_length=limits.TEXT_CHARACTERS_MAX)]
_KEYED: dict[str, Any] = {
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


class CodesIn(Schema):
    """Codes as a scanner read them, and the gate's own key for this showing."""

    codes: Annotated[list[Code], Field(min_length=1, max_length=CODES_MAX)]
    attempt: Annotated[
        str,
        Field(
            min_length=1,
            max_length=64,
            description="New for each showing; the same one again gets the same answer, if the first was lost.",
        ),
    ]


class DecisionOut(Schema):
    """`open` is for a turnstile: green, and no name to hold against an identity card. No name is ever answered."""

    open: bool
    colour: str
    reason: str
    compare_name: bool
    kind: str


class DecisionsOut(Schema):
    """One for each code, in their order."""

    decisions: list[DecisionOut]


class CountsIn(Schema):
    """How many of each colour a gate saw in one hour."""

    hour: AwareDatetime
    counts: Annotated[dict[str, Annotated[int, Field(ge=0, le=passing.COUNT_MAX)]], Field(max_length=8)]


class CountedOut(Schema):
    """That they were added."""

    added: int


@router.post("/gate/verify", response=DecisionsOut, auth=scoped(GATE))
def verify(request: HttpRequest, payload: CodesIn) -> Any:
    """Verify up to 100 codes, and let each token through once: shown again, at whatever gate, it is refused."""
    organisation_id = identity.require_scope(GATE)
    return {"decisions": passing.decide(organisation_id, payload.codes, payload.attempt)}


@router.post("/gate/counts", response={201: CountedOut}, auth=scoped(GATE), openapi_extra=_KEYED)
@idempotent
def add_counts(request: HttpRequest, payload: CountsIn) -> Any:
    """Add a gate's counts of colours for one hour; nothing else leaves a gate."""
    passing.count(identity.require_scope(GATE), payload.hour, payload.counts)
    return 201, CountedOut(added=sum(payload.counts.values()))
