"""Reads of consent. Who asks sees its own rows; only `is_granted` and the counts answer to everyone."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from bocage.kernel import clock
from bocage.kernel.consent import purposes
from bocage.kernel.consent.models import GrantRow, HistoryRow, PurposeTextRow, ReceiptRow
from bocage.kernel.consent.types import Answered, Choice, Grant, PurposeCount, Receipt, ReceiptPage, State

RECEIPTS_PAGE_MAX = 100


def is_granted(subject_id: UUID, purpose: str) -> bool:
    """Whether the subject has agreed to the present text of `purpose`, and neither withdrew nor let it expire."""
    found = purposes.declared().get(purpose)
    if found is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "select bocage_granted_purpose(%s, %s, %s, %s)",
            [subject_id, purpose, clock.now(), found.purpose.version],
        )
        return bool(cursor.fetchone()[0])


def hold_granted(subject_ids: Collection[UUID], purpose: str) -> set[UUID]:
    """Those of the subjects for whom `purpose` is in force, and stays so until this transaction ends.

    A withdrawal that comes meanwhile waits; one that came first is seen.
    """
    found = purposes.declared().get(purpose)
    if found is None or not subject_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select bocage_hold_grants(%s, %s, %s, %s)",
            [list(subject_ids), purpose, clock.now(), found.purpose.version],
        )
        return {row[0] for row in cursor.fetchall()}


def grants(subject_id: UUID) -> list[Grant]:
    """All that the subject ever answered to, as it holds now, by purpose."""
    return [_grant(row) for row in GrantRow.objects.filter(subject_id=subject_id).order_by("purpose")]


def choices(subject_id: UUID) -> list[Choice]:
    """Every declared purpose with what the subject has said to it: what the person's page lists."""
    held = {grant.purpose: grant for grant in grants(subject_id)}
    return [_choice(declared, held.get(name)) for name, declared in sorted(purposes.declared().items())]


def choice(subject_id: UUID, purpose: str) -> Choice:
    """One declared purpose with what the subject has said to it. Refuses an unknown one."""
    row = GrantRow.objects.filter(subject_id=subject_id, purpose=purpose).first()
    return _choice(purposes.find(purpose), _grant(row) if row else None)


def history(subject_id: UUID) -> list[Answered]:
    """What the subject answered, newest first, with the very words answered to."""
    rows = list(HistoryRow.objects.filter(subject_id=subject_id).order_by("-at", "-id"))
    digests = {bytes(row.text_digest) for row in rows if row.text_digest}
    words = {bytes(text.digest): text for text in PurposeTextRow.objects.filter(digest__in=digests)}
    answers = []
    for row in rows:
        text = words.get(bytes(row.text_digest or b""))
        answers.append(
            Answered(
                purpose=row.purpose,
                state=State(row.state),
                version=row.version,
                title=text.title if text else "",
                says=text.says if text else "",
                actor_id=row.actor_id,
                at=row.at,
                expires_at=row.expires_at,
            )
        )
    return answers


def receipts(subject_id: UUID, before: UUID | None = None, limit: int = 50) -> ReceiptPage:
    """Who read what of the subject's, newest first, `limit` (at most 100) of them older than the receipt `before`."""
    limit = min(max(limit, 1), RECEIPTS_PAGE_MAX)
    rows = ReceiptRow.objects.filter(subject_id=subject_id).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: limit + 1])
    shown = tuple(Receipt(row.id, row.reader, row.purpose, row.what, row.at, row.count) for row in found[:limit])
    return ReceiptPage(shown, shown[-1].id if len(found) > limit else None)


def counts() -> list[PurposeCount]:
    """How many subjects stand where, for each purpose: numbers for the operator, nobody's name."""
    with connection.cursor() as cursor:
        cursor.execute("select purpose, state, subjects from bocage_consent_counts() order by 1, 2")
        return [PurposeCount(purpose, State(state), subjects) for purpose, state, subjects in cursor.fetchall()]


def _choice(declared: purposes.Declared, held: Grant | None) -> Choice:
    title, says = declared.words()
    live = (
        held is not None
        and held.state is State.GRANTED
        and held.version >= declared.purpose.version
        and (held.expires_at is None or held.expires_at > clock.now())
    )
    return Choice(
        purpose=declared.purpose.name,
        service=declared.service,
        title=title,
        says=says,
        reads=declared.purpose.reads,
        version=declared.purpose.version,
        grant=held,
        live=live,
    )


def _grant(row: GrantRow) -> Grant:
    return Grant(
        purpose=row.purpose,
        service=row.service,
        state=State(row.state),
        version=row.version,
        granted_at=row.granted_at,
        changed_at=row.changed_at,
        expires_at=row.expires_at,
    )
