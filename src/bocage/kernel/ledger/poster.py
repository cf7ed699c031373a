"""The one writer of lane B: takes what has queued, decides it, and commits it with its events and its seal at once.

Who writes is settled twice: a session's advisory lock lets one process at a time take the lane, and each transaction
locks the lane's row and compares its epoch, so that a process that lost its lock unnoticed cannot commit any more.
"""

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.db import connection, transaction
from numpy.typing import NDArray

from bocage.kernel.events.actions import emit_all
from bocage.kernel.ledger import chain, faults, lane_state, sealer
from bocage.kernel.ledger.batch_rows import Rows
from bocage.kernel.ledger.deciding import Decision, decide
from bocage.kernel.ledger.wire import ANSWER, CODE_OF, CODES, LINKED, REQUEST, Records, joined

LOCK_ID = 0x626F63616C62
ANSWERS_AN_EVENT_MAX = 500
# How often a batch is decided anew because lane A used one of its ids meanwhile: each time one id more is known.
DECIDED_ANEW_MAX = 16
# Where another transaction holds one of a batch's ids or accounts, the batch is taken apart to find which: how long
# each piece waits, and how long all of that may take before what is left is answered `ledger_busy` unasked.
PIECE_WAITS = "100ms"
APART_SECONDS_MAX = 3.0

_WRITE_SQL = f"select ledger_write_rows(%b, %b::ledger_incoming[], {', '.join(['%b'] * 7)})"
_SEAL_SQL = f"select ledger_seal_batch({', '.join(['%b'] * 8)})"


@dataclass(frozen=True)
class Submission:
    """What one client sent in one piece. `service`: who is told by an event what became of it; "" for nobody."""

    service: str
    records: Records


ONE_TRANSFER_AN_ID = "ledger_transfer_id_key"


class NotOurs(Exception):
    """Another process writes lane B."""


class _Used(Exception):
    """Lane A used one of these ids after it was looked up here."""


class _Held(Exception):
    """Another transaction holds an id or an account of these requests, and does not end."""


class _Overfull(Exception):
    """With the holds that expired before them, these requests are more rows than a batch of the chain takes."""


