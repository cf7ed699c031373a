"""Transfers a second of the ledger's lanes, beside naive Django-ORM code, on one durable server, in one run.

    .venv/bin/python benchmarks/ledger.py [--seconds 6] [--clients 1 8 64] [--parts one-by-one bulk group]
        [--row-security] [--option NAME=VALUE]

Each client is a process of its own with one connection. Every transfer commits by itself, with synchronous_commit and
fsync on, between two of 10,000 accounts: "uniform" takes any two, "hot" pays always into the same one.

- naive: what one writes at first. One transaction: lock both accounts (SELECT FOR UPDATE in id order), check, write a
  journal row and two entries, save both balances.
- lane A: the SQL function that the facade calls, by psycopg, prepared, autocommit.
- facade: `ledger.actions.post` through Django, as services call it.
- lane B, bulk: batches of 8,192 over the socket to the poster's process, with every index, event rows, Merkle tree and
  chain (`lane_b.py`); beside the naive way with 8 clients, in turns.
- audit: `./bocage ledger audit` over all that the parts before it wrote, lane A sealed first; rows a second by the
  clock, and CPU time of the auditing processes and of PostgreSQL.
- lane B, group commit: closed-loop clients, each with one transfer in flight, sharing a connection a process as the web
  workers' threads do; beside lane A with as many clients (one connection each).
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import window

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from bocage.kernel.postgres import launcher, roles

DATABASE = "bench"
SECRET = "of a server that lives for one measurement"
ACCOUNTS = 10_000
SEEDED_AT_ONCE = 500
OPENING_MINOR = 1_000_000_000
AMOUNT_MINOR = 100
TURNS = 3
PARTS = ("one-by-one", "bulk", "group", "audit")
GROUP_CLIENTS = (8, 64, 512)
PROCESSES_MAX = 64
POST_SQL = "select refusal, at, amount_minor from ledger_post(%s, %s, %s, %s::bigint, 'EUR', 'bench', '')"

type Pay = Callable[[UUID, UUID], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--row-security", action="store_true", help="also time lane A with row-level security off")
    parser.add_argument("--option", action="append", default=[], help="a PostgreSQL setting for this run")
    given = parser.parse_args()
    options = dict(option.split("=", 1) for option in given.option)
    folder = Path(tempfile.mkdtemp(prefix="bocage-bench-"))
    server = launcher.start(folder, options={"max_connections": "600", **options})
    try:
        prepare(server, folder)
        ids = seed(server)
        print(facts(server, options))
        if "one-by-one" in given.parts:
            compare(ids, given.clients, given.seconds)
        if set(given.parts) & {"bulk", "group"}:
            in_batches(server, ids, folder, given.parts, given.seconds)
        if "audit" in given.parts:
            audit_all(server)
        if given.row_security:
            without_row_security(server, ids, given.seconds)
    finally:
        launcher.remove(folder)


def prepare(server: launcher.Server, folder: Path) -> None:
    """A migrated database, and Django pointed at it."""
    roles.ensure(server.url("postgres"), DATABASE, SECRET)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bocage.settings")
    os.environ["BOCAGE_MODE"] = "test"
    os.environ["BOCAGE_HOME"] = str(folder / "home")
    os.environ["BOCAGE_SECRET_KEY"] = SECRET
    os.environ["BOCAGE_DATABASE_URL"] = f"postgresql://127.0.0.1:{server.port}/{DATABASE}"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", database="migrator", verbosity=0)


def seed(server: launcher.Server) -> list[UUID]:
    """The accounts of both ledgers, all with money; their ids."""
    from django.db import connection, connections

    naive = naive_models()
    with connections["migrator"].schema_editor() as editor:
        for model in naive:
            editor.create_model(model)
    ids = [uuid4() for _n in range(ACCOUNTS)]
    issuer = uuid4()
    naive[0].objects.bulk_create([naive[0](id=id, balance_minor=OPENING_MINOR) for id in ids], batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("select ledger_open_account(%s, null, 'EUR', 'issuer', '', null, null)", [issuer])
        cursor.execute(
            "select count(ledger_open_account(id, id, 'EUR', 'wallet', '', 0, null)) from unnest(%s::uuid[]) id", [ids]
        )
        # In parts, because the role that serves may not run a statement for long.
        for first in range(0, ACCOUNTS, SEEDED_AT_ONCE):
            cursor.execute(
                "select count(ledger_post(gen_random_uuid(), %s, id, %s, 'EUR', 'opening', ''))"
                " from unnest(%s::uuid[]) id",
                [issuer, OPENING_MINOR, ids[first : first + SEEDED_AT_ONCE]],
            )
    with psycopg.connect(server.url(DATABASE), autocommit=True) as admin:
        admin.execute("vacuum analyze")
        admin.execute("checkpoint")
    connections.close_all()
    return ids


def compare(ids: list[UUID], clients: list[int], seconds: float) -> None:
    """The table: a line for each number of clients and way of choosing accounts."""
    ways = {"naive": naive_payer, "lane A": lane_a_payer, "facade": facade_payer}
    print(f"{'clients':>7}  {'accounts':8}" + "".join(f"{name:>10}" for name in ways) + f"{'lane A/naive':>14}")
    for count in clients:
        for hot in (False, True):
            # In turns, and the median of them: what else the machine does falls on all ways alike.
            turns = [
                {name: measure(make, ids, count, hot, seconds / TURNS).speed for name, make in ways.items()}
                for _turn in range(TURNS)
            ]
            speeds = {name: statistics.median(turn[name] for turn in turns) for name in ways}
            line = f"{count:>7}  {'hot' if hot else 'uniform':8}" + "".join(f"{n:>10.0f}" for n in speeds.values())
            print(f"{line}{speeds['lane A'] / speeds['naive']:>13.1f}x", flush=True)


def in_batches(server: launcher.Server, ids: list[UUID], folder: Path, parts: list[str], seconds: float) -> None:
    """Lane B in bulk and by group commit, each beside its peer in turns; with the CPU time that a transfer takes."""
    import lane_b

    batch_ids, postmaster = seed_lane_b(server), postmaster_of(server)
    with lane_b.poster(folder) as process:

        def others() -> float:
            return window.postgres_cpu_seconds(postmaster) + window.cpu_seconds(process.pid)

        turn = seconds / TURNS
        if "bulk" in parts:
            print(f"\n{'accounts':8}{'naive, 8 clients':>18}{'lane B bulk':>14}{'ratio':>8}   CPU us a transfer, each")
            for hot in (False, True):
                pairs = [
                    (
                        measure(naive_payer, ids, 8, hot, turn, others),
                        lane_b.bulk(batch_ids, hot, turn, others),
                    )
                    for _turn in range(TURNS)
                ]
                print_pair(f"{'hot' if hot else 'uniform':8}", pairs)
        if "group" in parts:
            print(f"\n{'clients':8}{'lane A':>18}{'group commit':>14}{'ratio':>8}   CPU us a transfer, each")
            for count in GROUP_CLIENTS:
                pairs = [
                    (
                        measure(lane_a_payer, ids, count, False, turn, others),
                        lane_b.group(batch_ids, count, turn, others),
                    )
                    for _turn in range(TURNS)
                ]
                print_pair(f"{count:<8}", pairs)


def audit_all(server: launcher.Server) -> None:
    """Seal what lane A wrote, then audit both lanes; the faster of two audits, and the CPU time that a row took."""
    from django.db import transaction

    from bocage.kernel.ledger import sealer
    from bocage.kernel.proofs.audit import audit
    from bocage.testing import connected_as

    with connected_as("deliverer"):
        sealer.seal_all()
    with psycopg.connect(server.url(DATABASE), autocommit=True) as admin:
        admin.execute("vacuum analyze ledger_transfer")
    postmaster, reports = postmaster_of(server), []
    for _time in range(2):
        before = window.postgres_cpu_seconds(postmaster)
        with connected_as("auditor"), transaction.atomic():
            report = audit()
        assert not report.faults, report.faults
        reports.append((report.wall_seconds, report, window.postgres_cpu_seconds(postmaster) - before))
    wall_seconds, report, postgres_seconds = min(reports, key=lambda each: each[0])
    count = report.transfers
    print(
        f"\naudit: {count:,} transfers in {report.batches:,} batches,"
        f" {count / wall_seconds:,.0f} a second by the clock"
        f"; CPU us a transfer: {report.cpu_seconds / count * 1e6:.1f} auditing, {postgres_seconds / count * 1e6:.1f}"
        f" PostgreSQL   load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def print_pair(label: str, pairs: list[tuple[window.Measured, window.Measured]]) -> None:
    """A line: the medians of both ways' speeds and CPU times, and the ratio of the speeds."""
    one, two = (statistics.median(pair[side].speed for pair in pairs) for side in (0, 1))
    one_cpu, two_cpu = (statistics.median(pair[side].cpu_microseconds for pair in pairs) for side in (0, 1))
    print(
        f"{label}{one:>18.0f}{two:>14.0f}{two / one:>7.1f}x   {one_cpu:.0f}, {two_cpu:.0f}"
        f"   load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def postmaster_of(server: launcher.Server) -> int:
    """The process id of the server."""
    with psycopg.connect(server.url(DATABASE), autocommit=True) as admin:
        row = admin.execute("select current_setting('data_directory')").fetchone()
    assert row is not None
    return int((Path(row[0]) / "postmaster.pid").read_text().splitlines()[0])


def seed_lane_b(server: launcher.Server) -> list[UUID]:
    """As many accounts again, with money, in lane B."""
    from django.db import connection, connections

    ids, issuer = [uuid4() for _n in range(ACCOUNTS)], uuid4()
    with connection.cursor() as cursor:
        cursor.execute("select ledger_open_account(%s, null, 'EUR', 'issuer', '', null, null)", [issuer])
        cursor.execute(
            "select count(ledger_open_account(id, id, 'EUR', 'wallet', '', 0, null)) from unnest(%s::uuid[]) id", [ids]
        )
        # In parts, because the role that serves may not run a statement for long.
        for first in range(0, ACCOUNTS, SEEDED_AT_ONCE):
            cursor.execute(
                "select count(ledger_post(gen_random_uuid(), %s, id, %s, 'EUR', 'opening', ''))"
                " from unnest(%s::uuid[]) id",
                [issuer, OPENING_MINOR, ids[first : first + SEEDED_AT_ONCE]],
            )
        cursor.execute("select ledger_set_lane(%s, 'B')", [ids])
    with psycopg.connect(server.url(DATABASE), autocommit=True) as admin:
        admin.execute("vacuum analyze")
        admin.execute("checkpoint")
    connections.close_all()
    return ids


def without_row_security(server: launcher.Server, ids: list[UUID], seconds: float) -> None:
    """Lane A by one client, with row-level security on and off in turns; the median of each."""
    speeds: dict[str, list[float]] = {"enable": [], "disable": []}
    with psycopg.connect(server.url(DATABASE), autocommit=True) as admin:
        for verb in ("enable", "disable") * TURNS:
            for table in ("ledger_account", "ledger_transfer", "ledger_pending"):
                admin.execute(f"alter table {table} {verb} row level security")
            speeds[verb].append(measure(lane_a_payer, ids, 1, False, seconds / TURNS).speed)
    for verb, turns in speeds.items():
        print(f"lane A, 1 client, uniform, row-level security {verb}d: {statistics.median(turns):.0f}/s")


def measure(
    make: Callable[[], Pay],
    ids: list[UUID],
    clients: int,
    hot: bool,
    seconds: float,
    others: Callable[[], float] = lambda: 0.0,
) -> window.Measured:
    """`clients` over `seconds`, a process each, above 64 in threads. `others`: the servers' CPU time so far."""
    each = window.one_by_one(lambda: payer(make, ids, hot))
    processes = min(clients, PROCESSES_MAX)
    return window.measure([[each] * (clients // processes)] * processes, seconds, others)


def payer(make: Callable[[], Pay], ids: list[UUID], hot: bool) -> window.Client:
    """Pays between two accounts drawn anew each time, or into the first one."""
    pay, draw = make(), random.Random()

    def once() -> None:
        debit, credit = draw.sample(ids, 2)
        if hot:
            debit, credit = (debit, ids[0]) if debit != ids[0] else (credit, ids[0])
        pay(debit, credit)

    return once


def lane_a_payer() -> Pay:
    link = psycopg.connect(role_url(roles.APP), autocommit=True, prepare_threshold=0)
    cursor = link.cursor(binary=True)

    def pay(debit: UUID, credit: UUID) -> None:
        refusal = cursor.execute(POST_SQL, (uuid4(), debit, credit, AMOUNT_MINOR)).fetchone()
        assert refusal is not None and refusal[0] is None, refusal

    return pay


def facade_payer() -> Pay:
    from django.db import connection

    from bocage.kernel.ledger import actions
    from bocage.kernel.ledger.types import Posted, Transfer

    connection.ensure_connection()

    def pay(debit: UUID, credit: UUID) -> None:
        answer = actions.post(Transfer(uuid4(), debit, credit, AMOUNT_MINOR, "EUR", "bench"))
        assert isinstance(answer, Posted), answer

    return pay


def naive_payer() -> Pay:
    from django.db import connection, transaction

    account, journal, entry = naive_models()
    connection.ensure_connection()

    @transaction.atomic
    def pay(debit: UUID, credit: UUID) -> None:
        rows = account.objects.select_for_update().filter(id__in=[debit, credit]).order_by("id")
        accounts = {row.id: row for row in rows}
        payer, payee = accounts[debit], accounts[credit]
        assert payer.balance_minor >= AMOUNT_MINOR
        made = journal.objects.create(id=uuid4(), code="bench")
        entry.objects.create(journal=made, account=payer, amount_minor=-AMOUNT_MINOR)
        entry.objects.create(journal=made, account=payee, amount_minor=AMOUNT_MINOR)
        payer.balance_minor -= AMOUNT_MINOR
        payer.save(update_fields=["balance_minor"])
        payee.balance_minor += AMOUNT_MINOR
        payee.save(update_fields=["balance_minor"])

    return pay


_naive: tuple[Any, Any, Any] | None = None


def naive_models() -> tuple[Any, Any, Any]:
    """Account, journal and entry; made here, because models can only be made once Django is set up."""
    global _naive
    if _naive is None:
        from django.db import models

        class NaiveAccount(models.Model):
            id = models.UUIDField(primary_key=True)
            balance_minor = models.BigIntegerField()

            class Meta:
                app_label = "naive"

        class NaiveJournal(models.Model):
            id = models.UUIDField(primary_key=True)
            code = models.CharField(max_length=40)
            created_at = models.DateTimeField(auto_now_add=True)

            class Meta:
                app_label = "naive"

        class NaiveEntry(models.Model):
            journal = models.ForeignKey(NaiveJournal, on_delete=models.PROTECT)
            account = models.ForeignKey(NaiveAccount, on_delete=models.PROTECT)
            amount_minor = models.BigIntegerField()

            class Meta:
                app_label = "naive"

        _naive = (NaiveAccount, NaiveJournal, NaiveEntry)
    return _naive


def facts(server: launcher.Server, options: dict[str, str]) -> str:
    names = ("server_version", "synchronous_commit", "fsync", "full_page_writes", *options)
    with psycopg.connect(server.url(DATABASE)) as link:
        shown = [f"{name}={link.execute(f'show {name}').fetchone()[0]}" for name in names]  # type: ignore[index]
    return f"{os.cpu_count()} cores, {ACCOUNTS} accounts, " + ", ".join(shown)


def role_url(role: str) -> str:
    address = os.environ["BOCAGE_DATABASE_URL"].removeprefix("postgresql://")
    return f"postgresql://{role}:{roles.password_of(role, SECRET)}@{address}"


if __name__ == "__main__":
    main()
