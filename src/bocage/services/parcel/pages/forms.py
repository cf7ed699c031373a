"""The forms of Parcel's pages."""

from decimal import Decimal

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bocage.kernel.errors import Refusal
from bocage.services.parcel import limits
from bocage.services.parcel.types import Address, Size
from bocage.shell.templatetags.shell import exponent_of

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
    needs_identity = forms.BooleanField(
        label=_("Medicine, or else only for the receiver: the courier looks at a document"), required=False
    )
    is_cool = forms.BooleanField(label=_("Keep it cool, at 2 to 8 °C"), required=False)
    on_delivery = forms.DecimalField(
        label=_("To be paid to you at the door"),
        required=False,
        min_value=Decimal(0),
        decimal_places=2,
        max_digits=8,
        localize=True,
        help_text=_("The receiver pays from the wallet before the door opens; it is yours with the delivery."),
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

    def on_delivery_minor(self) -> int:
        """The cleaned amount, in minor units."""
        return int((self.cleaned_data["on_delivery"] or 0) * 10 ** exponent_of(settings.TOWN["currency"]))

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal at its field, or above the form when it is about none of them."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal.message))


class LockerForm(forms.Form):
    """A locker: where it stands, and how many compartments it has. `key` makes it once, however often it is sent."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name of the locker"), max_length=limits.NAME_CHARACTERS_MAX)
    street = forms.CharField(label=_("Street and number"), max_length=limits.STREET_CHARACTERS_MAX)
    postcode = forms.CharField(label=_("Postcode"), max_length=limits.POSTCODE_CHARACTERS_MAX)
    city = forms.CharField(label=_("Town"), max_length=limits.CITY_CHARACTERS_MAX)
    small = forms.IntegerField(
        label=_("Small compartments (to 2 kg)"), min_value=0, max_value=limits.COMPARTMENTS_OF_A_SIZE_MAX, initial=12
    )
    medium = forms.IntegerField(
        label=_("Medium compartments (to 8 kg)"), min_value=0, max_value=limits.COMPARTMENTS_OF_A_SIZE_MAX, initial=8
    )
    large = forms.IntegerField(
        label=_("Large compartments (to 30 kg)"), min_value=0, max_value=limits.COMPARTMENTS_OF_A_SIZE_MAX, initial=4
    )

    def where(self) -> Address:
        """The cleaned name and address."""
        given = self.cleaned_data
        return Address(given["name"], given["street"], given["postcode"], given["city"])

    def counts(self) -> dict[Size, int]:
        """The cleaned counts by size."""
        return {size: self.cleaned_data[size.name.lower()] for size in Size}

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal at its field, or above the form when it is about none of them."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal.message))
