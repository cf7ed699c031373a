"""The forms of Pay's pages. What they cannot know (balances, names, limits) the actions refuse, and the page says."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bocage.kernel.errors import Refusal
from bocage.kernel.payments.types import DisputeState
from bocage.services.pay import inputs, limits, words
from bocage.shell.templatetags.shell import exponent_of

AMOUNT_CHARACTERS_MAX = 16
HANDLE_CHARACTERS_MAX = 40


class AmountField(forms.CharField):
    """An amount of the town's currency as people type it; cleans to minor units."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_length=AMOUNT_CHARACTERS_MAX, label=given.pop("label", _("Amount")), **given)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return inputs.amount(text, exponent_of(settings.TOWN["currency"]))
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal.message), code=refusal.code) from None


class Form(forms.Form):
    """A form that can say what an action refused."""

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal at its field, or above the form when it is about none of them."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal.message))


class SendForm(Form):
    to = forms.CharField(
        label=_("To"), max_length=HANDLE_CHARACTERS_MAX, help_text=_("A name such as @wei, of a person or a shop.")
    )
    amount = AmountField()
    memo = forms.CharField(label=_("What for"), required=False, max_length=limits.MEMO_CHARACTERS_MAX)


class AskForm(Form):
    to = forms.CharField(label=_("Whom"), max_length=HANDLE_CHARACTERS_MAX, help_text=_("A name such as @wei."))
    amount = AmountField()
    memo = forms.CharField(label=_("What for"), required=False, max_length=limits.MEMO_CHARACTERS_MAX)


class AmountForm(Form):
    """Paying a code that has no amount of its own."""

    amount = AmountField()
    memo = forms.CharField(label=_("Note"), required=False, max_length=limits.MEMO_CHARACTERS_MAX)


class ReceiveForm(Form):
    amount = AmountField(required=False)


class SplitForm(Form):
    """A bill: `people` holds a handle a line, with an amount after it where the parts are not equal."""

    title = forms.CharField(label=_("What was it"), max_length=limits.MEMO_CHARACTERS_MAX)
    amount = AmountField(label=_("The whole bill"))
    people = forms.CharField(
        label=_("Who else was there"),
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "off", "spellcheck": "false"}),
        max_length=limits.SPLIT_PEOPLE_MAX * (HANDLE_CHARACTERS_MAX + AMOUNT_CHARACTERS_MAX),
        help_text=_("One a line, such as @wei. For unequal parts add what each owes: @wei 12.50"),
    )
    owner_shares = forms.BooleanField(label=_("I was there too"), required=False, initial=True)


class RefundAskForm(Form):
    amount = AmountField()
    reason = forms.CharField(label=_("Why"), max_length=limits.REASON_CHARACTERS_MAX)


class ComplaintForm(Form):
    amount = AmountField()
    reason = forms.ChoiceField(
        label=_("What is wrong"), choices=[(reason.value, said) for reason, said in words.COMPLAINT_REASONS.items()]
    )


class DecisionForm(Form):
    """An operator's proposal how a complaint ends."""

    state = forms.ChoiceField(
        label=_("Who is right"),
        choices=[
            (DisputeState.FOR_PAYER.value, _("Who paid: the money goes back")),
            (DisputeState.FOR_PAYEE.value, _("The other side: it keeps or gets the money")),
        ],
    )
    reason = forms.CharField(label=_("Why"), max_length=limits.REASON_CHARACTERS_MAX)


class RefundForm(Form):
    amount = AmountField()
    reason = forms.CharField(label=_("Reason"), required=False, max_length=limits.REASON_CHARACTERS_MAX)


class DeclineForm(Form):
    answer = forms.CharField(label=_("Why not"), max_length=limits.REASON_CHARACTERS_MAX)


class PreferencesForm(Form):
    confirm_above = forms.CharField(
        label=_("Ask again above"),
        max_length=AMOUNT_CHARACTERS_MAX,
        help_text=_("Payments above this amount ask for your passkey or password. 0 asks each time."),
    )

    def clean_confirm_above(self) -> int:
        exponent = exponent_of(settings.TOWN["currency"])
        text = str(self.cleaned_data["confirm_above"]).strip().replace(",", ".")
        try:
            # Unlike an amount to pay, nothing is a choice here.
            return 0 if Decimal(text) == 0 else inputs.amount(text, exponent)
        except (Refusal, ArithmeticError):
            raise forms.ValidationError(_("Type an amount such as 12.50.")) from None


class TopUpForm(Form):
    amount = AmountField()


class PayOutForm(Form):
    amount = AmountField()
    iban = forms.CharField(
        label=_("IBAN"), max_length=42, widget=forms.TextInput(attrs={"autocapitalize": "characters"})
    )
    holder_name = forms.CharField(label=_("Name on the account"), max_length=70)
    memo = forms.CharField(label=_("Note"), required=False, max_length=limits.MEMO_CHARACTERS_MAX)


class OrderForm(Form):
    amount = AmountField()
    reference = forms.CharField(
        label=_("Reference"),
        required=False,
        max_length=limits.REFERENCE_CHARACTERS_MAX,
        help_text=_("A table, a bill's number: printed on both receipts."),
    )


class ChargeForm(OrderForm):
    code = forms.CharField(label=_("The customer's code"), max_length=limits.PASTED_CODE_CHARACTERS_MAX)


class PosterForm(Form):
    label = forms.CharField(
        label=_("Where it hangs"),
        required=False,
        max_length=limits.LABEL_CHARACTERS_MAX,
        help_text=_("Till 1, window…"),
    )
    amount = AmountField(label=_("Fixed amount"), required=False)


class AssignForm(Form):
    to = forms.CharField(label=_("Whose is it"), max_length=HANDLE_CHARACTERS_MAX)
    reason = forms.CharField(label=_("How you know"), max_length=limits.REASON_CHARACTERS_MAX)


def suggestions(amounts: Sequence[int]) -> list[str]:
    """Amounts as chips offer them."""
    return [str(each) for each in amounts]
