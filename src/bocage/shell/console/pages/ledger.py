"""The ledger: the trial balance of every unit, and with a reason one party's accounts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bocage.kernel.identity import queries as identity
from bocage.shell.console.access import Operator, looking_at, operators_only
from bocage.shell.console.books import MOVEMENTS_SHOWN, accounts_of, holds_of, unit_balances
from bocage.shell.console.forms import LookForm

UNPROCESSABLE = 422
_ACCOUNTS = gettext_lazy("accounts")


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def explorer(request: HttpRequest, operator: Operator) -> HttpResponse:
    """All units; after a look, one party's accounts above them."""
    context: dict[str, Any] = {"operator": operator, "movements_shown": MOVEMENTS_SHOWN}
    form = LookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        party = identity.party_by_handle(form.cleaned_data["handle"])
        if party is None:
            form.add_error("handle", _("Nobody has this handle. Write it as they do, for example @ana."))
        else:
            with looking_at(operator, party.id, _ACCOUNTS, form.cleaned_data["reason"]):
                context["accounts"] = accounts_of(party.id)
                context["holds"] = holds_of(context["accounts"])
            context["party"] = party
            form = LookForm()
    context |= {"form": form, "units": unit_balances()}
    return render(request, "console/ledger.html", context, status=UNPROCESSABLE if form.errors else 200)
