"""Django's mail goes through the outbox as well: sign-in codes and confirmations of allauth."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from bocage.kernel.messages.actions import post


class OutboxBackend(BaseEmailBackend):
    """Puts each recipient's mail in the outbox; the worker sends it where a mail server is set."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            html = next(
                (str(part.content) for part in getattr(message, "alternatives", ()) if part.mimetype == "text/html"),
                "",
            )
            for address in message.recipients():
                post(address, str(message.subject), str(message.body), html=html)
        return len(email_messages)
