"""Messages out: one port for mail, and later for SMS and push. Without a mail server they stay in the local outbox."""

import logging
import smtplib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.messages.models import ADDRESS_LENGTH, ERROR_LENGTH, SUBJECT_LENGTH, OutboxRow
from bocage.kernel.messages.types import State

logger = logging.getLogger(__name__)

CHANNELS = ("mail",)
BODY_LENGTH_MAX = 100_000
BATCH = 20
ATTEMPTS_MAX = 8
LEASE = timedelta(minutes=2)
FIRST_DELAY = timedelta(seconds=30)
DELAY_FACTOR = 3
TIMEOUT_SECONDS = 15
KEPT = timedelta(days=90)
SENDER = "messages"


def send(to_person_id: UUID, template: str, context: Mapping[str, Any], channel: str = "mail") -> UUID:
    """Write the person a message in their language. Its id in the outbox.

    `messages/<template>.txt` is a template whose first line is the subject and the rest, after an empty line, the text;
    it also knows `person`, `town` and `public_url`. Refuses a person without an address; raises ValueError for an
    unknown channel.
    """
    if channel not in CHANNELS:
        raise ValueError(f"there is no channel {channel!r}; there is {', '.join(CHANNELS)}")
    person = identity.person(to_person_id)
    if not person.email:
        raise Refusal("no_address", _("This person has given no e-mail address."))
    with translation.override(person.language):
        whole = {**context, "person": person, "town": settings.TOWN["name"], "public_url": settings.PUBLIC_URL}
        # Text, not a page: an apostrophe must not become an entity.
        source = get_template(f"messages/{template}.txt")
        text = source.template.render(Context(whole, autoescape=False))  # type: ignore[attr-defined]
    subject, _empty, body = text.partition("\n\n")
    return post(person.email, subject, body.strip() + "\n", person_id=to_person_id, template=template)


def post(
    address: str, subject: str, body: str, *, html: str = "", person_id: UUID | None = None, template: str = ""
) -> UUID:
    """Put a mail in the outbox, in the caller's transaction, for `address`. Its id."""
    if not 0 < len(address) <= ADDRESS_LENGTH or len(body) > BODY_LENGTH_MAX or len(html) > BODY_LENGTH_MAX:
        raise ValueError(
            f"a mail has an address of 1 to {ADDRESS_LENGTH} characters and {BODY_LENGTH_MAX} of text at most"
        )
    now = clock.now()
    row = OutboxRow.objects.create(
        id=uuid7(),
        person_id=person_id,
        channel="mail",
        address=address,
        template=template,
        subject=" ".join(subject.split())[:SUBJECT_LENGTH],
        body=body.replace("\0", ""),
        html=html.replace("\0", ""),
        state=State.WAITING if settings.SMTP_URL else State.KEPT,
        created_at=now,
        next_attempt_at=now if settings.SMTP_URL else None,
    )
    if settings.SMTP_URL:
        from bocage.kernel.messages.jobs import send_mail
        from bocage.kernel.work import defer

        defer(send_mail)
    return row.id


def send_due() -> int:
    """Hand every waiting mail whose time has come to the mail server; how many were tried."""
    tried = 0
    while settings.SMTP_URL and (claimed := _claim()):
        with _server() as server:
            for row in claimed:
                try:
                    server.send_messages([_letter(row)])
                    error = ""
                except (smtplib.SMTPException, OSError, ValueError) as failure:
                    error = f"{type(failure).__name__}: {failure}"
                _record(row, error)
        tried += len(claimed)
    return tried


def sweep() -> int:
    """Forget messages older than 90 days; how many."""
    with acting_as(Actor.for_service(SENDER)):
        return OutboxRow.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]


def _claim() -> list[OutboxRow]:
    """The next mails, leased, so that another worker leaves them alone and a crash does not lose them."""
    now = clock.now()
    with acting_as(Actor.for_service(SENDER)):
        due = OutboxRow.objects.select_for_update(skip_locked=True).filter(
            state=State.WAITING, next_attempt_at__lte=now
        )
        rows = list(due.order_by("next_attempt_at")[:BATCH])
        for row in rows:
            row.attempts += 1
            row.next_attempt_at = now + LEASE
            row.save(update_fields=["attempts", "next_attempt_at"])
    return rows


def _record(row: OutboxRow, error: str) -> None:
    now = clock.now()
    row.error = error[:ERROR_LENGTH]
    if not error:
        row.state, row.sent_at, row.next_attempt_at = State.SENT, now, None
    elif row.attempts >= ATTEMPTS_MAX:
        row.state, row.next_attempt_at = State.FAILED, None
        logger.warning("a mail was given up after %s attempts: %s", row.attempts, row.error)
    else:
        row.next_attempt_at = now + FIRST_DELAY * float(DELAY_FACTOR ** (row.attempts - 1))
    with acting_as(Actor.for_service(SENDER)):
        row.save(update_fields=["state", "sent_at", "next_attempt_at", "error"])


def _letter(row: OutboxRow) -> EmailMultiAlternatives:
    letter = EmailMultiAlternatives(
        row.subject, row.body, settings.DEFAULT_FROM_EMAIL, [row.address], headers={"Message-ID": f"<{row.id}@bocage>"}
    )
    if row.html:
        letter.attach_alternative(row.html, "text/html")
    return letter


def _server() -> SmtpBackend:
    """`smtp://user:password@host:port` (STARTTLS when `?starttls=1`) or `smtps://...`."""
    url = urlsplit(settings.SMTP_URL)
    tls = url.scheme == "smtps"
    return SmtpBackend(
        alias="outbox",
        host=url.hostname or "localhost",
        port=url.port or (465 if tls else 25),
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_ssl=tls,
        use_tls="starttls=1" in url.query,
        timeout=TIMEOUT_SECONDS,
    )


def requeue(message_id: UUID) -> None:
    """Try a given-up mail again, now."""
    with acting_as(Actor.for_service(SENDER)), transaction.atomic():
        changed = OutboxRow.objects.filter(id=message_id, state=State.FAILED).update(
            state=State.WAITING, attempts=0, next_attempt_at=clock.now()
        )
    if not changed:
        raise Refusal("not_failed", _("This message is not among those given up."), status=404)
