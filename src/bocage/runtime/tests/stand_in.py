"""Runs `up` with small processes in place of the real ones: python -m bocage.runtime.tests.stand_in SCENARIO.

Everything else is real: the database, its roles, the lock, the state file, the signals.
"""

import sys
from collections.abc import Mapping
from unittest.mock import patch

from rich.console import Console

from bocage.runtime import up
from bocage.runtime.place import RuntimeRefusal, home
from bocage.runtime.processes import GivenUp, Program

WEB = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
SLEEPER = "import time; time.sleep(600)"
# Has a child of its own in the same group, and neither minds being asked to end.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", child])
time.sleep(600)
"""
CRASHING = "import sys; print('the bridge is out'); sys.exit(7)"
SCENARIOS = {"calm": SLEEPER, "stubborn": STUBBORN, "crashing": CRASHING}


def main(scenario: str, port: int) -> int:
    """Run `up` until it is told to stop."""

    def programs(addresses: up.Addresses, environment: Mapping[str, str], _tls: list[str]) -> list[Program]:
        web = Program("web", [sys.executable, "-c", WEB, str(addresses.web_port)], environment)
        return [web, Program("worker", [sys.executable, "-c", SCENARIOS[scenario]], environment)]

    console = Console(highlight=False)
    try:
        with patch.object(up, "programs", programs), patch.object(up, "prepare"):
            return up.up(home(), up.Wish(port=port, demo=False), console)
    except (RuntimeRefusal, GivenUp) as error:
        console.print(f"bocage: {error}")
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2])))
