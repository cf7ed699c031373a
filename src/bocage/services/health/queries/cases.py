"""What officials see: appeals and requests by number, with the record and without a name; laboratories."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.identity import queries as identity
from bocage.services.health import types, words
from bocage.services.health.models import Appeal, Decision, Laboratory, ManualColour
from bocage.services.health.queries.passes import colour_of

LISTED = 100


@dataclass(frozen=True)
class Request:
    """A colour set by hand, asked for or in force."""

    id: UUID
    number: str
    colour: str
    word: str
    reason: str
    state: str
    until: datetime
    at: datetime


@dataclass(frozen=True)
class Trusted:
    """A laboratory whose results are believed."""

    id: UUID
    name: str
    since: datetime
    revoked: bool


def appeals() -> list[types.Case]:
    """Appeals, open ones first, oldest first; nobody's name. 100 at most."""
    with acting_as(Actor.for_service("health")), own_tables("health"):
        rows = list(Appeal.objects.order_by(F("decided_at").desc(nulls_first=True), "at", "id")[:LISTED])
        decisions = Decision.objects.in_bulk({row.decision_id for row in rows})
    now = clock.now()
    return [
        types.Case(
            id=row.id,
            number=number_of(row.id),
            colour=colour_of(decisions[row.decision_id]),
            words=row.words,
            at=row.at,
            suspended=row.suspends_at <= now,
            suspends_at=row.suspends_at,
            state=row.state,
        )
        for row in rows
        if row.decision_id in decisions
    ]


def requests() -> list[Request]:
    """Colours set by hand of the last 14 days, newest first; nobody's name."""
    with acting_as(Actor.for_service("health")), own_tables("health"):
        rows = list(ManualColour.objects.order_by("-at", "-id")[:LISTED])
    return [
        Request(
            id=row.id,
            number=number_of(row.id),
            colour=row.colour,
            word=str(words.COLOURS[row.colour][0]),
            reason=row.reason,
            state=row.state,
            until=row.until,
            at=row.at,
        )
        for row in rows
    ]


def laboratories() -> list[Trusted]:
    """Every laboratory that was registered."""
    with own_tables("health"):
        rows = list(Laboratory.objects.order_by("registered_at")[:LISTED])
    names = identity.party_names([row.organisation_id for row in rows])
    return [
        Trusted(row.organisation_id, names[row.organisation_id], row.registered_at, row.revoked_at is not None)
        for row in rows
    ]


def number_of(row_id: UUID) -> str:
    """How officials call a case: the last six digits of its id."""
    return row_id.hex[-6:].upper()
