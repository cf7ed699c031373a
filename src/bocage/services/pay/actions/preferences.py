"""What a person chooses about paying."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal
from bocage.services.pay import limits
from bocage.services.pay.models import Preference


def set_confirm_above(person_id: UUID, amount_minor: int, *, fresh: bool) -> None:
    """From which amount on a payment asks again who pays: from nothing up to the town's limit.

    Raising it needs a fresh confirmation (`fresh`); lowering it does not.
    """
    if not 0 <= amount_minor <= limits.CONFIRM_ABOVE_MINOR_DEFAULT:
        raise Refusal("limit_out_of_range", _("Choose an amount up to the town's limit."), field="confirm_above")
    row = Preference.objects.filter(person_id=person_id).first()
    current = row.confirm_above_minor if row else limits.CONFIRM_ABOVE_MINOR_DEFAULT
    if amount_minor > current and not fresh:
        raise Refusal("confirm_again", _("Confirm with your passkey or password that it is you."), status=403)
    Preference.objects.update_or_create(person_id=person_id, defaults={"confirm_above_minor": amount_minor})
