"""Telling somebody what happened to their money, in their own language and zone."""

from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise

from bocage.kernel.identity import queries as identity
from bocage.kernel.notifications.actions import notify
from bocage.shell.templatetags.shell import money_text, when_text


def tell(
    party_id: UUID,
    title: str | Promise,
    body: str | Promise,
    *,
    page: str,
    amount_minor: int,
    currency: str,
    name: str = "",
    memo: str = "",
    row_id: UUID | None = None,
    until: datetime | None = None,
    shop: str = "",
) -> None:
    """Notify a person; `title` and `body` may use %(name)s, %(amount)s, %(memo)s and %(until)s.

    A shop is not notified: its till shows the payment and its webhooks tell its programs. `shop`: the name of the one
    that the person hears this for.
    """
    person = identity.persons([party_id]).get(party_id)
    if person is None:
        return
    with translation.override(person.language), timezone.override(person.time_zone):
        words = {"name": name, "amount": money_text(amount_minor, currency), "memo": memo}
        words["until"] = when_text(until) if until else ""
        url = reverse(page, args=[row_id] if row_id else [])
        notify(party_id, (f"{shop}: " if shop else "") + str(title) % words, (str(body) % words).strip(), url)
