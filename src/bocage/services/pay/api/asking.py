"""What every operation of Pay's API asks first."""

from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Query

from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.services.pay import limits
from bocage.services.pay.types import Page
from bocage.shell.api_site import PAGE_SIZE_MAX, encode_cursor

READ, WRITE, TAKE = "pay:read", "pay:write", "pay:take"
CURSOR_CHARACTERS_MAX = 200

Cursor = Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX, description="From the page before.")]
Limit = Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX, description="Rows a page.")]
LIMIT_DEFAULT = limits.PAGE_ROWS


def subject(scope: str) -> UUID:
    """For whom the caller acts, who may do `scope` for them. Raises a `Refusal` (403)."""
    return identity.require_scope(scope)


def currency() -> str:
    """The currency of this town's wallets."""
    return str(settings.TOWN["currency"])


def page_of(found: Page[Any], as_out: Any) -> dict[str, Any]:
    """A page as the API shows it."""
    cursor = encode_cursor(found.next_id) if found.next_id else None
    return {"items": [as_out(row) for row in found.rows], "next_cursor": cursor}


def signed_in_person(request: HttpRequest) -> bool:
    """Whether the browser's own session calls, in which a person can show that it is her."""
    return bool(request.user.is_authenticated)


def text_in(value: str, field: str) -> str:
    """A search word without what a database cannot hold."""
    if "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise Refusal("bad_text", "This text has characters that cannot be searched for.", field=field)
    return value
