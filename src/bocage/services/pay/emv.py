"""What Pay's codes hold in EMVCo's words: whom and which code in a shop's QR, the digits in a customer's.

The form of the payloads (lengths, checksum, allowed characters) is the engine's business; whose code it is, is ours.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.engines import emvco
from bocage.kernel.errors import Refusal
from bocage.services.pay import digits, limits
from bocage.services.pay.types import Payee

# ISO 18245 has no category for a person; EMVCo allows zeros where there is none.
PERSON_MCC = "0000"
NAME_CHARACTERS_MAX = 25
CITY_CHARACTERS_MAX = 15
LABEL_CHARACTERS_MAX = 25

_DAMAGED: tuple[str, Promise] = (
    "code_damaged",
    gettext_lazy("This code is damaged: its checksum is wrong. Scan it again."),
)
_FOREIGN: tuple[str, Promise] = (
    "code_foreign",
    gettext_lazy("This code is of another payment network. Ask for the shop's code of Bocage."),
)
_UNREADABLE: tuple[str, Promise] = (
    "code_unreadable",
    gettext_lazy("This is not a payment code. Scan it again, or type the shop's name."),
)
_PROBLEMS: dict[str, tuple[str, Promise]] = {
    "checksum-wrong": _DAMAGED,
    "checksum-missing": _DAMAGED,
    "code-foreign": _FOREIGN,
    "currency-unknown": ("currency_unknown", gettext_lazy("This code asks for a currency that does not exist.")),
    "amount-wrong": ("code_amount", gettext_lazy("The amount in this code is not one that can be paid.")),
}


@dataclass(frozen=True)
class Read:
    """What a scanned text says; all but the token are None where only the token was typed."""

    token: str
    payee_id: UUID | None = None
    amount_minor: int | None = None
    currency: str | None = None


def payload(
    to: Payee, token: str, *, currency: str, amount_minor: int | None, reference: str = "", label: str = ""
) -> str:
    """The EMVCo merchant-presented text for a poster (static) or, with an amount, an order (dynamic)."""
    reference = emvco.common_text(reference, LABEL_CHARACTERS_MAX)
    label = emvco.common_text(label, LABEL_CHARACTERS_MAX)
    more = emvco.AdditionalData(reference_label=reference or None, terminal_label=label or None)
    code = emvco.MerchantCode(
        accounts=(emvco.payee_account(to.id.hex, token),),
        mcc=to.mcc or PERSON_MCC,
        currency=currency,
        country=to.country or settings.TOWN["country"],
        name=emvco.common_text(to.name, NAME_CHARACTERS_MAX) or to.handle[:NAME_CHARACTERS_MAX],
        city=emvco.common_text(settings.TOWN["name"], CITY_CHARACTERS_MAX) or settings.TOWN["country"],
        dynamic=amount_minor is not None,
        amount_minor=amount_minor,
        additional=more if reference or label else None,
    )
    return emvco.encode(code)


def read(text: str) -> Read:
    """What a scanned or pasted text says, or a `Refusal` naming what is wrong with it."""
    plain = text.strip()
    if len(plain) > limits.PASTED_CODE_CHARACTERS_MAX:
        raise _refusal(_UNREADABLE)
    token = "".join(plain.upper().split())
    if digits.is_token(token):
        return Read(token)
    try:
        code = emvco.decode(plain)
        payee_id, code_id = emvco.payee_of(code)
    except emvco.EmvError as error:
        raise _refusal(_PROBLEMS.get(error.code, _UNREADABLE)) from None
    if code_id is None or not digits.is_token(code_id):
        raise _refusal(_UNREADABLE)
    if code.currency != settings.TOWN["currency"]:
        words = {"currency": code.currency, "own": settings.TOWN["currency"]}
        raise Refusal(
            "currency_other",
            _("This code asks for %(currency)s; your wallet holds %(own)s.") % words,
            field="currency",
        )
    if code.amount_minor is not None and code.amount_minor > limits.AMOUNT_MINOR_MAX:
        raise _refusal(_PROBLEMS["amount-wrong"])
    try:
        return Read(code_id, UUID(payee_id), code.amount_minor, code.currency)
    except ValueError:
        raise _refusal(_UNREADABLE) from None


def presented_payload(code: str) -> str:
    """The EMVCo consumer-presented text for the digits that a person shows."""
    return emvco.encode_consumer(code.encode("ascii"))


def read_presented(shown: str) -> str:
    """The digits of a customer's code, typed or scanned, or a `Refusal`."""
    plain = "".join(shown.split())
    if digits.is_presented(plain):
        return plain
    try:
        code = emvco.decode_consumer(plain).decode("ascii", "replace")
    except emvco.EmvError as error:
        if error.code == "code-foreign":
            raise _refusal(
                ("code_foreign", _("This code is of another wallet. Ask for the customer's code of Bocage."))
            ) from None
        code = ""
    if not digits.is_presented(code):
        raise _refusal(
            ("code_unreadable", _("This is not a customer's code: it has 18 digits. Scan it again, or type them."))
        )
    return code


def _refusal(problem: tuple[str, str | Promise]) -> Refusal:
    return Refusal(problem[0], problem[1], field="code")