class Poster:
    """Writes lane B while it holds it. Uses this thread's connection, which must be `bocage_poster`'s."""

    def __init__(self) -> None:
        self.epoch = 0
        self._link: psycopg.Connection[tuple[Any, ...]] | None = None
        self._last: tuple[int, bytes] | None = None
        self._row_oid = 0

    def take(self) -> bool:
        """Take the lane, unless another process holds it; whether we hold it now."""
        connection.ensure_connection()
        link = connection.connection
        assert link is not None, "a connection that was ensured"
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", [LOCK_ID])
            if not cursor.fetchone()[0]:
                return False
            cursor.execute("select ledger_take_lane(%s)", [f"{socket.gethostname()} {os.getpid()}"])
            (self.epoch,) = cursor.fetchone()
            cursor.execute("select 'ledger_incoming'::regtype::oid::bigint")
            (self._row_oid,) = cursor.fetchone()
        faults.reach(faults.IN_RECOVERY)
        lane_state.teach(link)
        self._link = link
        return True

    def post(self, submissions: Sequence[Submission]) -> list[Records]:
        """Decide and write the submissions in their order, in one commit; the answers of each (`wire.ANSWER`).

        Raises `NotOurs` when another process took the lane; then nothing was written.
        """
        requests = joined([each.records for each in submissions])
        if len(requests) > chain.BATCH_TRANSFERS_MAX:
            raise ValueError(f"{len(requests)} requests are more than a batch of {chain.BATCH_TRANSFERS_MAX}")
        try:
            answers = self._decided(requests, submissions).answers
        except _Held:
            answers = self._apart(submissions, time.monotonic() + APART_SECONDS_MAX)
        faults.reach(faults.BEFORE_ANSWER)
        ends = np.cumsum([len(each.records) for each in submissions])[:-1]
        return list(np.split(answers, ends))

    def sweep(self) -> int:
        """Expire what is overdue in lane B, at most `lane_state.OVERDUE_HOLDS_MAX` holds; how many there were."""
        decision = self._batch(np.zeros(0, REQUEST), ())
        return len(decision.resolved)

    def _apart(self, submissions: Sequence[Submission], until: float) -> Records:
        """The answers to submissions of which something is held by others: half by half, in their order, down to the
        one request or linked group that is; that one is answered `ledger_busy`, and changed nothing."""
        found = []
        for piece in _halves(submissions):
            requests = joined([each.records for each in piece])
            try:
                if time.monotonic() > until:
                    raise _Held
                found.append(self._decided(requests, piece, PIECE_WAITS).answers)
            except _Held:
                whole = len(piece) == 1 and len(_group_ends(requests)) == 1
                if whole or time.monotonic() > until:
                    found.append(self._busy(requests, piece))
                else:
                    found.append(self._apart(piece, until))
        return np.concatenate(found)

    def _busy(self, requests: Records, submissions: Sequence[Submission]) -> Records:
        """Answer that nothing of this could be written, to who is told by an event too."""
        answers = np.zeros(len(requests), ANSWER)
        answers["code"], answers["amount_minor"] = CODE_OF["ledger_busy"], requests["amount_minor"]
        link = self._connected()
        with transaction.atomic():
            ((time_now,),) = lane_state.cursor_of(link).execute("select ledger_now()").fetchall()
            answers["at"] = chain.microseconds(time_now)
            number, _hash = self._last or sealer.last(lane_state.cursor_of(link), "B")
            emit_all(lane_state.cursor_of(link), "ledger.answered", _told(number, submissions, answers))
        return answers

    def _decided(self, requests: Records, submissions: Sequence[Submission], waits: str = "") -> Decision:
        anew = 0
        while True:
            try:
                return self._batch(requests, submissions, waits)
            except _Overfull:
                self.sweep()
            except _Used:
                anew += 1
                if anew > DECIDED_ANEW_MAX:
                    raise

    def _batch(self, requests: Records, submissions: Sequence[Submission], waits: str = "") -> Decision:
        """`waits`: how long a statement waits for others' locks, where that is not as long as ever."""
        has_lane = False
        try:
            link = self._connected()
            with transaction.atomic():
                begun = lane_state.begin(link, requests, self.epoch)
                has_lane = True
                if waits:
                    lane_state.cursor_of(link).execute("select set_config('lock_timeout', %b, true)", [waits])
                decision = decide(begun.state, requests)
                rows = Rows(decision, requests, begun.state.at)
                if len(rows) > chain.BATCH_TRANSFERS_MAX:
                    raise _Overfull
                if len(rows):
                    faults.reach(faults.BEFORE_COPY)
                    batch = self._write(link, decision, rows, begun, submissions)
                    faults.reach(faults.AFTER_COPY)
            if len(rows):
                self._last = batch.number, batch.hash
            return decision
        except psycopg.Error as error:
            if error.sqlstate == "LG002":
                raise NotOurs(str(error)) from error
            if isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name == ONE_TRANSFER_AN_ID:
                raise _Used(str(error)) from error
            # A sweep asks for nobody, so there is nobody to answer: it ends as with any other loss of the database.
            if has_lane and len(requests) and isinstance(error, psycopg.errors.LockNotAvailable):
                raise _Held(str(error)) from error
            raise

    def _connected(self) -> "psycopg.Connection[tuple[Any, ...]]":
        if self._link is None or connection.connection is not self._link:
            raise NotOurs("the connection that held the lane is gone")
        return self._link

    def _write(
        self,
        link: "psycopg.Connection[Any]",
        decision: Decision,
        rows: Rows,
        begun: lane_state.Begun,
        submissions: Sequence[Submission],
    ) -> chain.Batch:
        """Rows, seal and events in one exchange: the database writes the rows while this process works out the rest."""
        cursor, account_ids = lane_state.cursor_of(link), list(begun.state.accounts.index)
        missing = len(rows) - len(begun.seqs)
        seqs = np.append(begun.seqs, lane_state.more_seqs(cursor, missing)) if missing > 0 else begun.seqs
        rows.records["seq"] = seqs[: len(rows)]
        # Remembered from batch to batch: nobody else writes the lane.
        number, previous = self._last or sealer.last(lane_state.cursor_of(link), "B")
        touched = np.flatnonzero(decision.deltas.any(axis=1))
        parameters = [
            self.epoch,
            lane_state.row_array(rows.sent(), self._row_oid),
            lane_state.uuid_array(account_ids[row] for row in touched.tolist()),
            *(lane_state.integer_array(decision.deltas[touched, column]) for column in range(4)),
            lane_state.uuid_array(decision.opened),
            lane_state.uuid_array(decision.resolved),
        ]
        with link.pipeline():
            cursor.execute(_WRITE_SQL, parameters, prepare=True)
            lane_state.flush(link)
            batch = sealer.sealed_batch("B", number + 1, previous, rows.records, chain.instant(begun.state.at))
            columns = sealer.columns(batch, lane_state.integer_array(rows.records["seq"]))
            lane_state.cursor_of(link).execute(_SEAL_SQL, [self.epoch, *columns], prepare=True)
            emit_all(lane_state.cursor_of(link), "ledger.answered", _told(batch.number, submissions, decision.answers))
        return batch


def _group_ends(requests: Records) -> NDArray[np.int64]:
    """Where the requests and linked groups of these records end."""
    return np.flatnonzero((requests["flags"] & LINKED) == 0) + 1


def _halves(submissions: Sequence[Submission]) -> list[list[Submission]]:
    """The submissions in two parts; a single one's own records, between two of its groups; what is whole by itself."""
    if len(submissions) > 1:
        middle = len(submissions) // 2
        return [list(submissions[:middle]), list(submissions[middle:])]
    (one,) = submissions
    ends = _group_ends(one.records)
    if len(ends) == 1:
        return [[one]]
    middle = int(ends[len(ends) // 2 - 1])
    return [[Submission(one.service, part)] for part in (one.records[:middle], one.records[middle:])]


def _told(number: int, submissions: Sequence[Submission], answered: Records) -> list[dict[str, Any]]:
    """The data of the events that tell the services' answers: up to `ANSWERS_AN_EVENT_MAX` of a submission each."""
    found, begin = [], 0
    for each in submissions:
        end = begin + len(each.records)
        if each.service:
            ids, said = each.records["id"].tobytes().hex(), answered[begin:end]
            codes, amounts = said["code"].tolist(), said["amount_minor"].tolist()
            answers = [
                [ids[32 * n : 32 * n + 32], CODES[code], amount]
                for n, (code, amount) in enumerate(zip(codes, amounts, strict=True))
            ]
            found += [
                {"service": each.service, "batch": number, "answers": answers[first : first + ANSWERS_AN_EVENT_MAX]}
                for first in range(0, len(answers), ANSWERS_AN_EVENT_MAX)
            ]
        begin = end
    return found
