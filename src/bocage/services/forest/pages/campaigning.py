"""Real trees: campaigns on a map, one's certificates, and the partner's page for the field."""

import json
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.services.forest import real_trees
from bocage.services.forest.actions import campaigns, giving
from bocage.services.forest.documents import certificate_pdf
from bocage.services.forest.forms import CampaignForm, ReportForm


@login_required
@require_GET
def planting_page(request: HttpRequest) -> HttpResponse:
    """Campaigns on a map, and the trees one has already."""
    subject = current_actor().required_subject()
    if identity.organisations([subject]):
        return redirect("forest:partner")
    context = {
        "campaigns": [(each, uuid7()) for each in real_trees.campaigns()],
        "certificates": real_trees.certificates(subject),
        "giveable": giving.giveable_grams(subject),
        "currency": settings.TOWN["currency"],
    }
    return render(request, "forest/planting.html", context)


@login_required
@require_POST
def plant(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Burn grams for one real tree."""
    try:
        certificate_id = UUID(request.POST.get("certificate_id", ""))
    except ValueError:
        raise Refusal("bad_id", _("Open the page again."), field="certificate_id", status=400) from None
    try:
        campaigns.plant(current_actor().required_subject(), certificate_id, campaign_id)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
        return redirect("forest:planting")
    messages.success(request, _("Your tree is ordered. You are told when it stands."))
    return redirect("forest:certificate", certificate_id)


@login_required
@require_GET
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """One real tree: its certificate and what was seen of it."""
    found = real_trees.certificate(current_actor().required_subject(), certificate_id)
    context = {"tree": found, "claims": json.loads(found.claims), "provable": real_trees.is_provable(found)}
    return render(request, "forest/certificate.html", context)


@login_required
@require_GET
def certificate_proof(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """The proof that the ledger holds the burning, which ./bocage verify checks without asking the town."""
    proof = real_trees.proof_file(current_actor().required_subject(), certificate_id)
    answer = HttpResponse(proof, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="bocage-proof-{certificate_id}.json"'
    return answer


@login_required
@require_GET
def certificate_file(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """The certificate as a PDF; what it says can be checked without us."""
    found = real_trees.certificate(current_actor().required_subject(), certificate_id)
    answer = HttpResponse(certificate_pdf(found, settings.TOWN["name"]), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="tree.pdf"'
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def partner(request: HttpRequest) -> HttpResponse:
    """A partner's campaigns and trees; a POST opens a campaign."""
    organisation = _organisation()
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        campaign_id, cost = given.pop("campaign_id"), given.pop("cost")
        terms = campaigns.Terms(**given, cost_minor=int((cost or 0) * 100))
        try:
            campaigns.open_campaign(organisation, campaign_id, terms)
        except Refusal as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("The campaign is open."))
            return redirect("forest:partner")
    form.fields["campaign_id"].initial = uuid7()
    context = {
        "form": form,
        "campaigns": real_trees.campaigns(organisation),
        "trees": [(each, uuid7()) for each in real_trees.to_audit(organisation)],
        "standing": [(real_trees.STATES[state], count) for state, count in real_trees.survival(organisation).items()],
        "report": ReportForm(),
        "currency": settings.TOWN["currency"],
    }
    return render(request, "forest/partner.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def report(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Say what was seen of a tree, with place and photo."""
    organisation, form = _organisation(), ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Say what you saw and where: latitude and longitude in degrees."))
        return redirect("forest:partner")
    given, photo = form.cleaned_data, form.cleaned_data["photo"]
    place = (given["latitude"], given["longitude"])
    try:
        campaigns.report(
            organisation, given["audit_id"], certificate_id, given["seen"], place, photo.read() if photo else b""
        )
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Noted, and told."))
    return redirect("forest:partner")


def _organisation() -> UUID:
    subject = current_actor().required_subject()
    if not identity.organisations([subject]):
        raise Refusal("not_a_partner", _("Act for an organisation first: it plants, you do not."), status=403)
    return subject


urlpatterns = [
    path("planting", planting_page, name="planting"),
    path("planting/<uuid:campaign_id>/plant", plant, name="plant"),
    path("planting/<uuid:certificate_id>", certificate, name="certificate"),
    path("planting/<uuid:certificate_id>.pdf", certificate_file, name="certificate-file"),
    path("planting/<uuid:certificate_id>.proof.json", certificate_proof, name="certificate-proof"),
    path("partner", partner, name="partner"),
    path("partner/<uuid:certificate_id>/report", report, name="report"),
]
