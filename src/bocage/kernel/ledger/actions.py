"""The ledger's verbs. Each is one call of an SQL function in the caller's transaction.

What is refused is an answer (`Refused`), not an error: it is stored with the caller's transaction, and the id stays
refused. Who rather wants an error takes `post_or_refuse` and its like: the `Refusal` they raise rolls the transaction
back, the refusal is forgotten with it, and the same id may be tried again. A used id with another body raises
`Refusal("id_conflict")` in both. Post several transfers of one deed by `post_linked`: it locks all accounts in one
order, where one call after the other could meet another request halfway and be turned away as `ledger_busy`
(`lock_accounts` helps where it must be several calls).
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import limits
from bocage.kernel.ledger.refusals import refusal
from bocage.kernel.ledger.types import Account, Hold, Operation, Posted, PostHold, Refused, Transfer, UpTo, VoidHold

_SLUG = re.compile(r"[a-z][a-z0-9_.]*")
_BUSY_STATES = {"55P03", "40P01"}  # lock_not_available, deadlock_detected


def open_account(
    account_id: UUID,
    owner_id: UUID | None,
    unit: str,
    kind: str,
    *,
    minimum_minor: int | None = 0,
    maximum_minor: int | None = None,
    service: str = "",
) -> Account:
    """The account `account_id`, opened on these terms if it is new. None as a limit is no limit.

    Only kinds "issuer" and "clearing" may have another minimum than 0: all that exists comes out of these.
    `service` names the service on whose behalf a party's account is kept; that service sees it under the party's
    consent. Raises `Refusal` for an unknown unit, and for an id that was opened on other terms.
    """
    _check_slug(kind, "kind", limits.KIND_CHARACTERS_MAX)
    if service:
        _check_slug(service, "service", limits.SERVICE_CHARACTERS_MAX)
    _check_unit(unit)
    lowest_minor = -limits.COUNTER_MINOR_MAX if kind in limits.KINDS_THAT_MAY_GO_NEGATIVE else 0
    if (minimum_minor is None and lowest_minor == 0) or not lowest_minor <= (minimum_minor or 0) <= 0:
        raise Refusal("minimum_out_of_range", _("Only an issuer may go below zero. Use 0."), field="minimum_minor")
    if maximum_minor is not None and not 0 <= maximum_minor <= limits.COUNTER_MINOR_MAX:
        raise Refusal("maximum_out_of_range", _("Choose a limit of 0 or more."), field="maximum_minor")
    code = _scalar(
        "select ledger_open_account(%s, %s, %s, %s, %s, %s, %s)",
        [account_id, owner_id, unit, kind, service, minimum_minor, maximum_minor],
    )
    if code is not None:
        raise refusal(code, field="unit" if code == "unit_not_found" else "account_id")
    return Account(account_id, owner_id, unit, kind, service, minimum_minor, maximum_minor, frozen=False, closed=False)


def post(transfer: Transfer) -> Posted | Refused:
    """Move the amount now, or say why not."""
    check(transfer)
    return _answer(transfer.id, "select * from ledger_post(%s, %s, %s, %s, %s, %s, %s)", _columns(transfer))


def post_up_to(transfer: Transfer) -> Posted | Refused:
    """Move as much of the amount as the payer has and the payee may hold: the answer says how much that was.

    Refused (exceeds_balance, exceeds_limit) where that is nothing.
    """
    check(UpTo(transfer))
    return _answer(transfer.id, "select * from ledger_post_up_to(%s, %s, %s, %s, %s, %s, %s)", _columns(transfer))


def hold(transfer: Transfer, expires_at: datetime) -> Posted | Refused:
    """Reserve the amount until `expires_at`: it can no longer be spent, and has not yet arrived."""
    check(Hold(transfer, expires_at))
    return _answer(
        transfer.id,
        "select * from ledger_hold(%s, %s, %s, %s, %s, %s, %s, %s)",
        [*_columns(transfer), expires_at],
    )


def post_hold(id: UUID, hold_id: UUID, amount_minor: int | None = None) -> Posted | Refused:
    """Take what `hold_id` reserved, in full or `amount_minor` of it with the rest released. A hold resolves once."""
    check(PostHold(id, hold_id, amount_minor))
    return _answer(id, "select * from ledger_post_hold(%s, %s, %s)", [id, hold_id, amount_minor])


def void_hold(id: UUID, hold_id: UUID) -> Posted | Refused:
    """Release all that `hold_id` reserved."""
    return _answer(id, "select * from ledger_void_hold(%s, %s)", [id, hold_id])


def post_linked(operations: Sequence[Operation]) -> tuple[Posted, ...] | Refused:
    """All of the operations in order, each seeing the ones before it, or none of them.

    The group is one request: asked again whole it gets the same answer; one of its ids asked in another group or alone
    is a conflict. `Refused` names the first operation that could not be; the others' ids are spent with it.
    """
    if not 1 <= len(operations) <= limits.LINKED_TRANSFERS_MAX:
        raise Refusal(
            "group_out_of_range",
            _("Link at least 1 and at most %(most)s transfers.") % {"most": limits.LINKED_TRANSFERS_MAX},
        )
    for operation in operations:
        check(operation)
    body = [element(operation) for operation in operations]
    if len({element["id"] for element in body}) != len(body):
        raise refusal("id_conflict", field="id")
    answered = rows("select * from ledger_post_linked(%s::jsonb)", [json.dumps(body)])
    refused = [row for row in answered if row[1] is not None and row[1] != "linked_refused"]
    for transfer_id, code, at, _amount_minor in refused:
        if code == "id_conflict":
            raise refusal(code, field="id")
        return Refused(transfer_id, code, at)
    return tuple(Posted(transfer_id, amount_minor, at) for transfer_id, _code, at, amount_minor in answered)


def lock_accounts(account_ids: Sequence[UUID]) -> None:
    """Lock accounts until the end of the transaction, in the order in which every verb of the ledger does.

    For a transaction that will call several verbs: all that it is going to touch, locked first, cannot meet another
    halfway. An account that does not exist yet may be among them.
    """
    if len(account_ids) > limits.LINKED_TRANSFERS_MAX:
        raise ValueError(f"at most {limits.LINKED_TRANSFERS_MAX} accounts can be locked in one call")
    _scalar("select ledger_lock_accounts(%s)", [list(account_ids)])


def post_or_refuse(transfer: Transfer) -> Posted:
    """`post`, raising what is refused as a `Refusal` with the ledger's code; the roll-back forgets the attempt."""
    with transaction.atomic():
        return accepted(post(transfer))


