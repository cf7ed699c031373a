"""What a person carries: certificates, and the pass on paper."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.services.health import limits, words
from bocage.services.health.actions import certificates, deciding, holders, passing
from bocage.services.health.documents import paper
from bocage.services.health.pages.asking import READ, WRITE
from bocage.services.health.pages.naming import redirect_to_name
from bocage.services.health.queries import passes
from bocage.shell.asking import UNPROCESSABLE, page
from bocage.shell.policy import scanning_page
from bocage.shell.pwa import PRECACHED, page_worker


@scanning_page
@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def show(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Certificates, and the camera, a picture or typing to hand one in."""
    refusal = None
    if request.method == "POST":
        try:
            certificates.hand_in(subject_id, request.POST.get("code", "")[: limits.CERTIFICATE_CHARACTERS_MAX])
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("Verified, and kept for 14 days."))
            return redirect("health:certificates")
    source = passes.source(subject_id, "health.certificates")
    holder = holders.holder_of(subject_id) if source.live else None
    context = {"papers": passes.certificates(subject_id), "source": source, "refusal": refusal, "holder": holder}
    return render(request, "health/certificates.html", context, status=UNPROCESSABLE if refusal else 200)


@require_POST
@page(WRITE)
def delete(request: HttpRequest, subject_id: UUID, certificate_id: UUID) -> HttpResponse:
    """Delete one."""
    certificates.delete(subject_id, certificate_id)
    return redirect("health:certificates")


@never_cache
@require_safe
@page(READ)
def code(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The colour as a code for a gate: two hours of single-use tokens, which the phone keeps."""
    colour = passes.colour_of(deciding.current(subject_id))
    tokens = passing.issue_tokens(colour.colour, passing.TOKENS_A_STRETCH)
    return render(request, "health/code.html", {"colour": colour, "tokens": tokens})


@require_safe
def kept_code(request: HttpRequest) -> HttpResponse:
    """What stands in for it without a connection: the same for everybody, filled from what the phone has kept."""
    colours = [{"colour": colour, "word": word, "shape": shape} for colour, (word, shape) in words.COLOURS.items()]
    return render(request, "health/code_kept.html", {"colours": colours})


@require_safe
def code_worker(request: HttpRequest) -> HttpResponse:
    """The service worker of both, in the language in which the person reads."""
    shown, kept = reverse("health:code"), reverse("health:code-kept")
    files = (*PRECACHED, "health/health.css", "health/pass-codes.js")
    answer = page_worker(
        request,
        "codes",
        (kept,),
        files,
        instead={shown: kept},
        language=get_language() or "",
        content=kept_code(request).content,
    )
    answer["Service-Worker-Allowed"] = shown
    return answer


@require_safe
@page(READ)
def on_paper(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The pass on paper, with a name, for days; checked beside an identity card.

    Somebody at a counter prints it for who acts through no telephone: under her mandate for `health:read`.
    """
    colour = passes.colour_of(deciding.current(subject_id))
    holder = holders.holder_of(subject_id)
    if holder is None:
        return redirect_to_name("health:home")
    holders.issue_as(subject_id, holder, clock.now() + limits.PAPER_LIFE)
    answer = HttpResponse(paper.pass_pdf(colour, holder), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="pass.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer
