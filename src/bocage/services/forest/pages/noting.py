"""Pages of what a person writes down by hand: what she paid in cash."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.forest.actions import noting
from bocage.services.forest.forms import NoteForm
from bocage.services.forest.types import Noted


@login_required
@require_http_methods(["GET", "POST"])
def note(request: HttpRequest) -> HttpResponse:
    """Write one purchase down; its line comes next."""
    person = current_actor().required_subject()
    today = clock.today(settings.TOWN["time_zone"])
    form = NoteForm(
        request.POST or None, initial={"line_id": uuid7(), "booked_on": today, "country": settings.TOWN["country"]}
    )
    form.fields["booked_on"].widget.attrs["max"] = today.isoformat()
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        told = Noted(
            said["booked_on"], int(said["amount"] * 100), said["category"], said["text"] or "", said["country"]
        )
        try:
            noting.note(person, said["line_id"], told)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
        else:
            messages.success(request, _("It is written down."))
            return redirect("forest:line", said["line_id"])
    return render(request, "forest/note.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def remove(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Take a note back; the month it was in comes next."""
    day = noting.remove(current_actor().required_subject(), line_id)
    messages.info(request, _("The note is gone."))
    answer = redirect("forest:lines")
    answer["Location"] += f"?month={day:%Y-%m}"
    return answer


urlpatterns = [path("notes", note, name="note"), path("notes/<uuid:line_id>/remove", remove, name="note-remove")]
