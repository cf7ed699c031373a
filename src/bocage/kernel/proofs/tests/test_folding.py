"""What a fold says of a ledger from which all accounts, or all holds, are gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import psycopg

from bocage.kernel.ledger.chain import KINDS, NULLABLE, TRANSFER
from bocage.kernel.proofs.folding import Fold


class _NoAccounts:
    """Sends the header and the end of a binary copy, and no row between them."""

    @contextmanager
    def copy(self, _statement: Any) -> Iterator[list[bytes]]:
        yield [bytes(19), b"\xff\xff"]


def faults_of(kind: str) -> list[tuple[str, str]]:
    transfers = np.zeros(1, TRANSFER)
    transfers["seq"], transfers["kind"], transfers["amount_minor"] = 7, KINDS.index(kind) + 1, 5
    transfers["nulls"] = 1 << NULLABLE.index("refusal")
    fold = Fold(cast("psycopg.Cursor[tuple[Any, ...]]", _NoAccounts()))
    fold.add(transfers)
    return [(each.place, each.says) for each in fold.faults()]


def test_a_transfer_between_accounts_that_are_gone_is_told() -> None:
    assert faults_of("post") == [("seq 7", "an account of it is not there, or counts in another unit")]


def test_the_end_of_a_hold_is_told_also_where_no_hold_is_left() -> None:
    assert faults_of("void_hold") == [("seq 7", "it resolves a hold that is not there")]
