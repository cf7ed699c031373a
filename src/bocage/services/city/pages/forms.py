"""What people fill in on City's pages."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bocage.engines.alerts import amended, said
from bocage.services.city import limits, words
from bocage.services.city.queries.rules import RuleView, Threshold

HANDLE_CHARACTERS_MAX = 64


def _choices(titles: dict[str, words.Text], anything: str | words.Text = "") -> list[tuple[str, words.Text]]:
    return [*([("", anything)] if anything else []), *titles.items()]


class FilterForm(forms.Form):
    """What of the inbox is shown."""

    desk = forms.ChoiceField(label=_("Desk"), choices=_choices(words.DESKS, _("All desks")), required=False)
    severity = forms.ChoiceField(
        label=pgettext_lazy("city", "How soon"),
        choices=_choices(words.SEVERITIES, pgettext_lazy("city", "All")),
        required=False,
    )
    text = forms.CharField(label=_("Kind, road or sensor"), max_length=80, required=False)


class HandOverForm(forms.Form):
    """To whom, and what she must know."""

    handle = forms.CharField(
        label=_("To whom"),
        max_length=HANDLE_CHARACTERS_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "@…"}),
    )
    note = forms.CharField(
        label=_("What she or he must know"),
        max_length=limits.NOTE_CHARACTERS_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CloseForm(forms.Form):
    """Why an alert is closed; how often a kind is right follows from it."""

    verdict = forms.ChoiceField(label=_("Why"), choices=_choices(words.VERDICTS), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Note"),
        max_length=limits.NOTE_CHARACTERS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SenderForm(forms.Form):
    """An organisation that may send."""

    handle = forms.CharField(
        label=_("Handle of the organisation"),
        max_length=HANDLE_CHARACTERS_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "@…"}),
    )


class RuleForm(forms.Form):
    """A kind's thresholds, durations and words; the numbers come from the rule itself."""

    for_seconds = forms.FloatField(label=_("It must last, seconds"), min_value=0, max_value=604_800)
    clear_seconds = forms.FloatField(label=_("It is over after, seconds"), min_value=0, max_value=604_800)
    dedup_seconds = forms.FloatField(label=_("Again within these seconds is the same"), min_value=0, max_value=604_800)
    severity = forms.ChoiceField(label=_("How soon somebody must look"), choices=_choices(words.SEVERITIES))
    says_en = forms.CharField(
        label=_("In plain words, in English"), max_length=600, widget=forms.Textarea(attrs={"rows": 3, "lang": "en"})
    )
    says_fr = forms.CharField(
        label=_("In plain words, in French"), max_length=600, widget=forms.Textarea(attrs={"rows": 3, "lang": "fr"})
    )
    day = forms.ChoiceField(label=_("Try it on the records of"))

    def __init__(self, view: RuleView, days: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        self.view = view
        rule = view.rule
        kwargs["initial"] = {
            "for_seconds": f"{rule.for_seconds:g}",
            "clear_seconds": f"{rule.clear_seconds:g}",
            "dedup_seconds": f"{rule.dedup_seconds:g}",
            "severity": str(rule.severity),
            "says_en": rule.says["en"],
            "says_fr": rule.says["fr"],
        } | {f"{each.list_name}_{each.place}": f"{each.limit:g}" for each in view.thresholds}
        super().__init__(*args, **kwargs)
        own = {
            f"{each.list_name}_{each.place}": forms.FloatField(label=label_of(each), min_value=-1e9, max_value=1e9)
            for each in view.thresholds
        }
        self.fields = own | self.fields
        self.fields["day"].choices = list(days)  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """What differs from the shipped rule, as a file would say it."""
        given, now = self.cleaned_data, said(self.view.rule)
        wanted = {name: given[name] for name in ("for_seconds", "clear_seconds", "dedup_seconds", "severity")}
        wanted["says"] = {"en": given["says_en"], "fr": given["says_fr"]}
        for list_name in ("when", "clear"):
            wanted[list_name] = list(now[list_name])
        for each in self.view.thresholds:
            limit = given[f"{each.list_name}_{each.place}"]
            comparison = getattr(self.view.rule, each.list_name)[each.place]
            wanted[each.list_name][each.place] = f"{comparison.field} {comparison.operator} {limit!r}"
        shipped = said(self.view.shipped)
        canonical = said(amended(self.view.shipped, wanted))
        return {name: wanted[name] for name in wanted if canonical[name] != shipped[name]}


class ReasonForm(forms.Form):
    """Why, for the second person."""

    reason = forms.CharField(label=_("Why"), min_length=10, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


def label_of(each: Threshold) -> str:
    """How a threshold is asked for: when it is raised, or what ends it."""
    text = _("Ends when %(what)s is %(how)s") if each.list_name == "clear" else _("Raised when %(what)s is %(how)s")
    unit = f" ({each.unit})" if each.unit else ""
    return str(text) % {"what": each.label, "how": words.COMPARED[each.operator]} + unit


class ReportForm(forms.Form):
    """What is wrong, and where; `x_m` and `y_m` come from a tap on the map."""

    report_id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("What is it?"), choices=_choices(words.REPORTS), widget=forms.RadioSelect)
    street = forms.ChoiceField(label=_("Street"), required=False)
    x_m = forms.FloatField(required=False, widget=forms.HiddenInput, min_value=-1e6, max_value=1e6)
    y_m = forms.FloatField(required=False, widget=forms.HiddenInput, min_value=-1e6, max_value=1e6)
    words = forms.CharField(
        label=_("In your words"),
        max_length=limits.WORDS_CHARACTERS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever repairs it reads this. Write nothing about other people."),
    )
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("Where and when it was taken is removed from it. Show no faces and no number plates."),
    )
    agreed = forms.BooleanField(
        label=_("The town's operators may read my reports and answer them. I can take that back under Me.")
    )

    def __init__(self, streets: Sequence[str], agreed: bool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if streets:
            names = [("", _("Choose a street")), *((name, name) for name in streets)]
            self.fields["street"].choices = names  # type: ignore[attr-defined]
        else:
            self.fields["street"] = forms.CharField(label=_("Street"), max_length=limits.STREET_CHARACTERS_MAX)
        if agreed:
            del self.fields["agreed"]


class AnswerForm(forms.Form):
    """What becomes of a report, and the words that its citizen reads."""

    state = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=[(name, title) for name, title in words.REPORT_STATES.items() if name != "new"],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("Your answer, which the person reads"),
        max_length=limits.WORDS_CHARACTERS_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WhatIfForm(forms.Form):
    """A question to the twin."""

    question_id = forms.UUIDField(widget=forms.HiddenInput)
    change = forms.ChoiceField(label=pgettext_lazy("city", "What changes"), choices=_choices(words.CHANGES))
    street = forms.ChoiceField(label=_("Street"), required=False)
    hour = forms.IntegerField(
        label=pgettext_lazy("city", "From which hour of the day"), min_value=0, max_value=23, initial=8
    )
    seeds = forms.IntegerField(
        label=pgettext_lazy("city", "How often it is played"),
        min_value=limits.SEEDS_MIN,
        max_value=limits.SEEDS_MAX,
        initial=5,
    )

    def __init__(self, streets: Sequence[str], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["street"].choices = [(each, each) for each in ("", *streets)]  # type: ignore[attr-defined]


class WorksForm(forms.Form):
    """Works to come."""

    works_id = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("What is done"), max_length=limits.TITLE_CHARACTERS_MAX)
    street = forms.ChoiceField(label=_("Street"))
    closes = forms.ChoiceField(label=_("What they close"), choices=_choices(words.CLOSES))
    begins = forms.DateTimeField(
        label=pgettext_lazy("city", "From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    until = forms.DateTimeField(label=_("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    words = forms.CharField(
        label=_("What people should know"),
        max_length=limits.WORDS_CHARACTERS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, streets: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if streets:
            self.fields["street"].choices = [(name, name) for name in streets]  # type: ignore[attr-defined]
        else:
            self.fields["street"] = forms.CharField(label=_("Street"), max_length=limits.STREET_CHARACTERS_MAX)
