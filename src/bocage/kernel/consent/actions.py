"""What a subject says about a purpose. Each answer changes what holds, adds a line of history and tells the log."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import acting_as, current_actor
from bocage.kernel.acting.actor import Actor
from bocage.kernel.consent.purposes import Declared, digest_of, find
from bocage.kernel.consent.receipts import record_read
from bocage.kernel.consent.types import State
from bocage.kernel.errors import Refusal, forbidden
from bocage.kernel.events.actions import emit
from bocage.kernel.ids import uuid7

__all__ = ["expire_due", "grant", "record_read", "refuse", "withdraw"]

LIFE_MAX = timedelta(days=3660)

_ANSWER_SQL = """
with words as (
    insert into consent_text (digest, purpose, version, title, says)
    values (%(digest)s, %(purpose)s, %(version)s, %(title)s, %(says)s) on conflict do nothing
), line as (
    insert into consent_history (id, subject_id, purpose, state, version, text_digest, actor_id, at, expires_at)
    values (%(line_id)s, %(subject_id)s, %(purpose)s, %(state)s, %(version)s, %(digest)s, %(actor_id)s, %(now)s,
        %(expires_at)s)
)
insert into consent_grant as held
    (id, subject_id, purpose, service, state, version, granted_at, changed_at, expires_at)
values (%(grant_id)s, %(subject_id)s, %(purpose)s, %(service)s, %(state)s, %(version)s, %(granted_at)s, %(now)s,
    %(expires_at)s)
on conflict (subject_id, purpose) do update set service = excluded.service, state = excluded.state,
    version = excluded.version, granted_at = coalesce(excluded.granted_at, held.granted_at),
    changed_at = excluded.changed_at, expires_at = excluded.expires_at
"""


def grant(subject_id: UUID, purpose: str, *, expires_at: datetime | None = None) -> None:
    """The subject agrees to `purpose`, in the words of its present version, until `expires_at` (None: until withdrawn).

    Only whoever acts for the subject may answer; a service never. Refuses an unknown purpose and an end in the past.
    """
    now = clock.now()
    if expires_at is not None and not now < expires_at <= now + LIFE_MAX:
        raise Refusal(
            "bad_end",
            _("The agreement must end after now, and within ten years."),
            field="expires_at",
        )
    _answer(subject_id, find(purpose), State.GRANTED, expires_at)


def refuse(subject_id: UUID, purpose: str) -> None:
    """The subject says no to `purpose`, and need not be asked again."""
    _answer(subject_id, find(purpose), State.REFUSED, None)


def withdraw(subject_id: UUID, purpose: str) -> None:
    """The subject takes the agreement back. From this commit on, nothing more is delivered or shown under it."""
    _answer(subject_id, find(purpose), State.WITHDRAWN, None)


def expire_due() -> int:
    """Mark the agreements whose end has come, and tell the log; how many. They are not in force since their end."""
    with acting_as(Actor.for_service("consent")):
        with connection.cursor() as cursor:
            cursor.execute("select subject_id, purpose, version from bocage_expire_grants(%s)", [clock.now()])
            expired = cursor.fetchall()
        for subject_id, purpose, version in expired:
            emit("consent.expired", subject_id=subject_id, data={"purpose": purpose, "text_version": version})
    return len(expired)


def _answer(subject_id: UUID, declared: Declared, state: State, expires_at: datetime | None) -> None:
    actor = current_actor()
    if actor.service or actor.subject_id != subject_id:
        raise forbidden(_("Only the person concerned, or who acts for them, can answer this."))
    now = clock.now()
    title, says = declared.words()
    purpose = declared.purpose
    with connection.cursor() as cursor:
        cursor.execute(
            _ANSWER_SQL,
            {
                "digest": digest_of(title, says),
                "purpose": purpose.name,
                "service": declared.service,
                "version": purpose.version,
                "title": title,
                "says": says,
                "line_id": uuid7(),
                "grant_id": uuid7(),
                "subject_id": subject_id,
                "state": state,
                "actor_id": actor.person_id,
                "now": now,
                "granted_at": now if state is State.GRANTED else None,
                "expires_at": expires_at,
            },
        )
    emit(
        f"consent.{state}",
        subject_id=subject_id,
        data={"purpose": purpose.name, "text_version": purpose.version},
    )
