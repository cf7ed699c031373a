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
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bocage.engines.statements.types import FIRST_DATE, LAST_DATE
from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries as consents
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.forest import limits, queries, together
from bocage.services.forest.actions import correcting, earning, importing, planting
from bocage.services.forest.acts import ACTS
from bocage.services.forest.challenges import animals, progress
from bocage.services.forest.engine_words import class_title
from bocage.services.forest.forms import CategoryForm, ColumnsForm, SowForm, StatementForm, WaterForm
from bocage.services.forest.pages import account_sharing, campaigning, company, insight, noting, sharing
from bocage.services.forest.pages.drawing import drawing
from bocage.services.forest.shared_accounts import agreed
from bocage.services.forest.species import SPECIES
from bocage.services.forest.types import Columns, FootprintLine, Grove
from bocage.shell.api_site import decode_cursor, encode_cursor
from bocage.shell.templatetags.shell import number
from bocage.shell.types import Card, Tree

PURPOSE = "forest.grow"
_STEPS = (gettext_lazy("Hand in"), gettext_lazy("Look"), gettext_lazy("Keep"))
_AWARDS_ON_HOME = 8
_RECEIVED_ON_HOME = 3
_CATEGORY_CHARACTERS_MAX = 32
_GIVEN_CHARACTERS_MAX = 12


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
    span = queries.span(person)
    first_day = span[1] if span else _this_month()
    choice, counts = consents.choice(person, PURPOSE), together.act_counts(person)
    return render(
        request,
        "forest/home.html",
        {
            "grove": grove,
            "drawing": drawing(grove.trees, animals(counts)),
            "challenges": progress(counts, clock.today(settings.TOWN["time_zone"])),
            "received": together.received(person, _RECEIVED_ON_HOME),
            "agreed": choice.live,
            "asked": choice.grant is not None,
            "purpose": choice.says,
            "has_lines": span is not None,
            "month": queries.month(person, first_day),
            "trend": queries.trend(person, first_day),
            "awards": queries.awards(person, _AWARDS_ON_HOME),
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
    messages.success(request, _("You collected %(grams)s g.") % {"grams": number(grams)})
    return redirect("forest:home")


@login_required
@require_GET
def lines(request: HttpRequest) -> HttpResponse:
    """A month line by line, or one category of it."""
    person = current_actor().required_subject()
    span = queries.span(person)
    first_day = _month_of(request.GET.get("month")) or (span[1] if span else _this_month())
    trend = queries.trend(person, _end_of_trend(first_day))
    category = _category_of(request.GET.get("category"))
    found = queries.lines(
        person, first_day=first_day, category=category or None, before=decode_cursor(request.GET.get("cursor"))
    )
    return render(
        request,
        "forest/lines.html",
        {
            "month": queries.month(person, first_day),
            "trend": trend,
            "earlier": trend[0].first_day if span and span[0] < trend[0].first_day else None,
            "later": _month_after(first_day) if span and span[1] > trend[-1].first_day else None,
            "category": category,
            "category_title": class_title(category) if category and found else "",
            "lines": found,
            "next_cursor": _next_cursor(found),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def line(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """One line and why it weighs what it weighs; a POST says what its merchant sells."""
    person = current_actor().required_subject()
    found = queries.line(person, line_id)
    form = CategoryForm(request.POST or None, initial={"category": found.category if found.corrected else ""})
    if request.method == "POST" and form.is_valid():
        try:
            followed = correcting.correct(person, line_id, form.cleaned_data["category"])
        except Refusal as refusal:
            form.add_error("category", str(refusal.message))
        else:
            said = ngettext("%(count)s line follows.", "%(count)s lines follow.", followed) % {"count": followed}
            messages.success(request, said)
            return redirect("forest:line", line_id)
    context = {"line": found, "award": queries.award_of(person, line_id), "form": form}
    return render(request, "forest/line.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def import_statement(request: HttpRequest) -> HttpResponse:
    """Hand a statement in; the preview comes next, or the question which of its columns holds what."""
    person = current_actor().required_subject()
    form = StatementForm(
        agreed(person), request.POST or None, request.FILES or None, initial={"country": settings.TOWN["country"]}
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > limits.UPLOAD_BYTES_MAX:
                raise importing.too_large(file.size)
            country, shared = form.cleaned_data["country"], form.cleaned_data.get("shared_id")
            upload = importing.receive(person, uuid7(), file.name, file.read(), country, shared_id=shared)
            return redirect("forest:columns" if upload.state == "columns" else "forest:preview", upload.id)
        except Refusal as refusal:
            form.add_error("file", str(refusal.message))
    context = {"form": form, "uploads": queries.uploads(person), "steps": _STEPS}
    return render(request, "forest/import.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Say which column of a CSV holds what, with its first rows beside the question."""
    person = current_actor().required_subject()
    choices = queries.choices(person, upload_id)
    form = ColumnsForm(choices, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            importing.choose_columns(person, upload_id, Columns(**form.cleaned_data))
            return redirect("forest:preview", upload_id)
        except Refusal as refusal:
            form.add_error(None, str(refusal.message))
    context = {"form": form, "choices": choices, "steps": _STEPS}
    return render(request, "forest/columns.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def preview(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """What the statement would add, which lines are known already, and which could not be read."""
    person = current_actor().required_subject()
    found = next((each for each in queries.uploads(person) if each.id == upload_id), None)
    if found is not None and found.state == "confirmed":
        return redirect("forest:lines")
    if found is not None and found.state == "columns":
        return redirect("forest:columns", upload_id)
    return render(
        request,
        "forest/preview.html",
        {
            "preview": queries.preview(person, upload_id),
            "agreed": consents.is_granted(person, PURPOSE),
            "steps": _STEPS,
        },
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
    return _trees(request)


@login_required
@require_POST
def sow(request: HttpRequest) -> HttpResponse:
    """Begin a tree."""
    form = SowForm(request.POST)
    if not form.is_valid():
        return _trees(request, problem=_("Choose a tree from the list."))
    try:
        planting.sow(current_actor().required_subject(), form.cleaned_data["tree_id"], form.cleaned_data["species"])
    except Refusal as refusal:
        return _trees(request, refusal=refusal)
    return redirect("forest:trees")


@login_required
@require_POST
def water(request: HttpRequest, tree_id: UUID) -> HttpResponse:
    """Give a tree grams."""
    person, form = current_actor().required_subject(), WaterForm(request.POST)
    if not form.is_valid():
        return _trees(request, thirsty=tree_id, problem=_("Give a whole number of grams, 1 or more."))
    try:
        grown = planting.water(person, form.cleaned_data["watering_id"], tree_id, form.cleaned_data["grams"])
    except Refusal as refusal:
        return _trees(request, thirsty=tree_id, refusal=refusal)
    messages.success(request, _("Your tree is full-grown!") if grown else _("Your tree has drunk."))
    return redirect("forest:trees")


def _trees(
    request: HttpRequest, *, thirsty: UUID | None = None, problem: str = "", refusal: Refusal | None = None
) -> HttpResponse:
    """The page of trees; with a `problem` beside the tree it is about, or above all."""
    grove = queries.grove(current_actor().required_subject())
    if refusal is not None and all(tree.id != thirsty for tree in grove.growing):
        thirsty = None
    problem = str(refusal.message) if refusal else problem
    answer = render(
        request,
        "forest/trees.html",
        {
            "grove": grove,
            "drawing": drawing(grove.trees),
            "species": SPECIES,
            "tree_id": uuid7(),
            "watering_id": uuid7(),
            "room": limits.TREES_GROWING_MAX - len(grove.growing),
            "thirsty": thirsty,
            "problem": problem,
            "given": request.POST.get("grams", "")[:_GIVEN_CHARACTERS_MAX],
        },
        status=refusal.status if refusal else 422 if problem else 200,
    )
    # A transfer that the ledger refused stays refused: that is written although the answer is an error.
    setattr(answer, "recorded", refusal is not None and refusal.recorded)
    return answer


def _scene(grove: Grove) -> list[Tree]:
    """The grown trees, then those that still grow."""
    return [Tree(tree.kind, tree.growth) for tree in (*grove.grown, *grove.growing)]


def _next_cursor(found: tuple[FootprintLine, ...]) -> str:
    return encode_cursor(found[-1].id) if len(found) == limits.PAGE_ROWS_MAX else ""


def _this_month() -> date:
    return clock.today(settings.TOWN["time_zone"]).replace(day=1)


def _month_after(first_day: date) -> date:
    return date(first_day.year + first_day.month // 12, first_day.month % 12 + 1, 1)


def _end_of_trend(first_day: date) -> date:
    """The last month of the six that are shown with `first_day`: this month, while that one is among them."""
    this_month = _this_month()
    months = (this_month.year - first_day.year) * 12 + this_month.month - first_day.month
    return this_month if 0 <= months < limits.TREND_MONTHS else first_day


def _month_of(text: str | None) -> date | None:
    if not text:
        return None
    try:
        first_day = date.fromisoformat(f"{text}-01")
    except ValueError:
        first_day = None
    if first_day is None or not FIRST_DATE <= first_day <= LAST_DATE:
        raise Refusal("bad_month", _("Write the month as 2026-11."), field="month", status=400)
    return first_day


def _category_of(text: str | None) -> str:
    if text and (len(text) > _CATEGORY_CHARACTERS_MAX or not text.isidentifier()):
        raise Refusal("bad_category", _("Choose a category from the list."), field="category", status=400)
    return text or ""


urlpatterns = [
    *sharing.urlpatterns,
    *account_sharing.urlpatterns,
    *insight.urlpatterns,
    *noting.urlpatterns,
    *campaigning.urlpatterns,
    *company.urlpatterns,
    path("", home, name="home"),
    path("agree", agree, name="agree"),
    path("collect", collect, name="collect"),
    path("lines", lines, name="lines"),
    path("lines/<uuid:line_id>", line, name="line"),
    path("import", import_statement, name="import"),
    path("import/<uuid:upload_id>", preview, name="preview"),
    path("import/<uuid:upload_id>/columns", columns, name="columns"),
    path("import/<uuid:upload_id>/confirm", confirm, name="confirm"),
    path("trees", trees, name="trees"),
    path("trees/sow", sow, name="sow"),
    path("trees/<uuid:tree_id>/water", water, name="water"),
]
