"""The operator's page of programs that offer "sign in with Bocage"."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.shell.accounts.forms import ProgramForm, attempt
from bocage.shell.accounts.pages.own import FORM_METHODS
from bocage.shell.console.access import Operator, operators_only


@never_cache
@require_http_methods(FORM_METHODS)
@operators_only
def programs(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Every registered program, and registering one; its secret is shown this once."""
    form = ProgramForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made: list[tuple[str, str | None]] = []

        def register() -> None:
            made.append(
                identity.register_client(
                    operator.id,
                    name=said["name"],
                    redirect_uris=said["redirect_uris"].split(),
                    scopes=said["scopes"],
                    public=said["public"],
                )
            )

        if attempt(form, register):
            client_id, secret = made[0]
            shown = {"name": said["name"], "client_id": client_id, "secret": secret}
            return render(request, "accounts/program_made.html", shown)
    context = {"form": form, "programs": people.registered_programs(), "operator": operator}
    return render(request, "accounts/programs.html", context)


@require_POST
@operators_only
def end(request: HttpRequest, operator: Operator, client_id: str) -> HttpResponse:
    """End a program's sign-ins, now and to come."""
    identity.unregister_client(operator.id, client_id)
    messages.success(request, _("The program can sign nobody in any more."))
    return redirect("console-programs")
