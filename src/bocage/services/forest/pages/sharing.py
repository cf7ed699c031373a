"""Friends, groups, and what is given to their trees."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.forest import together
from bocage.services.forest.actions import friends, giving, groups, taking
from bocage.services.forest.forms import AskForm, FoundForm, GiveForm, JoinForm, SowForm
from bocage.services.forest.pages.drawing import drawing
from bocage.services.forest.species import SPECIES
from bocage.shell.templatetags.shell import number


@login_required
@require_http_methods(["GET", "POST"])
def friends_page(request: HttpRequest) -> HttpResponse:
    """Friends and open questions; a POST asks somebody by the name after the @."""
    person = current_actor().required_subject()
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            friends.ask(person, form.cleaned_data["handle"])
        except Refusal as refusal:
            form.add_error("handle", str(refusal.message))
        else:
            messages.success(request, _("You have asked. When they say yes, you see each other's trees."))
            return redirect("forest:friends")
    everybody = together.friends(person)
    context = {
        "form": form,
        "friends": [each for each in everybody if each.state == "friend"],
        "incoming": [each for each in everybody if each.state == "incoming"],
        "outgoing": [each for each in everybody if each.state == "outgoing"],
        "takes": together.takes(person),
    }
    return render(request, "forest/friends.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def answer(request: HttpRequest, friendship_id: UUID) -> HttpResponse:
    """Say yes to who asked, or end a friendship or a question."""
    person = current_actor().required_subject()
    if request.POST.get("answer") == "yes":
        friends.accept(person, friendship_id)
    else:
        friends.end(person, friendship_id)
    return redirect("forest:friends")


@login_required
@require_POST
def play(request: HttpRequest) -> HttpResponse:
    """Play at taking, or no longer."""
    friends.choose_taking(current_actor().required_subject(), takes=request.POST.get("takes") == "yes")
    return redirect("forest:friends")


@login_required
@require_GET
def friend(request: HttpRequest, friend_id: UUID) -> HttpResponse:
    """A friend's forest."""
    return _friend(request, friend_id)


@login_required
@require_POST
def give(request: HttpRequest, friend_id: UUID, tree_id: UUID) -> HttpResponse:
    """Water a friend's tree."""
    person, form = current_actor().required_subject(), GiveForm(request.POST)
    if not form.is_valid():
        return _friend(request, friend_id, thirsty=tree_id, problem=_("Give a whole number of grams, 1 or more."))
    try:
        giving.water_friends_tree(person, form.cleaned_data["gift_id"], tree_id, friend_id, form.cleaned_data["grams"])
    except Refusal as refusal:
        return _friend(request, friend_id, thirsty=tree_id, problem=str(refusal.message), refusal=refusal)
    messages.success(request, _("The tree has drunk. Your friend is told."))
    return redirect("forest:friend", friend_id)


@login_required
@require_POST
def take(request: HttpRequest, friend_id: UUID) -> HttpResponse:
    """Take a little of what a friend left too long."""
    try:
        grams = taking.take(current_actor().required_subject(), friend_id)
    except Refusal as refusal:
        messages.info(request, str(refusal.message))
    else:
        messages.success(request, _("You took %(grams)s g.") % {"grams": number(grams)})
    return redirect("forest:friend", friend_id)


