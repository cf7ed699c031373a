"""How the chain keeps up: what waits for its batch, who writes lane B, and when the last checkpoint was signed."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from bocage.kernel.proofs import models


@dataclass(frozen=True)
class Sealing:
    """`unsealed`: transfers of lane A in no batch yet, 100,000 at most; `oldest_at` the first of them.

    `poster_epoch` counts the posters that lane B has had, 0 before the first; `poster_since` is when the last took it.
    """

    unsealed: int
    oldest_at: datetime | None
    poster_epoch: int
    poster_since: datetime | None
    checkpoint: int
    checkpoint_at: datetime | None


def sealing() -> Sealing:
    """As it is now, in two queries; whoever asks."""
    with connection.cursor() as cursor:
        cursor.execute("select unsealed, oldest, epoch, taken_at from ledger_sealing()")
        unsealed, oldest_at, epoch, since = cursor.fetchone()
    last = models.Checkpoint.objects.order_by("-number").values_list("number", "signed_at").first()
    number, signed_at = last or (0, None)
    return Sealing(unsealed, oldest_at, epoch or 0, since, number, signed_at)
