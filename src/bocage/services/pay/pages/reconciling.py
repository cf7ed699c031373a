"""The operator's view of bank and ledger side by side: take in statements, see what is open, decide by hand."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods

from bocage.kernel.errors import Refusal
from bocage.services.pay import inputs, limits, words
from bocage.services.pay.actions import reconciling as actions
from bocage.services.pay.pages.forms import Form
from bocage.services.pay.queries import reconciling as queries
from bocage.services.pay.types import MATCHED_FINDINGS, OPEN_FINDINGS, LineFinding, ReconciledLine
from bocage.shell.asking import UNPROCESSABLE, operator_page

VIEWS = {
    "open": (pgettext_lazy("lines of the bank", "To look at"), OPEN_FINDINGS),
    "matched": (pgettext_lazy("lines of the bank", "Matched"), MATCHED_FINDINGS),
    "aside": (pgettext_lazy("lines of the bank", "Set aside"), (LineFinding.EXPLAINED,)),
    "missing": (pgettext_lazy("lines of the bank", "In the ledger alone"), ()),
}


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files in one field; cleans to a list."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        # Nothing chosen is an empty list, which the field itself is asked to refuse.
        given = (data if isinstance(data, (list, tuple)) else [data]) or [None]
        if len(given) > limits.RECONCILED_FILES_MAX:
            raise forms.ValidationError(
                _("Give at most %(most)d files.") % {"most": limits.RECONCILED_FILES_MAX}, code="too_many"
            )
        found = [super(_FilesField, self).clean(each, initial) for each in given]
        for each in found:
            if each is not None and each.size > limits.BANK_FILE_BYTES_MAX:
                raise forms.ValidationError(_("%(name)s is too large.") % {"name": each.name}, code="too_large")
        return found


class StatementsForm(Form):
    statements = _FilesField(
        label=gettext_lazy("Statements of the bank"),
        help_text=gettext_lazy("camt.053 or camt.054, several at once. The same line is taken once."),
        widget=_Files(attrs={"multiple": True, "accept": ".xml,.sta,.mt940,.txt,.zip"}),
    )


class DecideForm(Form):
    reason = forms.CharField(
        label=gettext_lazy("How you know"), max_length=limits.REASON_CHARACTERS_MAX, help_text=gettext_lazy("Kept.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def reconciliation(request: HttpRequest, _operator_id: UUID) -> HttpResponse:
    """What bank and ledger have of each other, and the door for more statements."""
    form = StatementsForm(request.POST, request.FILES) if request.method == "POST" else StatementsForm()
    if request.method == "POST":
        if form.is_valid():
            try:
                given = [(each.name or "statement", each.read()) for each in form.cleaned_data["statements"]]
                taken = actions.take_statements(given, limits.RECONCILE_WINDOW_DAYS_DEFAULT)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                new = sum(each.new for each in taken)
                known = sum(each.lines for each in taken) - new
                said = ngettext("%(new)d new line.", "%(new)d new lines.", new) % {"new": new}
                again = ngettext("%(count)d was known.", "%(count)d were known.", known) % {"count": known}
                messages.success(request, f"{said} {again}" if known else said)
                for note in (note for each in taken for note in each.notes[:3]):
                    messages.warning(request, note)
                return redirect("pay:reconciliation")
        return render(request, "pay/console_reconciliation.html", _context(request, form), status=UNPROCESSABLE)
    return render(request, "pay/console_reconciliation.html", _context(request, form))


def _context(request: HttpRequest, form: StatementsForm) -> dict[str, Any]:
    shown = request.GET.get("show", "open")
    if shown not in VIEWS:
        raise Refusal("bad_filter", _("Choose one of the filters shown."), field="show", status=400)
    before = request.GET.get("before")
    found = queries.reconciliation()
    counts = {
        name: sum(found.counts.get(each, 0) for each in findings) for name, (_title, findings) in VIEWS.items()
    } | {"missing": found.missing_count}
    context: dict[str, Any] = {
        "form": form,
        "found": found,
        "show": shown,
        "counts": counts,
        "tabs": [(name, title, counts[name], name == shown) for name, (title, _findings) in VIEWS.items()],
    }
    if shown != "missing":
        page = queries.lines_of(VIEWS[shown][1], inputs.identifier(before, "before") if before else None)
        context["lines"] = [_shown(each) for each in page.rows]
        context["next_url"] = f"?show={shown}&before={page.next_id}" if page.next_id else ""
    return context


def _shown(line: ReconciledLine) -> dict[str, Any]:
    title, state, icon = words.LINE_FINDINGS[line.finding]
    return {"line": line, "title": title, "state": state, "icon": icon}


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def line(request: HttpRequest, operator_id: UUID, line_id: UUID) -> HttpResponse:
    """One line of the bank's, what it could be in the ledger, and the decision."""
    found = queries.line(line_id)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            said = _decide(request, line_id, operator_id, form.cleaned_data["reason"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, said)
            return redirect("pay:reconciliation")
    is_open = found.finding in OPEN_FINDINGS
    context = {
        **_shown(found),
        "form": form,
        "is_open": is_open,
        "says": words.LINE_FINDING_SAYS[found.finding],
        "choices": queries.choices(found) if is_open else (),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "pay/console_statement_line.html", context, status=status)


def _decide(request: HttpRequest, line_id: UUID, operator_id: UUID, reason: str) -> str:
    match request.POST.get("do", ""):
        case "match":
            movement_id = inputs.identifier(request.POST.get("movement_id", ""), "movement_id")
            actions.match_by_hand(line_id, movement_id, operator_id, reason)
            return _("Matched. Your reason is kept.")
        case "aside":
            actions.set_aside(line_id, operator_id, reason)
            return _("Set aside. Your reason is kept.")
        case "open":
            actions.open_again(line_id, operator_id, reason)
            return _("Open again. It waits for somebody to decide.")
        case _other:
            raise Refusal("bad_decision", _("Match it, set it aside, or open it again."), field="do", status=400)
