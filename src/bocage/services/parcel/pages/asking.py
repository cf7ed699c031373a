"""What every page of Parcel asks first: for whom."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bocage.kernel.errors import forbidden
from bocage.kernel.identity import queries as identity

READ, WRITE, CARRY = "parcel:read", "parcel:write", "parcel:take"
UNPROCESSABLE = 422

type View = Callable[..., HttpResponse]


def page(scope: str) -> Callable[[View], View]:
    """A page for whoever is signed in and may do `scope` for whom she acts for; the view gets that subject's id."""

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, identity.require_scope(scope), *args, **kwargs)

        return asked

    return decorate


def carrier_page(view: View) -> View:
    """A page for who works for an organisation; the view gets it."""

    @wraps(view)
    def asked(request: HttpRequest, subject_id: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        found = identity.organisations([subject_id]).get(subject_id)
        if found is None:
            raise forbidden(_("Choose first for which of your organisations you act: Me, Acting for."))
        return view(request, found, *args, **kwargs)

    return page(CARRY)(asked)
