"""Shared accounts for programs."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.acting import current_actor
from bocage.services.forest import limits
from bocage.services.forest.actions import account_sharing
from bocage.services.forest.shared_accounts import shared_accounts
from bocage.shell.api_site import idempotent, scoped

router = Router()


class SharedOut(Schema):
    """An account that two share: `state` is agreed, incoming (to be agreed to) or outgoing; `percent` is one's own."""

    id: UUID
    name: str
    other_name: str
    percent: int
    state: str


class SharedPage(Schema):
    """What one shares, and is asked to share."""

    items: list[SharedOut]


class SharedIn(Schema):
    """With which friend, and how much of it is one's own."""

    other_id: UUID
    name: Annotated[str, Field(min_length=1, max_length=limits.SHARED_NAME_CHARACTERS_MAX)]
    percent: Annotated[int, Field(ge=1, le=99)]


@router.get("", response=SharedPage, auth=scoped("forest:read"))
def shared(request: HttpRequest) -> Any:
    """The accounts that one shares with another."""
    return _page()


@router.put("/{shared_id}", response=SharedPage, auth=scoped("forest:write"))
@idempotent
def propose(request: HttpRequest, shared_id: UUID, payload: SharedIn) -> Any:
    """Ask a friend to share an account, under an id of yours."""
    person = current_actor().required_subject()
    account_sharing.propose(person, shared_id, payload.other_id, payload.name, payload.percent)
    return _page()


@router.post("/{shared_id}/agree", response=SharedPage, auth=scoped("forest:write"))
@idempotent
def agree(request: HttpRequest, shared_id: UUID) -> Any:
    """Agree to the shares that the other proposed."""
    account_sharing.agree(current_actor().required_subject(), shared_id)
    return _page()


@router.post("/{shared_id}/end", response=SharedPage, auth=scoped("forest:write"))
@idempotent
def end(request: HttpRequest, shared_id: UUID) -> Any:
    """Say no, or share it no longer."""
    account_sharing.end(current_actor().required_subject(), shared_id)
    return _page()


def _page() -> SharedPage:
    found = shared_accounts(current_actor().required_subject())
    return SharedPage(items=[SharedOut.model_validate(each, from_attributes=True) for each in found])