@login_required
@require_http_methods(["GET", "POST"])
def groups_page(request: HttpRequest) -> HttpResponse:
    """The groups one has joined; a POST joins one by its code, or founds one."""
    person = current_actor().required_subject()
    founding = "name" in request.POST
    join, found = JoinForm(None if founding else request.POST or None), FoundForm(request.POST if founding else None)
    form = found if founding else join
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            if founding:
                group_id = groups.found(person, given["group_id"], given["kind"], given["name"])
            else:
                group_id = groups.join(person, given["code"])
            return redirect("forest:group", group_id)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
    found.fields["group_id"].initial = uuid7()
    context = {"groups": together.groups(person), "join": join, "found": found}
    return render(request, "forest/groups.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def group(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """A group's trees and its board."""
    return _group(request, group_id)


@login_required
@require_POST
def group_change(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Stand on the board or not, leave, or begin a tree."""
    person, what = current_actor().required_subject(), request.POST.get("what")
    if what == "leave":
        groups.leave(person, group_id)
        return redirect("forest:groups")
    if what == "sow":
        form = SowForm(request.POST)
        if not form.is_valid():
            return _group(request, group_id, problem=_("Choose a tree from the list."))
        try:
            giving.sow_for_group(person, form.cleaned_data["tree_id"], group_id, form.cleaned_data["species"])
        except Refusal as refusal:
            return _group(request, group_id, problem=str(refusal.message), refusal=refusal)
    else:
        groups.show(person, group_id, shown=what == "show")
    return redirect("forest:group", group_id)


@login_required
@require_POST
def group_give(request: HttpRequest, group_id: UUID, tree_id: UUID) -> HttpResponse:
    """Water a group's tree."""
    person, form = current_actor().required_subject(), GiveForm(request.POST)
    if not form.is_valid():
        return _group(request, group_id, thirsty=tree_id, problem=_("Give a whole number of grams, 1 or more."))
    try:
        grown = giving.water_groups_tree(person, form.cleaned_data["gift_id"], tree_id, form.cleaned_data["grams"])
    except Refusal as refusal:
        return _group(request, group_id, thirsty=tree_id, problem=str(refusal.message), refusal=refusal)
    messages.success(request, _("The group's tree is full-grown!") if grown else _("The group's tree has drunk."))
    return redirect("forest:group", group_id)


def _friend(
    request: HttpRequest,
    friend_id: UUID,
    *,
    thirsty: UUID | None = None,
    problem: str = "",
    refusal: Refusal | None = None,
) -> HttpResponse:
    person = current_actor().required_subject()
    theirs = together.friends_forest(person, friend_id)
    context = {
        "friend": theirs,
        "growing": [tree for tree in theirs.trees if tree.grown_at is None],
        "grown": sum(tree.grown_at is not None for tree in theirs.trees),
        "drawing": drawing(theirs.trees),
        "giveable": giving.giveable_grams(person),
        "gift_id": uuid7(),
        "thirsty": thirsty,
        "problem": problem,
    }
    return _answer(request, "forest/friend.html", context, problem, refusal)


def _group(
    request: HttpRequest,
    group_id: UUID,
    *,
    thirsty: UUID | None = None,
    problem: str = "",
    refusal: Refusal | None = None,
) -> HttpResponse:
    person = current_actor().required_subject()
    found = together.group(person, group_id)
    growing = [tree for tree in found.trees if tree.grown_at is None]
    context = {
        "group": found,
        "growing": growing,
        "grown": len(found.trees) - len(growing),
        "drawing": drawing(found.trees),
        "giveable": giving.giveable_grams(person),
        "gift_id": uuid7(),
        "tree_id": uuid7(),
        "species": SPECIES,
        "thirsty": thirsty,
        "problem": problem,
    }
    return _answer(request, "forest/group.html", context, problem, refusal)


def _answer(
    request: HttpRequest, template: str, context: dict[str, object], problem: str, refusal: Refusal | None
) -> HttpResponse:
    answer = render(request, template, context, status=refusal.status if refusal else 422 if problem else 200)
    setattr(answer, "recorded", refusal is not None and refusal.recorded)
    return answer


urlpatterns = [
    path("friends", friends_page, name="friends"),
    path("friends/play", play, name="play"),
    path("friends/<uuid:friendship_id>/answer", answer, name="answer"),
    path("friend/<uuid:friend_id>", friend, name="friend"),
    path("friend/<uuid:friend_id>/trees/<uuid:tree_id>/water", give, name="give"),
    path("friend/<uuid:friend_id>/take", take, name="take"),
    path("groups", groups_page, name="groups"),
    path("groups/<uuid:group_id>", group, name="group"),
    path("groups/<uuid:group_id>/change", group_change, name="group-change"),
    path("groups/<uuid:group_id>/trees/<uuid:tree_id>/water", group_give, name="group-give"),
]
