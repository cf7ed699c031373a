"""Reconciling: the bank's statements taken in and compared with the ledger, and what an operator decides by hand.

Nothing here moves money. A line that belongs in somebody's wallet is assigned under *Bank*, by two people.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from bocage.engines.reconciliation import Finding, match, reference_key
from bocage.engines.reconciliation import Movement as Compared
from bocage.engines.statements import Statement, StatementError
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals.actions import acted
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.ledger import queries as ledger
from bocage.services.pay import inputs, limits
from bocage.services.pay.bank import statements
from bocage.services.pay.bank.statements import FILE_NAME_CHARACTERS_MAX, Seen
from bocage.services.pay.models import StatementLine
from bocage.services.pay.queries import reconciling as queries
from bocage.services.pay.types import OPEN_FINDINGS, FileTaken, LineFinding

REASON_CHARACTERS_MIN = 10
LINES_A_WRITE = 2_000
_LOCK_ID = 0x626F63726563
_ACT_KIND = "pay.statement_line"


def take_statements(files: Sequence[tuple[str, bytes]], window_days: int) -> list[FileTaken]:
    """Take in files (name, content) and compare all that is open, in one transaction: all of them or none.

    A line that an earlier file brought is the same line, so the same file again changes nothing. Raises a `Refusal`
    whose message names the file, the line and the field that cannot be read.
    """
    if not 0 <= window_days <= limits.RECONCILE_WINDOW_DAYS_MAX:
        raise Refusal(
            "bad_window",
            _("Give 0 to %(most)d days.") % {"most": limits.RECONCILE_WINDOW_DAYS_MAX},
            field="window_days",
        )
    if len(files) > limits.RECONCILED_FILES_MAX:
        raise Refusal("too_many_files", _("Give at most %(most)d files.") % {"most": limits.RECONCILED_FILES_MAX})
    exponents = {unit.code: unit.exponent for unit in ledger.units().values()}
    try:
        read = [(name, *statements.read(name, content, settings.BANK_IBAN, exponents)) for name, content in files]
    except StatementError as error:
        raise Refusal("bad_statement", str(error), field="statements") from None
    with acting_as(Actor.for_service("pay")), transaction.atomic():
        _alone()
        taken = [_store(name, found, seen) for name, found, seen in read]
        _compare(timedelta(days=window_days))
    return taken


def compare_again(window_days: int) -> None:
    """Compare what is open once more, after the ledger has moved."""
    take_statements([], window_days)


def match_by_hand(line_id: UUID, movement_id: UUID, operator_id: UUID, reason: str) -> None:
    """Say which movement of the ledger an open line is. The operator's act and reason are kept."""
    reason = _reason(reason)
    with acting_as(Actor.for_service("pay")):
        _alone()
        row = _row(line_id, open_only=True)
        choice = next((each for each in queries.choices(queries.as_reconciled(row)) if each.id == movement_id), None)
        if choice is None:
            raise conflict(
                "movement_taken",
                _("This movement is another line's by now, or of another amount. Open the line again."),
                field="movement_id",
            )
        _decide(row, LineFinding.OPERATOR, operator_id, reason, movement_id)
    acted("match", operator_id, kind=_ACT_KIND, target_id=line_id)


def set_aside(line_id: UUID, operator_id: UUID, reason: str) -> None:
    """Say why an open line has nothing to match in the ledger, such as a fee of the bank's."""
    reason = _reason(reason)
    with acting_as(Actor.for_service("pay")):
        _alone()
        _decide(_row(line_id, open_only=True), LineFinding.EXPLAINED, operator_id, reason, None)
    acted("set_aside", operator_id, kind=_ACT_KIND, target_id=line_id)


def open_again(line_id: UUID, operator_id: UUID, reason: str) -> None:
    """Take back a match or what was set aside; the line is open until it is decided, and not matched by itself."""
    reason = _reason(reason)
    with acting_as(Actor.for_service("pay")):
        _alone()
        row = _row(line_id, open_only=False)
        if row.finding in OPEN_FINDINGS:
            raise conflict("already_open", _("This line is open already."))
        _decide(row, LineFinding.AMBIGUOUS, operator_id, reason, None)
    acted("open_again", operator_id, kind=_ACT_KIND, target_id=line_id)


