"""`./bocage up`: everything that one installation runs, from the first step to the last process gone."""

import http.client
import json
import os
import secrets
import signal
import socket
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from bocage.kernel.postgres import launcher
from bocage.runtime.place import Home, ProcessState, RuntimeRefusal, State, read_state, sole_runner
from bocage.runtime.preparing import CLUSTER_OPTIONS, Database, Say, begin_demo, open_database, prepare
from bocage.runtime.processes import POLL_SECONDS, RUN_VARIABLE, GivenUp, Program, Supervisor, end_leftovers, keep_short

LOOPBACK = "127.0.0.1"
PORT_TRIES = 50
READY_SECONDS = 120
READY_PATH = "/health/ready"
READY_STATUS = 200
FAILING_STATUS = 400
WAITING_STATUS = 503
FAILING_SECONDS = 15
DATABASE_CHECK_SECONDS = 2.0
LOG_CHECK_SECONDS = 60.0
WEB_WORKERS = range(2, 9)
WEB_THREADS = 8


@dataclass(frozen=True)
class Wish:
    """What the person asked `up` for."""

    port: int = 8000
    host: str = ""
    public_url: str = ""
    streams_url: str = ""
    certificate: Path | None = None
    key: Path | None = None
    demo: bool = True
    production: bool = False

    def check(self) -> None:
        """Refuse what cannot work, before anything is started."""
        if not 1 <= self.port <= 65_534:
            raise RuntimeRefusal(f"--port {self.port}: choose one between 1 and 65534.")
        for option, url in (("--public-url", self.public_url), ("--streams-url", self.streams_url)):
            parts = urlsplit(url)
            if url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/")):
                raise RuntimeRefusal(f"{option} must look like https://city.example, without a path; it is {url!r}.")
        if (self.certificate is None) != (self.key is None):
            raise RuntimeRefusal("Give --certificate and --key together.")
        if self.certificate is not None and not self.public_url.startswith("https://"):
            raise RuntimeRefusal("A certificate needs --public-url https://... with the name it was issued for.")
        if self.production and not self.public_url.startswith("https://"):
            raise RuntimeRefusal(
                "--production needs --public-url https://...: passkeys and the camera work nowhere else on a phone."
            )


@dataclass(frozen=True)
class Addresses:
    """Where the two doors listen and how the world calls them."""

    host: str
    web_port: int
    streams_port: int
    public_url: str
    streams_url: str
    local_url: str


@dataclass
class Started:
    """What has been started so far, so that it can be stopped again from any point."""

    run: str
    supervisor: Supervisor | None = None
    cluster: Path | None = None


@dataclass(frozen=True)
class Running:
    """An installation that answers."""

    addresses: Addresses
    state: State
    supervisor: Supervisor
    database: Database


def up(place: Home, wish: Wish, console: Console) -> int:
    """Run until told to stop; the exit status."""

    def say(line: str) -> None:
        # Whole lines, so that a path in them can be copied, and taken as they are.
        console.print(line, soft_wrap=True, markup=False)

    wish.check()
    place.prepare()
    with sole_runner(place) as alone:
        if not alone:
            state = read_state(place)
            where = f" at {state.address}" if state else ""
            raise RuntimeRefusal(f"Bocage runs already{where}. See ./bocage status; stop it with ./bocage down.")
        clear_leftovers(place, say)
        started = Started(run=secrets.token_hex(8))
        begun = time.monotonic()
        with _stopping_on_signals():
            try:
                running = _start(place, wish, started, say)
                console.print(_welcome(place, running.addresses, wish, time.monotonic() - begun))
                _watch(place, running, say)
            except KeyboardInterrupt:
                _ignore_signals()
                say("Stopping.")
                return 0
            finally:
                _ignore_signals()
                _stop(place, started, say)
    return 0


