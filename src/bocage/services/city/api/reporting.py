"""Citizens' reports for programs: make one, follow it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.work import defer
from bocage.services.city import jobs, limits
from bocage.services.city.actions import reports
from bocage.services.city.api.observing import KEYED
from bocage.services.city.queries import reports as queries
from bocage.services.city.types import ReportView
from bocage.shell.api_site import idempotent, scoped

READ, WRITE = "city:read", "city:write"
router = Router()

Kind = Literal["pothole", "light", "waste", "danger", "flood", "ice", "noise", "odour", "other"]


class ReportIn(Schema):
    """What is wrong and where: a street of the town's map, or a point of it in metres, or both."""

    kind: Kind
    street: Annotated[str, Field(max_length=limits.STREET_CHARACTERS_MAX)] = ""
    x_m: Annotated[float, Field(ge=-1e6, le=1e6)] | None = None
    y_m: Annotated[float, Field(ge=-1e6, le=1e6)] | None = None
    words: Annotated[str, Field(max_length=limits.WORDS_CHARACTERS_MAX)] = ""


class StepOut(Schema):
    """What happened to a report."""

    at: datetime
    state: str
    answer: str


class ReportOut(Schema):
    """A report and what happened to it, the latest first."""

    id: UUID
    kind: str
    street: str
    x_m: float | None
    y_m: float | None
    words: str
    state: str
    at: datetime
    steps: list[StepOut]


class ReportsOut(Schema):
    """The latest 50."""

    items: list[ReportOut]


@router.post("/reports", response={201: ReportOut}, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def report(request: HttpRequest, payload: ReportIn) -> Any:
    """Report a problem, without a photo; needs the person's agreement to `city.report`."""
    person_id = identity.require_scope(WRITE)
    point_m = None if payload.x_m is None or payload.y_m is None else (payload.x_m, payload.y_m)
    report_id = reports.report(
        person_id, uuid7(), payload.kind, street=payload.street, point_m=point_m, said=payload.words
    )
    defer(jobs.judge_now)
    return 201, _out(queries.own(person_id, report_id))


@router.get("/reports", response=ReportsOut, auth=scoped(READ))
def mine(request: HttpRequest) -> Any:
    """The caller's latest reports, without their steps."""
    return ReportsOut(items=[_out(each) for each in queries.mine(identity.require_scope(READ))])


@router.get("/reports/{report_id}", response=ReportOut, auth=scoped(READ))
def one(request: HttpRequest, report_id: UUID) -> Any:
    """One report and what happened to it."""
    return _out(queries.own(identity.require_scope(READ), report_id))


def _out(view: ReportView) -> ReportOut:
    steps = [StepOut(at=each.at, state=each.state, answer=each.answer) for each in view.steps]
    return ReportOut(
        id=view.id, kind=view.kind, street=view.street, x_m=view.x_m, y_m=view.y_m, words=view.words, state=view.state,
        at=view.at, steps=steps,
    )  # fmt: skip
