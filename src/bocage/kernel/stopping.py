"""How a long-running command stops: on Ctrl-C or SIGTERM, at a place of its choosing."""

import signal
import threading


def stop_on_signal() -> threading.Event:
    """An event that is set when the process is asked to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