def post_linked_or_refuse(operations: Sequence[Operation]) -> tuple[Posted, ...]:
    """`post_linked`, raising what is refused as a `Refusal` with the ledger's code."""
    with transaction.atomic():
        return accepted(post_linked(operations))


def accepted[Accepted: (Posted, tuple[Posted, ...])](answer: Accepted | Refused) -> Accepted:
    """The answer of any verb, raising what was refused as a `Refusal` with the ledger's code."""
    if isinstance(answer, Refused):
        raise refusal(answer.code)
    return answer


def freeze(account_id: UUID) -> None:
    """Nothing leaves the account any more: no post, no new hold, no taking of a hold. Releases and credits go on."""
    _done("select ledger_freeze(%s, true)", account_id)


def unfreeze(account_id: UUID) -> None:
    """Take a freeze back."""
    _done("select ledger_freeze(%s, false)", account_id)


def close_account(account_id: UUID) -> None:
    """Close an empty account for good. Raises `Refusal` when anything is on it or held."""
    _done("select ledger_close_account(%s)", account_id)


def set_lane(account_ids: Sequence[UUID], lane: str) -> None:
    """Move a set of accounts to lane "A" (one by one, with the caller's rows) or "B" (in batches), all of them at once.

    From the commit on, each of them is written by that lane alone. Raises `Refusal` (account_not_found,
    hold_between_lanes where a reservation ties one of them to an account outside the set).
    """
    if lane not in ("A", "B") or not 1 <= len(account_ids) <= limits.LANE_ACCOUNTS_MAX:
        raise ValueError(f"1 to {limits.LANE_ACCOUNTS_MAX} accounts go to lane A or B")
    code = _scalar("select ledger_set_lane(%s, %s)", [list(account_ids), lane])
    if code is not None:
        raise refusal(code, field="account_ids")


def expire_holds() -> int:
    """Release what overdue holds reserve, at most `EXPIRED_HOLDS_A_TRANSACTION_MAX` of them; how many there were.

    The sweep calls it each `SWEEP_PERIOD`, in a transaction of its own, until it answers less than the most.
    """
    return int(_scalar("select ledger_expire_holds(%s)", [limits.EXPIRED_HOLDS_A_TRANSACTION_MAX]))


