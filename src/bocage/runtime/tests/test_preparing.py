"""What `up` does before the processes start: addresses, wishes, the database, and what is skipped the second time."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bocage.kernel.postgres import launcher, roles
from bocage.runtime import preparing, up
from bocage.runtime.place import Home, RuntimeRefusal, is_running, sole_runner, without_credentials


def quiet(_line: str) -> None:
    return


@pytest.fixture(scope="module")
def place() -> Iterator[Home]:
    """A data folder with a running database."""
    folder = Path(tempfile.mkdtemp(prefix="bocage-preparing-", dir="/tmp"))
    folder.chmod(0o711)
    home = Home(folder)
    home.prepare()
    launcher.start(home.cluster, options={"fsync": "off"})
    yield home
    launcher.remove(home.cluster)
    shutil.rmtree(folder)


@pytest.fixture
def database(place: Home, monkeypatch: pytest.MonkeyPatch) -> preparing.Database:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return preparing.open_database(place, quiet)


@pytest.fixture
def commands_run(monkeypatch: pytest.MonkeyPatch, place: Home) -> list[tuple[str, ...]]:
    """The commands that were run, without running them."""
    calls: list[tuple[str, ...]] = []

    def remember(steps: preparing._Steps, *arguments: str, then: Callable[[], object] | None = None) -> preparing.Step:
        calls.append(arguments)
        if "collectstatic" in arguments:
            (place.folder / "static").mkdir(exist_ok=True)
        if arguments == ("demo", "populate"):
            place.sign_ins_file.write_text("[]")
        process = subprocess.Popen([sys.executable, "-c", ""])
        return preparing.Step(" ".join(arguments), process, steps.place.logs / "none.log", then)

    monkeypatch.setattr(preparing._Steps, "begin", remember)
    return calls


# --- the data folder -------------------------------------------------------------------------------------------------


def test_the_secret_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    home.prepare()
    first = home.secret()
    assert len(first) >= 48
    assert stat.S_IMODE(home.secret_file.stat().st_mode) == 0o600
    home.prepare()
    assert home.secret() == first


def test_only_one_holds_the_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not is_running(home)
    with sole_runner(home) as first:
        assert first
        assert is_running(home)
        with sole_runner(home) as second:
            assert not second
    assert not is_running(home)


def test_credentials_never_leave_the_url() -> None:
    url = without_credentials("postgresql://me:secret@db.example:6432/town?sslmode=require")
    assert url == "postgresql://db.example:6432/town?sslmode=require"
    assert without_credentials("postgresql://me:x@[::1]/town") == "postgresql://[::1]:5432/town"


# --- the database ----------------------------------------------------------------------------------------------------


def test_the_processes_url_carries_no_password(database: preparing.Database, place: Home) -> None:
    assert "@" not in database.url
    password = roles.password_of(roles.APP, place.secret())
    with psycopg.connect(database.url, user=roles.APP, password=password) as link:
        assert link.execute("SELECT current_user").fetchone() == (roles.APP,)


def test_an_operators_server_is_taken_from_database_url(
    place: Home, database: preparing.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.server is not None
    monkeypatch.setenv("DATABASE_URL", database.server.url("elsewhere"))
    outside = preparing.open_database(place, quiet)
    assert outside.server is None
    assert outside.url.endswith("/elsewhere")
    password = roles.password_of(roles.MIGRATOR, place.secret())
    with psycopg.connect(outside.url, user=roles.MIGRATOR, password=password) as link:
        assert link.execute("SELECT current_database()").fetchone() == ("elsewhere",)


@pytest.mark.parametrize("url", ["mysql://a:b@host/town", "town", "postgresql:///town"])
def test_a_strange_database_url_is_refused(place: Home, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(RuntimeRefusal, match="DATABASE_URL must look like"):
        preparing.open_database(place, quiet)


def test_each_step_is_done_once_until_its_reason_changes(
    place: Home,
    database: preparing.Database,
    commands_run: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = {"BOCAGE_MODE": "demo"}

    def prepare() -> list[str]:
        commands_run.clear()
        preparing.prepare(place, database, environment, quiet)
        settling = preparing.begin_demo(place, database, environment, quiet)
        if settling is not None:
            settling.finish()
        return [" ".join(each[:2]) for each in commands_run]

    assert prepare() == ["manage collectstatic", "manage migrate", "demo populate"]
    assert prepare() == []

    with monkeypatch.context() as patched:
        patched.setattr(preparing, "fingerprint", lambda _files, **_options: "another")
        assert prepare() == ["manage collectstatic", "manage migrate"]
        assert prepare() == []

    place.sign_ins_file.unlink()
    assert prepare()[-1] == "demo populate"

    with pytest.raises(RuntimeRefusal, match="holds the demo city"):
        preparing.prepare(place, database, {"BOCAGE_MODE": "production"}, quiet)


def test_a_failing_step_shows_the_end_of_what_it_said(place: Home) -> None:
    steps = preparing._Steps(place, dict(os.environ))
    with pytest.raises(RuntimeRefusal, match="no-such-command"):
        steps.run("no-such-command")
    assert "no-such-command" in (place.logs / "prepare-no-such-command.log").read_text()


def test_a_step_beside_a_failing_one_is_ended(
    place: Home, database: preparing.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = preparing.Step("beside", subprocess.Popen(["sleep", "600"]), place.logs / "none.log")
    monkeypatch.setattr(preparing, "_begin_static", lambda *_arguments: beside)
    monkeypatch.setattr(preparing, "fingerprint", lambda _files, **_options: "yet another")
    failing = preparing.Step("failing", subprocess.Popen(["false"]), place.logs / "none.log")
    (place.logs / "none.log").touch()
    monkeypatch.setattr(preparing._Steps, "begin", lambda *_arguments, **_options: failing)
    with pytest.raises(RuntimeRefusal, match="`failing` failed"):
        preparing.prepare(place, database, {"BOCAGE_MODE": "demo"}, quiet)
    assert beside.process.poll() is not None


def test_a_fingerprint_follows_contents_and_names(tmp_path: Path) -> None:
    one, two = tmp_path / "0001_a.py", tmp_path / "0002_b.py"
    one.write_text("a")
    alone = preparing.fingerprint([one])
    two.write_text("b")
    both = preparing.fingerprint([one, two])
    assert alone != both == preparing.fingerprint([two, one, one])
    two.write_text("c")
    assert preparing.fingerprint([one, two]) != both


# --- wishes and addresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (up.Wish(port=0), "--port 0"),
        (up.Wish(port=65_535), "--port 65535"),
        (up.Wish(public_url="city.example"), "--public-url must look like"),
        (up.Wish(public_url="https://city.example/path"), "without a path"),
        (up.Wish(certificate=Path("c.pem")), "--certificate and --key together"),
        (up.Wish(certificate=Path("c.pem"), key=Path("k.pem")), "needs --public-url https://"),
        (up.Wish(production=True), "--production needs --public-url"),
        (up.Wish(production=True, public_url="http://city.example"), "--production needs --public-url"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(wish: up.Wish, message: str) -> None:
    with pytest.raises(RuntimeRefusal, match=message):
        wish.check()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_alone_it_answers_on_localhost_with_streams_beside() -> None:
    port = free_port()
    found = up.choose_addresses(up.Wish(port=port), quiet)
    assert (found.host, found.public_url) == ("127.0.0.1", f"http://localhost:{found.web_port}")
    assert found.streams_url == f"http://localhost:{found.web_port + 1}"


def test_behind_a_proxy_pages_and_streams_share_the_public_name() -> None:
    found = up.choose_addresses(up.Wish(port=free_port(), public_url="https://city.example/"), quiet)
    assert found.public_url == found.streams_url == "https://city.example"
    assert found.local_url.startswith("http://127.0.0.1:")


def test_with_a_certificate_it_listens_everywhere() -> None:
    wish = up.Wish(
        port=free_port(), public_url="https://city.example:8443", certificate=Path("c.pem"), key=Path("k.pem")
    )
    found = up.choose_addresses(wish, quiet)
    assert found.host == "0.0.0.0"
    assert found.local_url == f"https://127.0.0.1:{found.web_port}"
    assert found.streams_url == f"https://city.example:{found.streams_port}"


def test_a_taken_streams_port_moves_both() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1] - 1
        found = up.choose_addresses(up.Wish(port=wanted), said.append)
    assert found.web_port != wanted
    assert said == [f"Port {wanted} is taken; using {found.web_port}."]


# --- TLS -------------------------------------------------------------------------------------------------------------


def write_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate and its key in the older of the two PEM forms."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    older_form = serialization.PrivateFormat.TraditionalOpenSSL
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, older_form, serialization.NoEncryption()))
    return certificate_file, key_file


def test_a_key_in_the_older_form_is_handed_over_in_the_newer(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path, "city.example")
    wish = up.Wish(public_url="https://city.example", certificate=certificate, key=key)
    options = up._tls_options(Home(tmp_path), wish)
    handed = Path(options[options.index("--ssl-keyfile") + 1])
    assert handed.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert stat.S_IMODE(handed.stat().st_mode) == 0o600


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    certificate, _ = write_pair(tmp_path, "city.example")
    _, key = write_pair(tmp_path, "other.example")
    wish = up.Wish(public_url="https://city.example", certificate=certificate, key=key)
    with pytest.raises(RuntimeRefusal, match="do not work together"):
        up._tls_options(Home(tmp_path), wish)
    missing = up.Wish(public_url="https://city.example", certificate=tmp_path / "none.pem", key=key)
    with pytest.raises(RuntimeRefusal, match=r"none\.pem"):
        up._tls_options(Home(tmp_path), missing)