def _alone() -> None:
    """One at a time: two comparisons could give one movement to two lines."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK_ID])


def _reason(text: str) -> str:
    reason = inputs.text(text, "reason", limits.REASON_CHARACTERS_MAX)
    if len(reason) < REASON_CHARACTERS_MIN:
        raise Refusal(
            "reason_needed",
            _("Give a reason of %(least)d to %(most)d characters; it is kept.")
            % {"least": REASON_CHARACTERS_MIN, "most": limits.REASON_CHARACTERS_MAX},
            field="reason",
        )
    return reason


def _row(line_id: UUID, *, open_only: bool) -> StatementLine:
    row = StatementLine.objects.select_for_update().filter(id=line_id).first()
    if row is None:
        raise not_found(_("There is no such line of the bank's."))
    if open_only and row.finding not in OPEN_FINDINGS:
        raise conflict("not_open", _("This line has found its place already. Open it again first."))
    return row


def _decide(row: StatementLine, finding: LineFinding, operator_id: UUID, reason: str, movement_id: UUID | None) -> None:
    row.finding, row.movement_id, row.reason = finding, movement_id, reason
    row.decided_by, row.decided_at = operator_id, clock.now()
    row.save(update_fields=["finding", "movement_id", "reason", "decided_by", "decided_at"])


def _store(name: str, found: Statement, seen: list[Seen]) -> FileTaken:
    before = StatementLine.objects.count()
    rows = [
        StatementLine(
            account=each.account,
            fingerprint=each.fingerprint,
            reference=each.reference,
            names=list(each.names),
            amount_minor=each.amount_minor,
            currency=each.currency,
            booked_on=each.booked_on,
            party_name=each.party_name,
            text=each.text,
            file_name=name[-FILE_NAME_CHARACTERS_MAX:],
            source_line=each.source_line,
        )
        for each in seen
    ]
    StatementLine.objects.bulk_create(rows, batch_size=LINES_A_WRITE, ignore_conflicts=True)
    notes = [note.text for note in found.notes]
    if any(account.reconciles is False for account in found.accounts):
        notes.append(_("Its lines do not add up from its opening to its closing balance: some are missing."))
    return FileTaken(name, found.format, len(seen), StatementLine.objects.count() - before, tuple(notes))


def _compare(window: timedelta) -> None:
    """Compare every open line that nobody has decided on with the movements of its days."""
    rows = list(
        StatementLine.objects.filter(finding__in=OPEN_FINDINGS, decided_by=None).order_by("booked_on", "id")[
            : limits.RECONCILED_OPEN_MAX + 1
        ]
    )
    if len(rows) > limits.RECONCILED_OPEN_MAX:
        raise Refusal(
            "too_many_open",
            _("More than %(most)d lines would be open. Give files of fewer days.")
            % {"most": limits.RECONCILED_OPEN_MAX},
        )
    if not rows:
        return
    # Wider than the window: what is named by its reference may be booked long after it was asked for.
    wide = max(window, timedelta(days=limits.RECONCILE_WINDOW_DAYS_MAX))
    first, last = rows[0].booked_on - wide, rows[-1].booked_on + wide
    named = {name for row in rows for name in row.names}
    posted = queries.candidates([(row.currency, row.amount_minor, row.booked_on) for row in rows], named, window, wide)
    known = {each.id for each in posted}
    # What is not in the ledger yet counts where a line names it: by its amount alone it would cast doubt on what is.
    coming = [
        each
        for each in queries.expected_movements(first, last)
        if each.id not in known and not named.isdisjoint(map(reference_key, each.references))
    ]
    booked = [Compared(row.id, tuple(row.names), row.amount_minor, row.currency, row.booked_on) for row in rows]
    expected = [
        Compared(each.id, each.references, each.amount_minor, each.currency, each.on) for each in (*posted, *coming)
    ]
    not_posted = {each.id for each in coming}
    verdicts = match(booked, expected, queries.matched_ids(known), window)
    changed = []
    for row in rows:
        verdict = verdicts[row.id]
        matched = verdict.finding in (Finding.REFERENCE, Finding.AMOUNT_AND_DAY)
        finding = LineFinding(verdict.finding.value)
        if verdict.expected and not_posted.issuperset(verdict.expected):
            matched, finding = False, LineFinding.NOT_POSTED
        movement_id = verdict.expected[0] if matched else None
        candidates = [] if matched else list(verdict.expected)
        if (row.finding, row.movement_id, row.candidates) != (finding, movement_id, candidates):
            row.finding, row.movement_id, row.candidates = finding, movement_id, candidates
            changed.append(row)
    StatementLine.objects.bulk_update(changed, ["finding", "movement_id", "candidates"], batch_size=LINES_A_WRITE)
