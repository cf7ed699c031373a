"""One transaction a request, in which the signed-in person acts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from allauth.account.middleware import AccountMiddleware
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from bocage.kernel.acting.actor import Actor, acting_as
from bocage.kernel.errors import Refusal

ACTING_FOR_SESSION_KEY = "acting_for"
FIRST_ERROR_STATUS = 400


class OneTransaction:
    """Wraps each view in `acting_as`: an exception or an error answer rolls back all that the view wrote.

    A view that must not hold a transaction (a health check) is marked by `without_transaction`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.answer_of_allauth = AccountMiddleware(get_response).process_exception

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if getattr(view, "without_transaction", False):
            return None
        try:
            return self._in_transaction(request, view, args, kwargs)
        except Exception as exception:
            # Django asks middleware about exceptions of the view alone, and the view runs in this one: allauth's
            # "sign in again first" and "too many requests" would be server errors.
            answer: HttpResponseBase | None = self.answer_of_allauth(request, exception)
            if answer is None:
                raise
            return answer

    def _in_transaction(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase:
        with acting_as(actor_of(request)):
            try:
                response = view(request, *args, **kwargs)
                if hasattr(response, "render") and callable(response.render):
                    response = response.render()
            except Refusal as refusal:
                response = refusal_page(request, refusal)
                setattr(response, "recorded", refusal.recorded)
            if response.status_code >= FIRST_ERROR_STATUS and not getattr(response, "recorded", False):
                transaction.set_rollback(True)
            return response


def actor_of(request: HttpRequest) -> Actor:
    """The person who is signed in, for herself or for whom `shell.accounts.middleware.ActingFor` lets her act here."""
    if not request.user.is_authenticated:
        return Actor.nobody()
    acting_for: UUID | None = getattr(request, "acting_for", None)
    return Actor.for_person(request.user.pk, acting_for)


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page of a refused request; a fragment where htmx asked."""
    from django.shortcuts import render

    template = "error_fragment.html" if request.headers.get("HX-Request") else "error.html"
    return render(request, template, {"refusal": refusal, "status": refusal.status}, status=refusal.status)


def without_transaction(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Mark `view` as one that opens no transaction of its own."""
    setattr(view, "without_transaction", True)
    return view
