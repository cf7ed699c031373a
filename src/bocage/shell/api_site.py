"""The programs' door: one API with problem+json errors, scoped tokens, idempotent writes and cursor pages.

A service's `api.py` holds `router = Router()`; each operation says `auth=scoped("pay:read")`, and each write is
`@idempotent`. RFC 9457 gives the shape of an error, draft-ietf-httpapi-idempotency-key-header that of the key.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer, SessionAuth

from bocage.kernel.acting import Actor, become, current_actor
from bocage.kernel.errors import Refusal, forbidden
from bocage.kernel.idempotency import actions as idempotency
from bocage.kernel.identity import queries as identity

IDEMPOTENCY_KEY_LENGTH_MAX = 64
PAGE_SIZE_MAX = 100
PROBLEM_TYPE = "application/problem+json"


class Problem(Schema):
    """An error as RFC 9457 has it; `code` is stable, `field` names the input at fault."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None


class _Token(HttpBearer):
    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        found = identity.authenticate_token(token)
        if found is None:
            return None
        if self.scope not in found.scopes:
            raise forbidden(_("This token lacks the scope %(scope)s.") % {"scope": self.scope})
        if found.subject_id != found.person_id:
            # A token keeps the scopes it was made with; the mandate or the staff role may have become narrower since.
            identity.subject_for(found.person_id, found.subject_id, self.scope)
        become(Actor.for_person(found.person_id, found.subject_id))
        return found


class _Session(SessionAuth):
    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None


def scoped(scope: str) -> list[Any]:
    """The ways to sign in to an operation: a token that has `scope`, or the browser's own session (CSRF checked)."""
    return [_Token(scope), _Session()]


def idempotent[**P, R](
    operation: Callable[Concatenate[HttpRequest, P], R],
) -> Callable[Concatenate[HttpRequest, P], Any]:
    """A write that takes effect once for each `Idempotency-Key` of an actor.

    The same key with the same request gives the first answer again, marked `Idempotency-Replayed: true`; with another
    request it is a conflict (409). Answers are kept for two days.
    """

    @wraps(operation)
    def once(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key or len(key) > IDEMPOTENCY_KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
            raise Refusal(
                "idempotency_key_missing",
                _("Send an Idempotency-Key header of 1 to 64 visible ASCII characters, new for each new request."),
                field="Idempotency-Key",
                status=400,
            )
        actor = current_actor()
        digest = _digest(request)
        kept = idempotency.recall(actor.required_subject(), key, digest)
        if kept is not None:
            return HttpResponse(
                kept.body,
                status=kept.status,
                content_type="application/json",
                headers={"Idempotency-Replayed": "true"},
            )
        answer = operation(request, *args, **kwargs)
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        if content is not None and not isinstance(content, Schema):
            raise TypeError(f"{operation.__name__} must answer with a Schema or None, which can be kept and replayed")
        body = content.model_dump_json() if content is not None else "null"
        idempotency.remember(actor.required_subject(), key, digest, status, body)
        return HttpResponse(body, status=status, content_type="application/json")

    return once


def _digest(request: HttpRequest) -> bytes:
    """What makes two requests the same: method, path and body; of a form its fields and files."""
    digest = hashlib.sha256(b"\0".join((str(request.method).encode(), request.path.encode(), b"")))
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.digest()
    # A multipart body has been read by now, and its boundary is another each time it is sent.
    for name, values in sorted(request.POST.lists()):
        digest.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.digest()


def encode_cursor(last_id: UUID) -> str:
    """An opaque mark of how far a list was read."""
    return base64.urlsafe_b64encode(last_id.bytes).rstrip(b"=").decode()


def decode_cursor(cursor: str | None) -> UUID | None:
    """The id that `cursor` stands for. Raises a `Refusal` for one that we never gave."""
    if cursor is None or cursor == "":
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (binascii.Error, ValueError):
        raise Refusal("bad_cursor", _("Take the cursor from the page before."), field="cursor", status=400) from None


def build() -> NinjaAPI:
    """The API without its services' routers."""
    api = NinjaAPI(
        title="Bocage",
        version="1.0.0",
        description="Everything a person or a merchant can do, for programs. See docs/guide/api.md.",
        urls_namespace="api",
        docs_url=None,
        openapi_extra={"info": {"license": {"name": "MIT"}}},
    )
    api.add_exception_handler(Refusal, _on_refusal)
    api.add_exception_handler(ValidationError, _on_invalid)
    api.add_exception_handler(AuthenticationError, _on_unauthenticated)
    api.add_exception_handler(Http404, _on_missing)
    api.add_exception_handler(HttpError, _on_http_error)
    return api


def problem(status: int, code: str, title: str, detail: str, field: str | None = None) -> HttpResponse:
    """An error answer."""
    body = Problem(title=title, status=status, detail=detail, code=code, field=field)
    return HttpResponse(body.model_dump_json(), status=status, content_type=PROBLEM_TYPE)


def _on_refusal(request: HttpRequest, refusal: Refusal | type[Refusal]) -> HttpResponse:
    assert isinstance(refusal, Refusal), "the handlers are given what was raised"
    answer = problem(refusal.status, refusal.code, _("Refused"), str(refusal.message), refusal.field)
    setattr(answer, "recorded", refusal.recorded)
    return answer


def _on_invalid(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    assert isinstance(error, ValidationError), "the handlers are given what was raised"
    first = error.errors[0] if error.errors else {"loc": (), "msg": ""}
    where = ".".join(str(part) for part in first["loc"][1:] if part not in {"payload", "data"}) or None
    return problem(422, "invalid_input", _("Input not understood"), str(first["msg"])[:500], where)


def _on_unauthenticated(request: HttpRequest, error: AuthenticationError | type[AuthenticationError]) -> HttpResponse:
    assert isinstance(error, AuthenticationError), "the handlers are given what was raised"
    answer = problem(401, "sign_in", _("Not signed in"), _("Send a token: Authorization: Bearer bok_…"))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _on_missing(request: HttpRequest, error: Http404 | type[Http404]) -> HttpResponse:
    assert isinstance(error, Http404), "the handlers are given what was raised"
    return problem(404, "not_found", _("Not found"), _("There is nothing here that you may see."))


def _on_http_error(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    assert isinstance(error, HttpError), "the handlers are given what was raised"
    return problem(error.status_code, "bad_request", _("Bad request"), str(error)[:500])
