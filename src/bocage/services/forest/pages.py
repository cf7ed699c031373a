"""Forest's pages: the forest itself, months, lines and their reasons, statements, trees."""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries as consents
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.forest import limits, queries
from bocage.services.forest.actions import earning, importing, planting
from bocage.services.forest.acts import ACTS
from bocage.services.forest.forms import SowForm, StatementForm, WaterForm
from bocage.services.forest.species import SPECIES
from bocage.services.forest.types import FootprintLine, Grove
from bocage.shell.api_site import decode_cursor, encode_cursor
from bocage.shell.types import Card, Tree

PURPOSE = "forest.grow"


def card(request: HttpRequest) -> Card | None:
    """The forest on the home screen."""
    subject = current_actor().subject_id
    if subject is None:
        return None
    grove = queries.grove(subject)
    return Card("forest", "forest/card.html", {"grove": grove, "scene": _scene(grove)})


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The forest: what is ripe, the trees, this month's footprint; and the question, where it was not answered yet."""
    person = current_actor().required_subject()
    grove = queries.grove(person)
    first_day = queries.latest_month(person) or _this_month()
    return render(
        request,
        "forest/home.html",
        {
            "grove": grove,
            "scene": _scene(grove),
            "agreed": consents.is_granted(person, PURPOSE),
            "month": queries.month(person, first_day),
            "trend": queries.trend(person, first_day),
            "awards": queries.awards(person, 8),
            "acts": ACTS,
        },
    )


@login_required
@require_POST
def agree(request: HttpRequest) -> HttpResponse:
    """Say yes or no to `forest.grow`."""
    person = current_actor().required_subject()
    if request.POST.get("answer") == "yes":
        consent.grant(person, PURPOSE)
        messages.success(request, _("Your forest grows from now on. You can stop it at any time under Me."))
    else:
        consent.refuse(person, PURPOSE)
    return redirect("forest:home")


@login_required
@require_POST
def collect(request: HttpRequest) -> HttpResponse:
    """Collect all ripe grams."""
    grams = earning.collect(current_actor().required_subject())
    messages.success(request, _("You collected %(grams)s g.") % {"grams": f"{grams:,}".replace(",", "\u202f")})
    return redirect("forest:home")


@login_required
@require_GET
def lines(request: HttpRequest) -> HttpResponse:
    """A month line by line, or one category of it."""
    person = current_actor().required_subject()
    first_day = _month_of(request.GET.get("month")) or queries.latest_month(person) or _this_month()
    category = request.GET.get("category", "")[:32]
    found = queries.lines(
        person, first_day=first_day, category=category or None, before=decode_cursor(request.GET.get("cursor"))
    )
    return render(
        request,
        "forest/lines.html",
        {
            "month": queries.month(person, first_day),
            "trend": queries.trend(person, _this_month()),
            "category": category,
            "lines": found,
            "next_cursor": _next_cursor(found),
        },
    )


@login_required
@require_GET
def line(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """One line and why it weighs what it weighs."""
    return render(request, "forest/line.html", {"line": queries.line(current_actor().required_subject(), line_id)})


@login_required
@require_http_methods(["GET", "POST"])
def import_statement(request: HttpRequest) -> HttpResponse:
    """Hand a statement in; the preview comes next."""
    person = current_actor().required_subject()
    form = StatementForm(request.POST or None, request.FILES or None, initial={"country": settings.TOWN["country"]})
    status = 200
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = importing.receive(person, uuid7(), file.name, file.read(), form.cleaned_data["country"])
            return redirect("forest:preview", upload.id)
        except Refusal as refusal:
            form.add_error("file", str(refusal.message))
            status = refusal.status
    context = {"form": form, "uploads": queries.uploads(person)}
    return render(request, "forest/import.html", context, status=422 if form.errors else status)


@login_required
@require_GET
def preview(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """What the statement would add, which lines are known already, and which could not be read."""
    person = current_actor().required_subject()
    found = next((each for each in queries.uploads(person) if each.id == upload_id), None)
    if found is not None and found.state == "confirmed":
        return redirect("forest:lines")
    return render(
        request,
        "forest/preview.html",
        {"preview": queries.preview(person, upload_id), "agreed": consents.is_granted(person, PURPOSE)},
    )


@login_required
@require_POST
def confirm(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Keep the new lines, or forget the statement."""
    person = current_actor().required_subject()
    if request.POST.get("answer") != "keep":
        importing.discard(person, upload_id)
        messages.info(request, _("The statement is forgotten."))
        return redirect("forest:import")
    upload = importing.confirm(person, upload_id, rewarded=consents.is_granted(person, PURPOSE))
    messages.success(
        request,
        ngettext("%(count)s line was added.", "%(count)s lines were added.", upload.lines_added)
        % {"count": upload.lines_added},
    )
    return redirect("forest:home")


@login_required
@require_GET
def trees(request: HttpRequest) -> HttpResponse:
    """Growing trees to water, full-grown ones to look at, and kinds to begin."""
    grove = queries.grove(current_actor().required_subject())
    return render(
        request,
        "forest/trees.html",
        {
            "grove": grove,
            "scene": _scene(grove),
            "species": SPECIES,
            "tree_id": uuid7(),
            "watering_id": uuid7(),
            "room": limits.TREES_GROWING_MAX - len(grove.growing),
        },
    )


@login_required
@require_POST
def sow(request: HttpRequest) -> HttpResponse:
    """Begin a tree."""
    form = SowForm(request.POST)
    if not form.is_valid():
        raise Refusal("bad_tree", _("Choose a tree from the list."), field="species")
    planting.sow(current_actor().required_subject(), form.cleaned_data["tree_id"], form.cleaned_data["species"])
    return redirect("forest:trees")


@login_required
@require_POST
def water(request: HttpRequest, tree_id: UUID) -> HttpResponse:
    """Give a tree grams."""
    form = WaterForm(request.POST)
    if not form.is_valid():
        raise Refusal("bad_grams", _("Give a whole number of grams, 1 or more."), field="grams")
    grown = planting.water(
        current_actor().required_subject(), form.cleaned_data["watering_id"], tree_id, form.cleaned_data["grams"]
    )
    messages.success(request, _("Your tree is full-grown!") if grown else _("Your tree has drunk."))
    return redirect("forest:trees")


def _scene(grove: Grove) -> list[Tree]:
    """The grown trees, then those that still grow."""
    return [Tree(tree.kind, tree.growth) for tree in (*grove.grown, *grove.growing)]


def _next_cursor(found: tuple[FootprintLine, ...]) -> str:
    return encode_cursor(found[-1].id) if len(found) == limits.PAGE_ROWS_MAX else ""


def _this_month() -> date:
    return clock.today(settings.TOWN["time_zone"]).replace(day=1)


def _month_of(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Refusal("bad_month", _("Write the month as 2026-11."), field="month", status=400) from None


urlpatterns = [
    path("", home, name="home"),
    path("agree", agree, name="agree"),
    path("collect", collect, name="collect"),
    path("lines", lines, name="lines"),
    path("lines/<uuid:line_id>", line, name="line"),
    path("import", import_statement, name="import"),
    path("import/<uuid:upload_id>", preview, name="preview"),
    path("import/<uuid:upload_id>/confirm", confirm, name="confirm"),
    path("trees", trees, name="trees"),
    path("trees/sow", sow, name="sow"),
    path("trees/<uuid:tree_id>/water", water, name="water"),
]
