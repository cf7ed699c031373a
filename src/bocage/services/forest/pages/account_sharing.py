"""The page of accounts that two people share."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.forest import together
from bocage.services.forest.actions import account_sharing
from bocage.services.forest.forms import SharedAccountForm
from bocage.services.forest.shared_accounts import shared_accounts


@login_required
@require_http_methods(["GET", "POST"])
def shared(request: HttpRequest) -> HttpResponse:
    """What is shared with whom; a POST proposes an account and its shares to a friend."""
    person = current_actor().required_subject()
    friends = [(each.person_id, each.name) for each in together.friends(person) if each.state == "friend"]
    form = SharedAccountForm(friends, request.POST or None, initial={"shared_id": uuid7(), "percent": 50})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            account_sharing.propose(person, said["shared_id"], said["other_id"], said["name"], said["percent"])
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
        else:
            messages.success(request, _("You have asked. It counts once your friend agrees."))
            return redirect("forest:shared")
    everything = shared_accounts(person)
    context = {"form": form, "friends": friends}
    context |= {
        name: [each for each in everything if each.state == name] for name in ("agreed", "incoming", "outgoing")
    }
    return render(request, "forest/shared.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def answer(request: HttpRequest, shared_id: UUID) -> HttpResponse:
    """Agree to the shares, or end it."""
    person = current_actor().required_subject()
    if request.POST.get("answer") == "yes":
        account_sharing.agree(person, shared_id)
        messages.success(request, _("Agreed. Hand in its statements, each of you for yourself."))
    else:
        account_sharing.end(person, shared_id)
    return redirect("forest:shared")


urlpatterns = [
    path("shared", shared, name="shared"),
    path("shared/<uuid:shared_id>/answer", answer, name="shared-answer"),
]
