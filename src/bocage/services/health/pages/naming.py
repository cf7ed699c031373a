"""Who one is on one's identity card, and a test result as a certificate in that name."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bocage.kernel.errors import Refusal
from bocage.services.health import words
from bocage.services.health.actions import holders, issuing
from bocage.services.health.pages.asking import READ, WRITE
from bocage.services.health.pages.forms import HolderForm
from bocage.services.health.queries import passes
from bocage.shell.asking import UNPROCESSABLE, page, refuse

# Where to go once the name is known: nothing else may be asked for in the address.
_NEXT = ("health:certificates", "health:tests", "health:home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def name(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Name and date of birth, as on the identity card."""
    holder = holders.holder_of(subject_id)
    initial = {"given": holder.given, "family": holder.family, "born": holder.born} if holder else {}
    form = HolderForm(request.POST or None, initial=initial)
    wanted = request.GET.get("next", "")
    following = wanted if wanted in _NEXT else "health:certificates"
    if form.is_bound and form.is_valid():
        try:
            holders.record(subject_id, **form.cleaned_data)
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Kept for 14 days, for nobody but you."))
            return redirect(following)
    context = {"form": form, "source": passes.source(subject_id, "health.certificates"), "holder": holder}
    return render(request, "health/name.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@never_cache
@require_safe
@page(READ)
def certificate(request: HttpRequest, subject_id: UUID, test_id: UUID) -> HttpResponse:
    """A result as an EU certificate and as a SMART Health Card; first the name, where it is not known."""
    if holders.holder_of(subject_id) is None:
        return redirect_to_name("health:tests")
    issued = issuing.issue(subject_id, test_id)
    context = {
        "issued": issued,
        "kind": words.TEST_KINDS[issued.kind],
        "outcome": words.OUTCOMES[issued.outcome],
    }
    return render(request, "health/test_certificate.html", context)


def redirect_to_name(following: str) -> HttpResponse:
    """Ask for the name, and go on to the page `following` then."""
    answer = redirect("health:name")
    answer["Location"] += f"?next={following}"
    return answer