def clear_leftovers(place: Home, say: Say) -> None:
    """End the processes of an `up` that was killed before it could stop them."""
    state = read_state(place)
    if state is None:
        return
    ended = end_leftovers(state.run)
    if ended:
        say(f"An earlier start was killed; ended {ended} process(es) that it left.")
    place.state_file.unlink(missing_ok=True)


def _start(place: Home, wish: Wish, started: Started, say: Say) -> Running:
    addresses = choose_addresses(wish, say)
    mode = "production" if wish.production else "demo"
    state = State(os.getpid(), started.run, addresses.public_url, addresses.local_url, mode)
    state.write(place)
    tls = _tls_options(place, wish)
    if not os.environ.get("DATABASE_URL"):
        started.cluster = place.cluster
    database = open_database(place, say)
    environment = {**environment_of(place, addresses, database.url, mode), RUN_VARIABLE: started.run}
    demo = wish.demo and not wish.production
    state.told = {name: environment[name] for name in TOLD}
    state.write(place)
    prepare(place, database, environment, say)
    supervisor = Supervisor(place.logs, say)
    started.supervisor = supervisor
    web, *others = programs(addresses, environment, tls)
    supervisor.start([web])
    _note(place, state, supervisor)
    # Pages first: every process loads the whole platform, and together they would wait for the processors.
    _await_ready(supervisor, addresses)
    supervisor.start(others)
    _note(place, state, supervisor)
    settling = begin_demo(place, database, environment, say) if demo else None
    if settling is not None:
        settling.finish(meanwhile=supervisor.check)
    if demo:
        supervisor.start([demo_life(environment), *twin(environment, addresses, say)])
    supervisor.start(keeping(environment))
    state.ready = True
    _note(place, state, supervisor)
    return Running(addresses, state, supervisor, database)


def _watch(place: Home, running: Running, say: Say) -> None:
    database, supervisor = running.database, running.supervisor
    next_database = next_logs = 0.0
    while True:
        if supervisor.check():
            _note(place, running.state, supervisor)
        moment = time.monotonic()
        if database.server is not None and moment >= next_database:
            _revive(place, database.server, say)
            next_database = moment + DATABASE_CHECK_SECONDS
        if moment >= next_logs:
            for log in (*place.logs.glob("*.log"), *place.cluster.glob("log/*.log")):
                keep_short(log)
            next_logs = moment + LOG_CHECK_SECONDS
        time.sleep(POLL_SECONDS)


def _revive(place: Home, server: launcher.Server, say: Say) -> None:
    """Start the database again where it went away, on the port that the processes know."""
    if launcher.alive(place.cluster):
        return
    say("The database went away; starting it again.")
    launcher.start(place.cluster, options={**CLUSTER_OPTIONS, "port": str(server.port)})
    say("The database is back.")


def _stop(place: Home, started: Started, say: Say) -> None:
    if started.supervisor is not None:
        started.supervisor.stop()
    end_leftovers(started.run)
    if started.cluster is not None:
        try:
            launcher.stop(started.cluster)
        except launcher.LaunchError as error:
            say(str(error))
    place.state_file.unlink(missing_ok=True)


# --- addresses -------------------------------------------------------------------------------------------------------


def choose_addresses(wish: Wish, say: Say) -> Addresses:
    """The ports asked for, or free ones near them, and the addresses that follow."""
    host = wish.host or ("0.0.0.0" if wish.certificate else LOOPBACK)  # noqa: S104 - only with a certificate
    web_port, streams_port = _two_free_ports(host, wish.port)
    if web_port != wish.port:
        say(f"Port {wish.port} is taken; using {web_port}.")
    scheme = "https" if wish.certificate else "http"
    local_url = f"{scheme}://{LOOPBACK if host == '0.0.0.0' else host}:{web_port}"  # noqa: S104
    public_url = wish.public_url.rstrip("/") or f"http://localhost:{web_port}"
    name = urlsplit(public_url).hostname or "localhost"
    streams_url = wish.streams_url.rstrip("/")
    if not streams_url:
        # Behind a proxy the streams share the public name, and the proxy hands /streams/ to their port.
        behind_proxy = bool(wish.public_url) and wish.certificate is None
        streams_url = public_url if behind_proxy else f"{scheme}://{name}:{streams_port}"
    return Addresses(host, web_port, streams_port, public_url, streams_url, local_url)


