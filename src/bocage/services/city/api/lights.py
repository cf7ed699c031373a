"""The door for cabinets: a light says what it is, each green that it begins, and why."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from bocage.kernel.identity import queries as identity
from bocage.services.city import limits
from bocage.services.city.actions import phases
from bocage.services.city.api.observing import KEYED, OBSERVE, TakenOut
from bocage.shell.api_site import idempotent, scoped

router = Router()

type Side = Literal[
    "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west", "one side"
]
Name = Annotated[str, Field(min_length=1, max_length=limits.SIGNAL_CHARACTERS_MAX, pattern=r"^[-a-zA-Z0-9_]+$")]
Said = Annotated[str, Field(min_length=1, max_length=limits.PHASE_REASON_CHARACTERS_MAX, pattern=r"^[^\x00-\x1f]+$")]
Phase = Annotated[int, Field(ge=0, lt=limits.PHASES_MAX)]
Seconds = Annotated[int, Field(ge=0, le=limits.PHASE_SECONDS_MAX)]


class PhaseIn(Schema):
    """A green: which sides go which way (s straight, l left, r right, t turns round), whether people cross on foot."""

    ways: Annotated[list[tuple[Side, Literal["s", "l", "r", "t"]]], Field(max_length=limits.WAYS_MAX)]
    walk: bool


class SignalIn(Schema):
    """A light: where it stands, its phases, its fixed plan as pairs of phase and seconds of green, the mean wait on
    foot under that plan, and after how many seconds of red at the latest a phase comes."""

    id: Name
    on: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
    x_m: Annotated[float, Field(ge=-1e6, le=1e6)]
    y_m: Annotated[float, Field(ge=-1e6, le=1e6)]
    phases: Annotated[list[PhaseIn], Field(min_length=1, max_length=limits.PHASES_MAX)]
    plan: Annotated[list[tuple[Phase, Seconds]], Field(max_length=limits.PHASES_MAX)]
    fixed_walk_seconds: Annotated[float, Field(ge=0, le=limits.PHASE_SECONDS_MAX)] | None = None
    max_red_seconds: Seconds


class SignalsIn(Schema):
    """Up to 500 lights."""

    signals: Annotated[list[SignalIn], Field(min_length=1, max_length=limits.SIGNALS_A_TURN)]


class SignalsOut(Schema):
    """How many were taken."""

    taken: int


class ChangeIn(Schema):
    """A green that a light began: its number, without a gap a light; who chose it (the planner, the cabinet's fixed
    plan, a limit that no plan may break); why; how long the green before lasted."""

    signal: Name
    at: AwareDatetime
    number: Annotated[int, Field(ge=0, le=2**62)]
    phase: Phase
    by: Literal["planned", "fallback", "limit"]
    reason: Said
    lasted_seconds: Annotated[int, Field(ge=0, le=2**31 - 1)]


class ChangesIn(Schema):
    """Up to 500 changes."""

    changes: Annotated[list[ChangeIn], Field(min_length=1, max_length=limits.CHANGES_A_TURN)]


@router.post("/signals", response={201: SignalsOut}, auth=scoped(OBSERVE), openapi_extra=KEYED)
@idempotent
def describe(request: HttpRequest, payload: SignalsIn) -> Any:
    """Cabinets: say what your lights are. Said again, it is what they are now."""
    lights = [
        phases.Described(
            each.id, each.on, each.x_m, each.y_m, [phase.model_dump() for phase in each.phases], each.plan,
            each.fixed_walk_seconds, each.max_red_seconds,
        )
        for each in payload.signals
    ]  # fmt: skip
    return 201, SignalsOut(taken=phases.describe(identity.require_scope(OBSERVE), lights))


@router.post("/phase-changes", response={201: TakenOut}, auth=scoped(OBSERVE), openapi_extra=KEYED)
@idempotent
def change(request: HttpRequest, payload: ChangesIn) -> Any:
    """Cabinets: say each green that a light begins, and why. A wrong one is named and none is taken; one sent again
    changes nothing. The log keeps 31 days."""
    changes = [
        phases.Shown(each.signal, each.at, each.number, each.phase, each.by, each.reason, each.lasted_seconds)
        for each in payload.changes
    ]
    found = phases.log(identity.require_scope(OBSERVE), changes)
    return 201, TakenOut(taken=found.taken, known=found.known)
