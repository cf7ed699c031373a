"""API tokens, and the programs that one signs in to with Bocage."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.shell.accounts.forms import TokenForm, attempt
from bocage.shell.accounts.pages.own import FORM_METHODS, just_signed_in, own_id


@login_required
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """The live tokens, and the programs with access."""
    words = people.known_scopes()
    own = [each for each in people.tokens(own_id(request)) if each.live]
    names = people.party_names(each.subject_id for each in own)
    context = {
        "tokens": [
            (each, ", ".join(str(words.get(scope, scope)) for scope in sorted(each.scopes)), names[each.subject_id])
            for each in own
        ],
        "programs": people.programs_of(own_id(request)),
    }
    return render(request, "accounts/tokens.html", context)


@login_required
@just_signed_in
@never_cache
@require_http_methods(FORM_METHODS)
def create(request: HttpRequest) -> HttpResponse:
    """A new token, shown this once."""
    subjects = [(each.id, each.name) for each in people.subjects_of(own_id(request))]
    form = TokenForm(request.POST or None, subjects=subjects)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made: list[tuple[UUID, str]] = []

        def make() -> None:
            made.append(
                identity.create_token(
                    own_id(request),
                    said["name"],
                    said["scopes"],
                    life=timedelta(days=said["days"]),
                    subject_id=UUID(said["subject"]),
                )
            )

        if attempt(form, make):
            return render(request, "accounts/token_made.html", {"name": said["name"], "token": made[0][1]})
    return render(request, "accounts/token_new.html", {"form": form})


@login_required
@require_POST
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Stop a token at once."""
    identity.revoke_token(token_id, own_id(request))
    messages.success(request, _("The token no longer works."))
    return redirect("me-tokens")


@login_required
@require_POST
def leave_program(request: HttpRequest, client_id: str) -> HttpResponse:
    """Take a program's access back."""
    identity.leave_program(own_id(request), client_id)
    messages.success(request, _("The program has no access any more."))
    return redirect("me-tokens")
