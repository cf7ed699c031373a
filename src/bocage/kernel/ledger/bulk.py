"""Many transfers in one call: payroll, fares, metering. All of them together, or each by itself; an answer for each.

The accounts say by which lane: in lane A the batch commits with the caller's transaction, in lane B by itself, and the
event `ledger.answered` tells the calling service as well. What is sent again under the same ids is answered the same.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import actions, chain, client
from bocage.kernel.ledger.refusals import refusal
from bocage.kernel.ledger.types import Posted, Refused, Transfer

type Mode = Literal["all", "each"]

FILE_BYTES_MAX = 8 * 1024 * 1024
COLUMNS = ("id", "from", "to", "amount_minor", "unit", "code", "memo_ref")


class FileError(ValueError):
    """A file of transfers that cannot be read. The message names line and field."""


def post_many(transfers: Sequence[Transfer], mode: Mode, *, service: str = "") -> list[Posted | Refused]:
    """The answers in order. With "all" one refusal refuses all ("linked_refused"); an id that was used for something
    else is answered "id_conflict" and changes nothing.

    Raises `Refusal`: batch_out_of_range, mixed_lanes, what no transfer can be, ledger_busy, too_many_in_flight, and
    answer_unknown, where only the same asked again tells what became of it.
    """
    if not 1 <= len(transfers) <= chain.BATCH_TRANSFERS_MAX:
        raise Refusal(
            "batch_out_of_range",
            _("Send at least 1 and at most %(most)s transfers.") % {"most": chain.BATCH_TRANSFERS_MAX},
            field="transfers",
        )
    for transfer in transfers:
        actions.check(transfer)
    if len({transfer.id for transfer in transfers}) < len(transfers):
        raise refusal("id_conflict", field="transfers")
    lanes = _lanes({id for each in transfers for id in (each.debit_account_id, each.credit_account_id)})
    if len(lanes) > 1:
        raise refusal("mixed_lanes", field="transfers")
    if lanes == ["B"]:
        groups = [list(transfers)] if mode == "all" else [[each] for each in transfers]
        return [answer for group in client.submit(groups, service=service) for answer in group]
    elements = json.dumps([actions.element(each) for each in transfers])
    if mode == "each":
        rows = actions.rows("select refusal, at, amount_minor from ledger_post_each(%s::jsonb)", [elements])
        return [_answer(each.id, *row) for each, row in zip(transfers, rows, strict=True)]
    rows = actions.rows("select transfer_id, refusal, at, amount_minor from ledger_post_linked(%s::jsonb)", [elements])
    if rows[0][1] == "id_conflict":
        raise refusal("id_conflict", field="transfers")
    return [_answer(*row) for row in rows]


def read_file(path: Path) -> list[Transfer]:
    """The transfers of a CSV file with the columns `COLUMNS` in its first line (`memo_ref` may be left out).

    Raises `FileError` for the first line that is none, naming it and its field.
    """
    if path.stat().st_size > FILE_BYTES_MAX:
        raise FileError(f"{path}: larger than {FILE_BYTES_MAX} bytes")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: byte {error.start} is not UTF-8") from None
    lines = csv.DictReader(text.splitlines())
    try:
        return _transfers(path, lines)
    except csv.Error as error:
        raise FileError(f"{path}:{lines.line_num + 1}: {error}") from None


def _transfers(path: Path, lines: "csv.DictReader[str]") -> list[Transfer]:
    missing = [name for name in COLUMNS[:-1] if name not in (lines.fieldnames or ())]
    if missing:
        raise FileError(f"{path}:1: no column {missing[0]!r}; the columns are {', '.join(COLUMNS)}")
    found: list[Transfer] = []
    for line in lines:
        if len(found) == chain.BATCH_TRANSFERS_MAX:
            raise FileError(f"{path}:{lines.line_num}: more than {chain.BATCH_TRANSFERS_MAX} transfers")
        found.append(_transfer(f"{path}:{lines.line_num}", line))
    if not found:
        raise FileError(f"{path}: no transfer in it")
    return found


def _transfer(where: str, line: dict[str, str | None]) -> Transfer:
    field = ""
    try:
        ids = []
        for field in COLUMNS[:3]:
            ids.append(UUID(line[field] or ""))
        field = "amount_minor"
        amount_minor = int(line[field] or "")
        field = ""
        id, debit, credit = ids
        transfer = Transfer(
            id, debit, credit, amount_minor, line["unit"] or "", line["code"] or "", line.get("memo_ref") or ""
        )
        actions.check(transfer)
    except Refusal as error:
        raise FileError(f"{where}: {error}") from None
    except ValueError as error:
        raise FileError(f"{where}: {f'{field}: ' if field else ''}{error}") from None
    return transfer


def _answer(id: UUID, code: str | None, at: Any, amount_minor: int) -> Posted | Refused:
    return Posted(id, amount_minor, at) if code is None else Refused(id, code, at)


def _lanes(account_ids: set[UUID]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select ledger_lanes(%s)", [list(account_ids)])
        lanes: list[str] = cursor.fetchone()[0]
        return lanes
