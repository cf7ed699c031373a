"""What people fill in on Forest's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bocage.services.forest import limits
from bocage.services.forest.species import SPECIES
from bocage.services.forest.weighing import countries

ACCEPTED_FILES = ".csv,.txt,.sta,.mt940,.940,.ofx,.qfx,.qif,.xml,.zip,.gz"


class StatementForm(forms.Form):
    """A bank's file, and the country it is from where the file does not say."""

    file = forms.FileField(
        label=_("Statement"),
        help_text=_("MT940, CAMT.053, OFX, QIF or your bank's CSV; at most 10 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED_FILES}),
    )
    country = forms.ChoiceField(
        label=_("Country of the account"),
        required=False,
        help_text=_("Prices and electricity differ from country to country."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("As the file says")), *countries()]  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > limits.UPLOAD_BYTES_MAX:
            raise forms.ValidationError(
                _("This file has %(size)s MB; at most %(most)s MB are read. Export a shorter period."),
                params={"size": file.size // 1_000_000, "most": limits.UPLOAD_BYTES_MAX // 1_000_000},
                code="too_large",
            )
        return file


class SowForm(forms.Form):
    """Which tree to begin, under an id that makes a doubled click one tree."""

    tree_id = forms.UUIDField(widget=forms.HiddenInput)
    species = forms.ChoiceField(label=_("Tree"), choices=[(each.slug, each.title) for each in SPECIES])


class WaterForm(forms.Form):
    """How many grams a tree gets, under an id that makes a doubled click one watering."""

    watering_id = forms.UUIDField(widget=forms.HiddenInput)
    grams = forms.IntegerField(label=_("Grams"), min_value=1, max_value=10_000_000)
