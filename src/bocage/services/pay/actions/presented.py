"""A code that a person shows at a till: a new one each minute, each of which works once."""

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.pay import digits, emv, limits
from bocage.services.pay.models import PresentedCode
from bocage.services.pay.types import PresentedCode as Shown

# Two screens of one person ask for the next code in turn.
_ONE_AT_A_TIME_SQL = "select pg_advisory_xact_lock(hashtextextended('pay.presented.' || %s, 0))"


def show(person_id: UUID) -> Shown:
    """The next code of `person_id`; the one shown before stops working now."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME_SQL, [str(person_id)])
    now = clock.now()
    rows = PresentedCode.objects.filter(person_id=person_id)
    rows.filter(used_at=None, replaced_at=None).update(replaced_at=now)
    rows.filter(issued_at__lt=now - limits.PRESENTED_CODES_KEPT).delete()
    code = digits.new_presented()
    expires_at = now + limits.PRESENTED_CODE_LIFE
    PresentedCode.objects.create(
        person_id=person_id, digest=digits.digest_of(code), issued_at=now, expires_at=expires_at
    )
    return Shown(digits=digits.grouped(code), payload=emv.presented_payload(code), expires_at=expires_at)


def take(shown: str, payment_id: UUID) -> UUID:
    """Use the code that was shown, for this payment; whose it is.

    Two tills that read one code meet at its row: the second finds it used. A payment that is refused afterwards rolls
    this back too, so the code still works within its minute.
    """
    code = emv.read_presented(shown)
    now = clock.now()
    with acting_as(Actor.for_service("pay")):
        row = PresentedCode.objects.select_for_update().filter(digest=digits.digest_of(code)).first()
        if row is None:
            raise Refusal(
                "code_unknown", _("This code is not one that is shown here. Ask for the code again."), field="code"
            )
        if row.payment_id == payment_id:
            return row.person_id
        if row.used_at is not None:
            raise Refusal("code_used", _("This code was used already. Ask for the next one."), field="code", status=409)
        if row.replaced_at is not None or now > row.expires_at + limits.PRESENTED_CODE_SKEW:
            raise Refusal("code_expired", _("This code has expired. Ask for the one on the screen now."), field="code")
        row.used_at = now
        row.payment_id = payment_id
        row.save(update_fields=["used_at", "payment_id"])
    return row.person_id
