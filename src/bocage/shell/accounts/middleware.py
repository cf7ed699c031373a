"""For whom a request acts: held to the mandate or the staff role at each request, not only when it was chosen."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY, refusal_page
from bocage.kernel.errors import forbidden
from bocage.kernel.identity import queries as identity
from bocage.kernel.manifest import service_names

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ActingFor:
    """Stands before `OneTransaction` and sets `request.acting_for`.

    A service's pages act for whom the person chose, if a scope of that service allows it; every other page (home, Me,
    consents) is always her own. A choice whose mandate has ended is forgotten, and the person is told.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        setattr(request, "acting_for", None)
        if not request.user.is_authenticated or ACTING_FOR_SESSION_KEY not in request.session:
            return None
        person_id, subject_id = request.user.pk, UUID(request.session[ACTING_FOR_SESSION_KEY])
        if identity.standing(person_id, subject_id) is None:
            del request.session[ACTING_FOR_SESSION_KEY]
            name = identity.party_name(subject_id)
            messages.warning(request, _("You no longer act for %(name)s: the mandate has ended.") % {"name": name})
            return None
        service = (request.resolver_match.namespaces or [""])[0] if request.resolver_match else ""
        if service not in service_names():
            return None
        verbs = ("read", "take", "write") if request.method in SAFE_METHODS else ("take", "write")
        if not any(identity.may(person_id, subject_id, f"{service}:{verb}") for verb in verbs):
            message = _("What you may do for somebody else does not cover this. Go back to acting for yourself in Me.")
            return refusal_page(request, forbidden(message))
        setattr(request, "acting_for", subject_id)
        return None
