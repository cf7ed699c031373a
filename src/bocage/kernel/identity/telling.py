"""Tell a person something that concerns her account, in her own language: in the app, and by mail where it matters."""

from collections.abc import Callable
from uuid import UUID

from django.core.mail import EmailMessage
from django.utils import translation

from bocage.kernel.identity.models import Person
from bocage.kernel.notifications.actions import notify

type Words = Callable[[], tuple[str, str]]


def tell(person_id: UUID, words: Words, url: str = "", *, by_mail: bool = False) -> None:
    """Notify the person with the title and body that `words()` gives in her language; `by_mail` also writes to her."""
    row = Person.objects.only("language", "email").filter(id=person_id).first()
    if row is None:
        return
    with translation.override(row.language):
        title, body = words()
    notify(person_id, title, body, url)
    if by_mail and row.email:
        EmailMessage(title, body, to=[row.email]).send()
