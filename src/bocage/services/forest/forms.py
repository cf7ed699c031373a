"""What people fill in on Forest's pages."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from bocage.services.forest import limits
from bocage.services.forest.company_columns import FUEL, METER, PAYMENTS
from bocage.services.forest.engine_words import class_title, countries
from bocage.services.forest.species import SPECIES
from bocage.services.forest.types import Choices, SharedView
from bocage.services.forest.weighing import correctable, notable

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

    shared_id = forms.TypedChoiceField(label=_("Whose account it is"), coerce=UUID, empty_value=None, required=False)

    def __init__(self, shared: Sequence[SharedView], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("As the file says")), *countries()]  # type: ignore[attr-defined]
        if not shared:
            del self.fields["shared_id"]
            return
        named = [(each.id, _("%(name)s, with %(other)s: %(percent)s %% mine") % _values(each)) for each in shared]
        self.fields["shared_id"].choices = [("", _("Mine alone")), *named]  # type: ignore[attr-defined]


def _values(shared: SharedView) -> dict[str, object]:
    return {"name": shared.name, "other": shared.other_name, "percent": shared.percent}


class ColumnsForm(forms.Form):
    """Which column of a CSV holds what."""

    date = forms.TypedChoiceField(label=_("Date"), coerce=int)
    amount = forms.TypedChoiceField(
        label=_("Amount"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("One column with minus signs. Leave it empty where money out and in stand apart."),
    )
    debit = forms.TypedChoiceField(label=_("Money out"), coerce=int, empty_value=None, required=False)
    credit = forms.TypedChoiceField(label=_("Money in"), coerce=int, empty_value=None, required=False)
    text = forms.TypedChoiceField(label=_("Text: who was paid"), coerce=int, empty_value=None, required=False)
    currency = forms.TypedChoiceField(label=_("Currency"), coerce=int, empty_value=None, required=False)
    spent_is_positive = forms.BooleanField(
        label=_("Amounts without a sign are money out"), required=False, help_text=_("As on a card's statement.")
    )

    def __init__(self, choices: Choices, *args: Any, **kwargs: Any) -> None:
        guess = choices.guess
        kwargs.setdefault("initial", asdict(guess) if guess else {})
        super().__init__(*args, **kwargs)
        named = [(str(at), f"{at + 1} · {name}" if name else str(at + 1)) for at, name in enumerate(choices.columns)]
        for name, field in self.fields.items():
            if isinstance(field, forms.TypedChoiceField):
                field.choices = named if name == "date" and guess else [("", "\N{EM DASH}"), *named]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and (missing := self.lacking(cleaned)):
            self.add_error(*missing)
        return cleaned

    def lacking(self, cleaned: dict[str, Any]) -> tuple[str, str] | None:
        """The field that is still to be said, and how to say it."""
        if all(cleaned.get(name) is None for name in ("amount", "debit", "credit")):
            return "amount", str(_("Choose the column of the amount, or those of money out and money in."))
        return None


class CategoryForm(forms.Form):
    """What a merchant sells; nothing takes the person's word back."""

    category = forms.ChoiceField(label=_("It was"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = sorted(((name, class_title(name)) for name in correctable()), key=lambda pair: pair[1])
        self.fields["category"].choices = [("", _("As Forest reads it")), *titles]  # type: ignore[attr-defined]


class SharedAccountForm(forms.Form):
    """An account that is shared with a friend, under an id that makes a doubled click one question."""

    shared_id = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name of the account"),
        max_length=limits.SHARED_NAME_CHARACTERS_MAX,
        help_text=_("Such as “our household”. Your friend reads it."),
    )
    other_id = forms.TypedChoiceField(label=_("Shared with"), coerce=UUID)
    percent = forms.IntegerField(
        label=_("Your share, %"), min_value=1, max_value=99, help_text=_("The rest is your friend's.")
    )

    def __init__(self, friends: Sequence[tuple[UUID, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["other_id"].choices = friends  # type: ignore[attr-defined]


class NoteForm(forms.Form):
    """What was paid in cash, under an id that makes a doubled click one line."""

    line_id = forms.UUIDField(widget=forms.HiddenInput)
    booked_on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    amount = forms.DecimalField(
        label=_("What it cost"),
        min_value=Decimal("0.01"),
        max_value=limits.NOTED_MINOR_MAX // 100,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )
    category = forms.ChoiceField(label=_("What it was"))
    text = forms.CharField(
        label=_("Where, or what exactly"), max_length=limits.NOTED_TEXT_CHARACTERS_MAX, required=False
    )
    country = forms.ChoiceField(label=_("Country"), help_text=_("The amount is in its currency."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = sorted(((name, class_title(name)) for name in notable()), key=lambda pair: pair[1])
        self.fields["category"].choices = [("", "\N{EM DASH}"), *titles]  # type: ignore[attr-defined]
        self.fields["country"].choices = countries()  # type: ignore[attr-defined]


class SowForm(forms.Form):
    """Which tree to begin, under an id that makes a doubled click one tree."""

    tree_id = forms.UUIDField(widget=forms.HiddenInput)
    species = forms.ChoiceField(label=_("Tree"), choices=[(each.slug, each.title) for each in SPECIES])


class WaterForm(forms.Form):
    """How many grams a tree gets, under an id that makes a doubled click one watering."""

    watering_id = forms.UUIDField(widget=forms.HiddenInput)
    grams = forms.IntegerField(label=_("Grams"), min_value=1, max_value=10_000_000)


class AskForm(forms.Form):
    """Whom to ask to be friends."""

    handle = forms.CharField(
        label=_("Your friend's name after the @"),
        max_length=40,
        help_text=_("Who asks agrees that the other sees her trees, never her spending."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "placeholder": "@weilin"}),
    )


class JoinForm(forms.Form):
    """The code of a group to join."""

    code = forms.CharField(
        label=_("Code of the group"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
    )


class FoundForm(forms.Form):
    """A new group, under an id that makes a doubled click one group."""

    group_id = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name of the group"), max_length=60)
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[
            ("street", _("Street")),
            ("school", _("School")),
            ("company", _("Company")),
            ("club", _("Club")),
            ("friends", _("Friends")),
        ],
    )


class GiveForm(forms.Form):
    """How many grams another's tree gets, under an id that makes a doubled click one gift."""

    gift_id = forms.UUIDField(widget=forms.HiddenInput)
    grams = forms.IntegerField(label=_("Grams"), min_value=1, max_value=10_000_000)


class CampaignForm(forms.Form):
    """What a partner undertakes to plant."""

    campaign_id = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name of the campaign"), max_length=60)
    species = forms.CharField(label=_("Kind of tree"), max_length=60)
    trees = forms.IntegerField(label=_("How many trees"), min_value=1, max_value=100_000)
    price_grams = forms.IntegerField(label=_("Grams for one tree"), min_value=1_000, max_value=1_000_000)
    cost = forms.DecimalField(
        label=_("What one tree costs you"),
        required=False,
        min_value=0,
        max_value=10_000,
        decimal_places=2,
        help_text=_("With planting and care; people see it beside the grams. Empty if you would rather not say."),
    )
    survival_percent = forms.IntegerField(
        label=_("Of a hundred, how many stand after three years"), min_value=1, max_value=100
    )
    latitude = forms.DecimalField(label=_("Latitude"), min_value=-90, max_value=90, max_digits=8, decimal_places=5)
    longitude = forms.DecimalField(label=_("Longitude"), min_value=-180, max_value=180, max_digits=8, decimal_places=5)


class ReportForm(forms.Form):
    """What was seen of a tree, where, and a photo of it."""

    audit_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.ChoiceField(
        label=_("What you saw"),
        choices=[
            ("planted", _("Planted")),
            ("alive", _("Seen alive")),
            ("dead", _("Found dead")),
            ("replanted", _("Planted anew")),
        ],
    )
    latitude = forms.DecimalField(label=_("Latitude"), min_value=-90, max_value=90, max_digits=8, decimal_places=5)
    longitude = forms.DecimalField(label=_("Longitude"), min_value=-180, max_value=180, max_digits=8, decimal_places=5)
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"}),
    )


class CompanyFileForm(forms.Form):
    """A file of a company's accounts, under an id that makes a doubled click one file."""

    file_id = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("File"),
        help_text=_("FEC, invoice (Factur-X, UBL), fuel card or meters as CSV, bank statement; at most 10 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED_FILES + ",.pdf"}),
    )


class CompanyColumnsForm(ColumnsForm):
    """What a company's table is, and which of its columns holds what."""

    kind = forms.ChoiceField(
        label=_("What the table is"),
        choices=[(PAYMENTS, _("Purchases or payments")), (FUEL, _("Fuel card")), (METER, _("Meter"))],
    )
    quantity = forms.TypedChoiceField(
        label=_("Quantity"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Of a fuel card the litres, of a meter what was used."),
    )
    energy = forms.ChoiceField(
        label=_("What the meter counts"),
        required=False,
        choices=[
            ("", "\N{EM DASH}"),
            ("electricity", _("electricity")),
            ("gas", _("natural gas")),
            ("heating_oil", _("heating oil")),
            ("district_heat", _("district heat")),
            ("propane", _("propane")),
            ("water", _("water")),
        ],
    )
    unit = forms.ChoiceField(
        label=_("Counted in"),
        required=False,
        choices=[("", "\N{EM DASH}"), ("kWh", "kWh"), ("MWh", "MWh"), ("m3", "m³"), ("L", "L"), ("kg", "kg")],
    )
    field_order = ("kind", "date", "text", "amount", "debit", "credit", "quantity", "energy", "unit", "currency")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Text: supplier, product or meter")

    def lacking(self, cleaned: dict[str, Any]) -> tuple[str, str] | None:
        """Payments need an amount, a fuel card product and litres, a meter what it counts."""
        if cleaned.get("kind") == FUEL and (cleaned.get("text") is None or cleaned.get("quantity") is None):
            return "quantity", str(_("Choose the columns of the product and of the litres."))
        if cleaned.get("kind") == METER:
            if cleaned.get("quantity") is None:
                return "quantity", str(_("Choose the column of what was used."))
            return None if cleaned.get("energy") else ("energy", str(_("Say what the meter counts.")))
        return super().lacking(cleaned) if cleaned.get("kind") == PAYMENTS else None


class CompanyYearForm(forms.Form):
    """What no file says of a year."""

    revenue = forms.DecimalField(label=_("Net revenue"), required=False, min_value=0, max_digits=15, decimal_places=2)
    contract_kg_a_kwh = forms.DecimalField(
        label=_("Contract of electricity: kg CO₂e a kWh"),
        required=False,
        min_value=0,
        max_value=3,
        max_digits=6,
        decimal_places=4,
        help_text=_("0 with guarantees of origin. Empty without a contract of your own."),
    )
    contract_percent = forms.IntegerField(
        label=_("Share of the electricity, %"), min_value=0, max_value=100, initial=100
    )
    first_month = forms.TypedChoiceField(
        label=_("Our years begin in"),
        coerce=int,
        choices=list(MONTHS.items()),
        required=False,
        help_text=_("All years of the company are worked out anew when it changes."),
    )
