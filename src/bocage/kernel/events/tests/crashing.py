"""A deliverer that is killed, the first time, after its handler wrote and before the commit. Run by `test_delivery`."""

import os
import signal
import sys
from pathlib import Path


def main(marker: Path) -> None:
    import django

    django.setup()
    from bocage.kernel.events import loop
    from bocage.kernel.events.tests import fakes
    from bocage.kernel.events.types import Event

    def handler(event: Event) -> None:
        fakes.write_effect(event)
        if event.data["n"] == 5 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    with fakes.town(handler):
        loop.drain()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
