"""What every page of a service asks first: who is signed in, for whom she acts, and what she is for the town."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, forbidden
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Role

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


def organisation_page(scope: str) -> Callable[[View], View]:
    """A page for who may do `scope` for an organisation; the view gets the organisation."""

    def decorate(view: View) -> View:
        @wraps(view)
        def asked(request: HttpRequest, subject_id: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
            found = identity.organisations([subject_id]).get(subject_id)
            if found is None:
                raise forbidden(_("Choose first for which of your organisations you act: Me, Acting for."))
            return view(request, found, *args, **kwargs)

        return page(scope)(asked)

    return decorate


def operator_page(view: View) -> View:
    """A page for operators of the town; the view gets the operator's id."""
    return _for_roles(view, frozenset({Role.OPERATOR}), lambda: _("This page is for operators of the town."))


def official_page(view: View) -> View:
    """A page for those who run the town or approve what it does; the view gets the official's id."""
    roles = frozenset({Role.OPERATOR, Role.APPROVER})
    return _for_roles(view, roles, lambda: _("This page is for officials of the town."))


def refuse(form: forms.Form, refusal: Refusal) -> None:
    """Put a refusal beside its field, where the form has it."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))


def _for_roles(view: View, roles: frozenset[Role], words: Callable[[], str]) -> View:
    @wraps(view)
    @login_required
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person_id = current_actor().person_id
        if person_id is None or not identity.roles(person_id) & roles:
            raise forbidden(words())
        return view(request, person_id, *args, **kwargs)

    return asked
