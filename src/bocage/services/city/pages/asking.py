"""What every page of City asks first: for whom."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, forbidden
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Role

READ, WRITE = "city:read", "city:write"
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


def operator_page(view: View) -> View:
    """A page for operators of the town; the view gets the operator's id."""

    @wraps(view)
    @login_required
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person_id = current_actor().person_id
        if person_id is None or Role.OPERATOR not in identity.roles(person_id):
            raise forbidden(_("This page is for operators of the town."))
        return view(request, person_id, *args, **kwargs)

    return asked


def refuse(form: forms.Form, refusal: Refusal) -> None:
    """Put a refusal beside its field, where the form has it."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))


def whole(text: str, field: str) -> int:
    """A number from a form that people do not type. Raises a `Refusal`."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refusal("bad_number", _("This page is out of date. Load it again."), field=field, status=400)
    return int(text)
