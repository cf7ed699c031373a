"""Named places where a test may end the poster's process, as a power cut would."""

import os
import signal

from django.conf import settings

BEFORE_COPY = "before_copy"
AFTER_COPY = "after_copy"
BEFORE_ANSWER = "before_answer"  # after the commit
IN_RECOVERY = "in_recovery"
POINTS = (BEFORE_COPY, AFTER_COPY, BEFORE_ANSWER, IN_RECOVERY)
VARIABLE = "BOCAGE_FAULT_POINT"

_reached: dict[str, int] = {}


def reach(point: str) -> None:
    """SIGKILL to this process, where it runs as a test and `BOCAGE_FAULT_POINT` names this point: "point" the first
    time, "point:3" the third time that it is reached. Anywhere else nothing happens."""
    asked = os.environ.get("BOCAGE_FAULT_POINT", "")
    if not asked or settings.MODE != "test":
        return
    name, _colon, times = asked.partition(":")
    if name != point:
        return
    _reached[point] = _reached.get(point, 0) + 1
    if _reached[point] == int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
