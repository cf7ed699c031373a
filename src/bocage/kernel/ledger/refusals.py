"""The words for what the ledger refuses."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bocage.kernel.errors import Refusal

_BUSY_STATUS = 503
_UNKNOWN_STATUS = 504
_NOT_FOUND_STATUS = 404
_CONFLICT_STATUS = 409
_TOO_MANY_STATUS = 429

_MESSAGES: dict[str, Promise] = {
    "account_not_found": _("There is no such account. Check whom this goes to."),
    "account_closed": _("One of the two accounts is closed. Use another account."),
    "account_frozen": _("This account is frozen, so nothing can leave it for now. Ask at the counter what to do."),
    "account_not_empty": _("The account still holds something. Empty it first, then close it."),
    "unit_mismatch": _("The two accounts do not count in this unit. Use accounts of the same unit."),
    "unit_not_found": _("This unit is not known here. Use one of the listed units."),
    "limits_out_of_range": _("Only an issuer may go below zero, and no limit above what can be counted."),
    "exceeds_balance": _("The balance does not cover this amount. Add to it, or choose a smaller amount."),
    "exceeds_limit": _("The receiving account may not hold that much. Choose a smaller amount."),
    "exceeds_bounds": _("The account has reached the largest sum that can be counted. Use another account."),
    "wrong_lane": _("This account takes transfers in batches only. Send the transfer as part of a batch."),
    "hold_not_found": _("There is no such reservation. Check its number."),
    "hold_resolved": _("This reservation was taken or released before. Nothing is left of it."),
    "hold_expired": _("This reservation has expired and its amount was released. Ask for a new one."),
    "amount_exceeds_hold": _("This is more than was reserved. Take at most the reserved amount."),
    "id_conflict": _("This number was used before for something else. Use a new one."),
    "mixed_lanes": _("These accounts are not all posted in the same way. Send them apart."),
    "hold_between_lanes": _("A reservation ties one of these accounts to another. Settle it first, or move both."),
    "too_many_in_flight": _("You have as much on its way as you may. Wait for an answer before you send more."),
    "transfer_not_found": _("There is no such transfer. Check its number."),
    "nothing_to_reverse": _("Nothing of this transfer can be taken back."),
    "answer_unknown": _("The answer did not come in time. Send the same again: nothing is moved twice."),
    "ledger_busy": _("Many are using this account at this moment, and nothing was changed. Try again."),
}
_STATUSES = {
    "id_conflict": _CONFLICT_STATUS,
    "answer_unknown": _UNKNOWN_STATUS,
    "ledger_busy": _BUSY_STATUS,
    "too_many_in_flight": _TOO_MANY_STATUS,
    "account_not_found": _NOT_FOUND_STATUS,
    "transfer_not_found": _NOT_FOUND_STATUS,
}


def refusal(code: str, *, field: str | None = None) -> Refusal:
    """The `Refusal` for one of the ledger's codes, in words that say what to do next."""
    return Refusal(code, _MESSAGES[code], field=field, status=_STATUSES.get(code, 422))