def _columns(transfer: Transfer) -> list[Any]:
    return [
        transfer.id,
        transfer.debit_account_id,
        transfer.credit_account_id,
        transfer.amount_minor,
        transfer.unit,
        transfer.code,
        transfer.memo_ref,
    ]


def element(operation: Operation) -> dict[str, Any]:
    """The operation as the SQL functions take it among others."""
    match operation:
        case Transfer():
            names = ("id", "debit", "credit", "amount", "unit", "code", "memo_ref")
            values = (str(value) if isinstance(value, UUID) else value for value in _columns(operation))
            return {"kind": "post", **dict(zip(names, values, strict=True))}
        case UpTo(transfer):
            return {**element(transfer), "up_to": True}
        case Hold(transfer, expires_at):
            return {**element(transfer), "kind": "hold", "expires": expires_at.isoformat()}
        case PostHold(id, hold_id, amount_minor):
            return {"kind": "post_hold", "id": str(id), "hold": str(hold_id), "amount": amount_minor}
        case VoidHold(id, hold_id):
            return {"kind": "void_hold", "id": str(id), "hold": str(hold_id)}


def check(operation: Operation) -> None:
    """Raise what makes an operation impossible in itself, whatever is on the accounts; the same in both lanes."""
    match operation:
        case Transfer():
            _check_amount(operation.amount_minor)
            _check_unit(operation.unit)
            _check_slug(operation.code, "code", limits.CODE_CHARACTERS_MAX)
            if len(operation.memo_ref.encode()) > limits.MEMO_REF_BYTES_MAX or "\0" in operation.memo_ref:
                raise Refusal("memo_ref_invalid", _("The reference is too long."), field="memo_ref")
            if operation.debit_account_id == operation.credit_account_id:
                raise Refusal("same_account", _("Choose two different accounts."), field="credit_account_id")
        case UpTo(transfer):
            check(transfer)
        case Hold(transfer, expires_at):
            check(transfer)
            if expires_at.tzinfo is None:
                raise ValueError("a hold's expiry needs a time zone")
            if expires_at > clock.now() + limits.HOLD_LONGEST:
                raise Refusal(
                    "expiry_out_of_range",
                    _("Nothing can be reserved for longer than %(days)s days.") % {"days": limits.HOLD_LONGEST.days},
                    field="expires_at",
                )
        case PostHold(_, _, amount_minor) if amount_minor is not None:
            _check_amount(amount_minor)


def _check_amount(amount_minor: int) -> None:
    if isinstance(amount_minor, bool) or not isinstance(amount_minor, int):
        raise TypeError(f"an amount is a whole number of minor units, not {amount_minor!r}")
    if not 1 <= amount_minor <= limits.AMOUNT_MINOR_MAX:
        raise Refusal("amount_out_of_range", _("Choose an amount above zero that can be paid."), field="amount_minor")


def _check_unit(unit: str) -> None:
    if not 1 <= len(unit) <= limits.UNIT_CHARACTERS_MAX or not unit.isalnum() or not unit.isascii():
        raise refusal("unit_not_found", field="unit")


def _check_slug(text: str, field: str, characters_max: int) -> None:
    if len(text) > characters_max or not _SLUG.fullmatch(text):
        raise ValueError(f"{field} {text!r} is not a slug of at most {characters_max} characters")


def _answer(transfer_id: UUID, statement: str, parameters: list[Any]) -> Posted | Refused:
    ((code, at, amount_minor),) = rows(statement, parameters)
    if code is None:
        return Posted(transfer_id, amount_minor, at)
    if code == "id_conflict":
        raise refusal(code, field="id")
    return Refused(transfer_id, code, at)


def _done(statement: str, account_id: UUID) -> None:
    code = _scalar(statement, [account_id])
    if code is not None:
        raise refusal(code, field="account_id")


def _scalar(statement: str, parameters: list[Any]) -> Any:
    ((value,),) = rows(statement, parameters)
    return value


def rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of one call of the ledger's functions. Raises `Refusal` (ledger_busy) where a lock is not to be had."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in _BUSY_STATES:
            raise refusal("ledger_busy") from error
        raise
