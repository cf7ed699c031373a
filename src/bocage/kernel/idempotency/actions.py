"""A request with a key takes effect once: `recall` before it, `remember` after it, both in its own transaction.

Whoever comes second with a key waits in `recall` until the first has committed (then it gets the first's answer) or
rolled back (then the key is free, and it is the first).
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from bocage.kernel import clock
from bocage.kernel.errors import conflict
from bocage.kernel.idempotency.models import AnswerRow
from bocage.kernel.idempotency.types import Answer
from bocage.kernel.ids import uuid7

RETENTION = timedelta(hours=48)

_CLAIM_SQL = """
insert into idempotency_answer (id, actor_id, key, digest, created_at) values (%s, %s, %s, %s, %s)
on conflict do nothing
"""


def recall(actor_id: UUID, key: str, request_digest: bytes) -> Answer | None:
    """The answer that this request was given before; None when it is new, and now claimed by this transaction.

    `actor_id` is the subject who acts. Conflicts (409) when the key came with another request, or when the first
    request with it takes longer than the database's `lock_timeout`.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_CLAIM_SQL, [uuid7(), actor_id, key, request_digest, clock.now()])
            if cursor.rowcount == 1:
                return None
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise conflict(
                "request_in_progress", _("The same request is still being answered. Send it again in a moment.")
            ) from error
        raise
    row = AnswerRow.objects.get(actor_id=actor_id, key=key)
    if bytes(row.digest) != request_digest:
        raise conflict(
            "idempotency_key_reused",
            _("This key came with another request before. Use a new key for a new request."),
            field="Idempotency-Key",
        )
    # A claim that was committed without an answer is that of a refusal which is itself recorded: it is found again.
    return None if row.status is None else Answer(row.status, row.body)


def remember(actor_id: UUID, key: str, request_digest: bytes, status: int, body: str) -> None:
    """Keep the answer of a request that `recall` claimed in this transaction."""
    kept = AnswerRow.objects.filter(actor_id=actor_id, key=key, digest=request_digest, status=None)
    if kept.update(status=status, body=body) != 1:
        raise RuntimeError("remember() needs a recall() of the same request before it")


def once(actor_id: UUID, key: str, request_digest: bytes, act: Callable[[], Answer]) -> Answer:
    """`act` under `key`: done now and its answer kept, or the answer it was given before."""
    kept = recall(actor_id, key, request_digest)
    if kept is not None:
        return kept
    answer = act()
    remember(actor_id, key, request_digest, answer.status, answer.body)
    return answer


def sweep() -> int:
    """Forget the answers older than the retention; how many."""
    with connection.cursor() as cursor:
        cursor.execute("select bocage_sweep_answers(%s)", [clock.now() - RETENTION])
        return int(cursor.fetchone()[0])
