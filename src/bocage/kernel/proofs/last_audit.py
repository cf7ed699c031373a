"""What the last audit found, for the console and the figures that are watched.

It lies in the data folder and not in the database: whoever audits may write nothing there.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from bocage.kernel import clock
from bocage.kernel.proofs.types import AuditReport

NOTE = "ledger-audit.json"
FAULTS_KEPT = 20


@dataclass(frozen=True)
class LastAudit:
    """When the ledger was last audited, how much of it there was, and the faults (place: what is wrong)."""

    at: datetime
    transfers: int
    batches: int
    accounts: int
    checkpoints: int
    unsealed: int
    wall_seconds: float
    faults: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return not self.faults


def keep(report: AuditReport) -> None:
    """Write the report down, whole or not at all. Raises `OSError`."""
    note = {
        "at": clock.now().isoformat(),
        **{name: getattr(report, name) for name in ("transfers", "batches", "accounts", "checkpoints", "unsealed")},
        "wall_seconds": round(report.wall_seconds, 3),
        "faults": [f"{each.place}: {each.says}" for each in report.faults[:FAULTS_KEPT]],
    }
    _write(note)


def keep_failure(says: str) -> None:
    """Write down that an audit could not be finished, and why. Raises `OSError`."""
    counts = dict.fromkeys(("transfers", "batches", "accounts", "checkpoints", "unsealed", "wall_seconds"), 0)
    _write({"at": clock.now().isoformat(), **counts, "faults": [says]})


def _write(note: Mapping[str, object]) -> None:
    folder = Path(settings.HOME)
    folder.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=folder, prefix=f".{NOTE}")
    with os.fdopen(handle, "w") as file:
        json.dump(note, file, indent=1)
    Path(draft).replace(folder / NOTE)


def last_audit() -> LastAudit | None:
    """The last one, None where there was none or its note cannot be read."""
    try:
        found = json.loads((Path(settings.HOME) / NOTE).read_text())
        return LastAudit(
            at=datetime.fromisoformat(found["at"]),
            transfers=int(found["transfers"]),
            batches=int(found["batches"]),
            accounts=int(found["accounts"]),
            checkpoints=int(found["checkpoints"]),
            unsealed=int(found["unsealed"]),
            wall_seconds=float(found["wall_seconds"]),
            faults=tuple(str(each) for each in found["faults"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
