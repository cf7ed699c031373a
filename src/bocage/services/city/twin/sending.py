"""Sends the journal to the town's API, in its order, until the town has answered for each row."""

import hashlib
import http.client
import json
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bocage.services.city.twin.journal import Journal

log = logging.getLogger(__name__)

ROWS_A_TURN = 400
PAUSE_SECONDS = 2.0
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0)
TIMEOUT_SECONDS = 10.0
# A key of whom the town does not let send (403) would be refused anew.
KEY_WRONG = 401
UNKNOWN_LIGHT = 404
# What another attempt cannot mend: the row itself is wrong.
REFUSED = (400, 413, 422)
ADDRESSES = {"change": ("phase-changes", "changes"), "record": ("observations", "records")}


class Sender(threading.Thread):
    """One thread. `key` gives the API key, a new one when it is called with True; `lights` is said when asked for."""

    def __init__(
        self, journal: Journal, town: str, key: Callable[[bool], str], lights: Sequence[dict[str, Any]], refused: Path
    ) -> None:
        super().__init__(name="sender", daemon=True)
        self._journal, self._town, self._key, self._lights = journal, town.rstrip("/"), key, lights
        self._refused = refused
        self._stop = threading.Event()
        self._said = False

    def stop(self) -> None:
        """Send what can be sent now, and end."""
        self._stop.set()

    def run(self) -> None:
        failures, new_key = 0, False
        while True:
            stopping = self._stop.is_set()
            status = self._turn(new_key)
            new_key = status == KEY_WRONG
            self._said = self._said and status != UNKNOWN_LIGHT
            if stopping and (status != 0 or not self._journal.unsent_bytes):
                return
            failures = 0 if status in (0, UNKNOWN_LIGHT) else failures + 1
            pause = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1] if failures else PAUSE_SECONDS
            self._stop.wait(pause)

    def _turn(self, new_key: bool) -> int:
        """Send all that waits; 0, or the status that stopped it."""
        try:
            key = self._key(new_key)
        except Exception:
            # The town's database is away: so is whoever could make a key.
            log.warning("twin: no key yet", exc_info=True)
            return 503
        if not self._said:
            status = self._post("signals", {"signals": self._lights}, key)
            if status >= 300:
                return status
            self._said = True
        most = ROWS_A_TURN
        while True:
            rows, end = self._journal.pending(most)
            if not rows:
                return 0
            kind = rows[0]["kind"]
            if kind in ADDRESSES:
                path, field = ADDRESSES[kind]
                status = self._post(path, {field: [_without_kind(row) for row in rows]}, key)
                if status in REFUSED and len(rows) > 1:
                    # One of them is wrong: fewer and fewer, until it stands alone.
                    most = len(rows) // 2
                    continue
                if status in REFUSED:
                    self._lay_aside(rows, status)
                elif status >= 300:
                    return status
            self._journal.taken(end)
            most = min(2 * most, ROWS_A_TURN)

    def _post(self, path: str, body: dict[str, Any], key: str) -> int:
        text = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
        request = urllib.request.Request(  # noqa: S310 - the town's own address, given by whoever started us
            f"{self._town}/api/v1/city/{path}",
            text,
            {
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
                # The same rows sent again are the same request.
                "Idempotency-Key": hashlib.sha256(text).hexdigest()[:48],
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            log.warning("twin: %s answered %s: %s", path, error.code, _words(error))
            return error.code
        except (OSError, http.client.HTTPException) as error:
            log.warning("twin: the town does not answer: %s", error)
            return 503

    def _lay_aside(self, rows: Sequence[dict[str, Any]], status: int) -> None:
        """Rows that the town will never take must not stop all others; they stay in a file of their own."""
        with self._refused.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps({"status": status, **row}, ensure_ascii=False) + "\n" for row in rows)


def _words(error: urllib.error.HTTPError) -> str:
    """What the town says beside its status; it may hang up before it has said it, and the status counts alone."""
    try:
        return error.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as cut:
        return f"(cut off: {cut})"


def _without_kind(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "kind"}