def _two_free_ports(host: str, wanted: int) -> tuple[int, int]:
    for first in range(wanted, min(wanted + 2 * PORT_TRIES, 65_535), 2):
        if _is_free(host, first) and _is_free(host, first + 1):
            return first, first + 1
    raise RuntimeRefusal(f"No two free ports between {wanted} and {wanted + 2 * PORT_TRIES}. Give another --port.")


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise RuntimeRefusal(f"Port {port} is for root alone. Give --port 8000 or another above 1023.") from None
        except OSError:
            return False
    return True


def _tls_options(place: Home, wish: Wish) -> list[str]:
    """The server's TLS options; checks that certificate and key belong together."""
    if wish.certificate is None or wish.key is None:
        return []
    from cryptography.hazmat.primitives import serialization

    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(wish.certificate, wish.key)
        key = serialization.load_pem_private_key(wish.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise RuntimeRefusal(
            f"{wish.certificate} and {wish.key} do not work together ({error}). Give the PEM file of the certificate "
            "with its chain, and the PEM file of its key without a passphrase."
        ) from None
    # The server reads PKCS#8 alone; many tools still write the older form.
    copy = place.folder / "tls.key"
    copy.unlink(missing_ok=True)
    with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return ["--ssl-certificate", str(wish.certificate.resolve()), "--ssl-keyfile", str(copy)]


# --- processes -------------------------------------------------------------------------------------------------------


TOLD = ("BOCAGE_DATABASE_URL", "BOCAGE_PUBLIC_URL", "BOCAGE_STREAMS_URL", "BOCAGE_MODE")


def environment_of(place: Home, addresses: Addresses, database_url: str, mode: str) -> dict[str, str]:
    """What every process is told; docs/guide/settings.md lists it."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BOCAGE_SECRET_KEY"}}
    return {
        **kept,
        "BOCAGE_HOME": str(place.folder),
        "BOCAGE_SECRET_KEY_FILE": str(place.secret_file),
        "BOCAGE_DATABASE_URL": database_url,
        "BOCAGE_DATABASE_ROLE": "app",
        "BOCAGE_PUBLIC_URL": addresses.public_url,
        "BOCAGE_STREAMS_URL": addresses.streams_url,
        "BOCAGE_MODE": mode,
        "PYTHONUNBUFFERED": "1",
    }


def programs(addresses: Addresses, environment: Mapping[str, str], tls: list[str]) -> list[Program]:
    """The processes of an installation: pages and API, streams, jobs, event delivery, the ledger's poster."""
    cores = os.cpu_count()
    workers = min(max(cores or 1, WEB_WORKERS.start), WEB_WORKERS.stop - 1)
    granian = [sys.executable, "-m", "granian", "--host", addresses.host, "--workers-kill-timeout", "3", *tls]
    web = ["--interface", "wsgi", "--port", str(addresses.web_port), "--workers", str(workers), "--no-ws"]
    web += ["--blocking-threads", str(WEB_THREADS), "--respawn-failed-workers", "bocage.wsgi:application"]
    streams = ["--interface", "asgi", "--port", str(addresses.streams_port), "bocage.streams:application"]
    command = [sys.executable, "-m", "bocage.cli"]
    delivering = {**environment, "BOCAGE_DATABASE_ROLE": "deliverer"}
    return [
        Program("web", [*granian, *web], environment),
        Program("streams", [*granian, *streams], delivering),
        Program("worker", [*command, "work"], environment),
        Program("deliverer", [*command, "deliver"], delivering),
        # Two, so that the ledger's lane B is written again within a second of its writer's end.
        *(Program(name, [*command, "post"], environment) for name in ("poster", "poster-standby")),
    ]


def keeping(environment: Mapping[str, str]) -> list[Program]:
    """What receives every change for the backups, where a folder is set; the town goes on without it."""
    folder = environment.get("BOCAGE_BACKUP_FOLDER")
    command = [sys.executable, "-m", "bocage.cli", "backup", str(folder), "--follow"]
    return [Program("backup", command, environment, essential=False)] if folder else []


def demo_life(environment: Mapping[str, str]) -> Program:
    """What lets the demo city live; everything else goes on without it."""
    return Program("demo", [sys.executable, "-m", "bocage.cli", "demo", "live"], environment, essential=False)


def twin(environment: Mapping[str, str], addresses: Addresses, say: Say) -> list[Program]:
    """What plays the demo town's streets and lights in SUMO, where that is installed; the town goes on without it."""
    if environment.get("BOCAGE_TWIN", "on") == "off":
        return []
    if find_spec("libsumo") is None:
        say("The town's streets are not played live: that needs SUMO. Install it with ./bocage extras add city.")
        return []
    local = addresses.local_url if addresses.local_url.startswith("http:") else addresses.public_url
    command = [sys.executable, "-m", "bocage.cli", "city", "twin", "--to", local]
    return [Program("twin", command, environment, essential=False)]


def _note(place: Home, state: State, supervisor: Supervisor) -> None:
    state.processes = [
        ProcessState(child.program.name, child.pid, child.restarts, child.started_at) for child in supervisor.children
    ]
    state.write(place)


def _await_ready(supervisor: Supervisor, addresses: Addresses) -> None:
    begun = time.monotonic()
    while (status := answer(addresses.local_url)) != READY_STATUS:
        supervisor.check()
        # A server that is only starting does not answer yet, or says 503; one that fails goes on failing.
        limit_seconds = FAILING_SECONDS if status >= FAILING_STATUS and status != WAITING_STATUS else READY_SECONDS
        if time.monotonic() - begun > limit_seconds:
            said = f"answers {status}" if status else "does not answer"
            tail = supervisor.children[0].tail()
            raise GivenUp(f"{addresses.local_url}{READY_PATH} {said}. The end of the log of web:\n{tail}")
        time.sleep(POLL_SECONDS)


def answer(local_url: str) -> int:
    """The HTTP status with which the web process says whether it is ready, 0 when it does not answer."""
    parts = urlsplit(local_url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        # Ourselves over loopback: the certificate is for the public name, not for this address.
        context = ssl._create_unverified_context()  # noqa: S323
        connection = http.client.HTTPSConnection(parts.hostname or LOOPBACK, parts.port, timeout=5, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or LOOPBACK, parts.port, timeout=5)
    try:
        connection.request("GET", READY_PATH)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


# --- signals and words -----------------------------------------------------------------------------------------------


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    def interrupt(_number: int, _frame: object) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    kept = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _welcome(place: Home, addresses: Addresses, wish: Wish, seconds: float) -> Panel:
    table = Table.grid(padding=(0, 2))
    table.add_row("Open", f"[bold]{addresses.public_url}[/bold]")
    if addresses.local_url != addresses.public_url and wish.public_url:
        table.add_row("", f"here: {addresses.local_url}; streams on port {addresses.streams_port}")
    for sign_in in _sign_ins(place) if wish.demo and not wish.production else []:
        table.add_row(f"{sign_in.get('name', '')}", f"{sign_in.get('email', '')}  {sign_in.get('password', '')}")
        table.add_row("", f"[dim]{sign_in.get('who', '')}[/dim]")
    table.add_row("Stop", "Ctrl-C, or ./bocage down")
    return Panel(table, title=f"Bocage is up ({seconds:.1f} s)", expand=False)


def _sign_ins(place: Home) -> list[dict[str, object]]:
    try:
        found = json.loads(place.sign_ins_file.read_text())
    except (OSError, ValueError):
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
