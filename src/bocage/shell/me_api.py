"""What a person says and sees of herself, for programs: who she is, what she agreed to, who looked."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from bocage.kernel.acting import current_actor
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries as consents
from bocage.kernel.consent.types import Choice
from bocage.kernel.identity import queries as identity
from bocage.shell.api_site import PAGE_SIZE_MAX, decode_cursor, encode_cursor, idempotent, scoped

router = Router()


class Me(Schema):
    """Whom the token or session stands for."""

    id: UUID
    handle: str
    name: str


class ConsentOut(Schema):
    """A purpose in plain words, and what was answered."""

    purpose: str
    service: str
    title: str
    says: str
    live: bool
    state: str | None
    changed_at: datetime | None


class Answer(Schema):
    """Yes, no, or taking a yes back."""

    answer: Literal["grant", "refuse", "withdraw"]


class ReceiptOut(Schema):
    """Who read what of the person's, when, how much of it, and under which purpose."""

    id: UUID
    reader: str
    purpose: str
    what: str
    at: datetime
    count: int


class ReceiptPage(Schema):
    """Receipts, newest first; `next_cursor` asks for the older ones."""

    items: list[ReceiptOut]
    next_cursor: str | None


@router.get("", response=Me, auth=scoped("me:read"))
def me(request: HttpRequest) -> Any:
    """Who the token or session stands for: the person, or the organisation it acts for."""
    party = identity.party(current_actor().required_subject())
    return Me(id=party.id, handle=party.handle, name=party.name)


@router.get("/consents", response=list[ConsentOut], auth=scoped("me:read"))
def choices(request: HttpRequest) -> Any:
    """Every purpose that a service may ask for, and what was answered."""
    return [_shown(each) for each in consents.choices(current_actor().required_subject())]


@router.post("/consents/{purpose}", response=ConsentOut, auth=scoped("me:write"))
@idempotent
def answer(request: HttpRequest, purpose: str, answer: Answer) -> Any:
    """Agree to a purpose, say no to it, or take the agreement back."""
    subject = current_actor().required_subject()
    verb = {"grant": consent.grant, "refuse": consent.refuse, "withdraw": consent.withdraw}[answer.answer]
    verb(subject, purpose)
    return _shown(consents.choice(subject, purpose))


@router.get("/receipts", response=ReceiptPage, auth=scoped("me:read"))
def receipts(request: HttpRequest, cursor: Annotated[str | None, Query(max_length=40)] = None) -> Any:
    """Who looked at what, newest first, a hundred a page."""
    page = consents.receipts(current_actor().required_subject(), decode_cursor(cursor), PAGE_SIZE_MAX)
    return {"items": page.receipts, "next_cursor": encode_cursor(page.next_before) if page.next_before else None}


def _shown(choice: Choice) -> ConsentOut:
    return ConsentOut(
        purpose=choice.purpose,
        service=choice.service,
        title=choice.title,
        says=choice.says,
        live=choice.live,
        state=choice.grant.state.value if choice.grant else None,
        changed_at=choice.grant.changed_at if choice.grant else None,
    )
