"""The forms of Parcel's pages."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from bocage.kernel.errors import Refusal
from bocage.services.parcel import limits
from bocage.services.parcel.types import Address

GRAMS = 1_000


class ParcelForm(forms.Form):
    """What goes where."""

    receiver_name = forms.CharField(label=_("Who gets it"), max_length=limits.NAME_CHARACTERS_MAX)
    to = forms.CharField(
        label=_("Name here, if they have one"),
        required=False,
        max_length=31,
        help_text=_("Such as @ana: they follow it and get its code. Without one you pass on a link and the code."),
    )
    receiver_street = forms.CharField(label=_("Street and number"), max_length=limits.STREET_CHARACTERS_MAX)
    receiver_postcode = forms.CharField(label=_("Postcode"), max_length=limits.POSTCODE_CHARACTERS_MAX)
    receiver_city = forms.CharField(label=_("Town"), max_length=limits.CITY_CHARACTERS_MAX)
    note = forms.CharField(label=_("A note for the courier"), required=False, max_length=limits.NOTE_CHARACTERS_MAX)
    weight = forms.DecimalField(
        label=_("Weight in kilograms"),
        min_value=Decimal("0.01"),
        max_value=Decimal(limits.WEIGHT_GRAMS_MAX // GRAMS),
        decimal_places=3,
        localize=True,
    )
    sender_name = forms.CharField(label=_("Your name"), max_length=limits.NAME_CHARACTERS_MAX)
    sender_street = forms.CharField(label=_("Street and number"), max_length=limits.STREET_CHARACTERS_MAX)
    sender_postcode = forms.CharField(label=_("Postcode"), max_length=limits.POSTCODE_CHARACTERS_MAX)
    sender_city = forms.CharField(label=_("Town"), max_length=limits.CITY_CHARACTERS_MAX)

    def address(self, side: str) -> Address:
        """The cleaned address of "sender" or "receiver"."""
        name, street, postcode, city = (
            self.cleaned_data[f"{side}_{each}"] for each in ("name", "street", "postcode", "city")
        )
        return Address(name, street, postcode, city)

    def grams(self) -> int:
        """The cleaned weight."""
        return int(self.cleaned_data["weight"] * GRAMS)

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal at its field, or above the form when it is about none of them."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal.message))
