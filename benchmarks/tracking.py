"""Parcel scans: EPCIS events a second, checked and written to PostgreSQL, and how soon a parcel's story is read.

    .venv/bin/python benchmarks/tracking.py [--events 200000] [--parcels 20000] [--processes 2] [--rows 2000000]

A durable server of this run's own (fsync and synchronous_commit on), migrated as the town's is. Documents of 5,000
events are made beforehand; each process reads one (JSON, then every check of `bocage.engines.parcels`), writes it by
`capturing.capture` in one transaction, under row-level security, and moves the status of the parcels in it.

- check: reading and checking alone, in one process.
- capture: check and write, `--processes` at once; events a second by the clock, CPU microseconds an event of the
  processes and of PostgreSQL. "Again" is the same documents a second time, which change nothing.
- row by row: the same checks, and one INSERT an event; a tenth of the events.
- story: `--rows` scans more, ten a parcel, over 30 days (50000000 for a city's month: 10 GB of disk); then
  `shipments.story` of 2,000 parcels drawn by chance, as their receiver. The default is smaller, and says so.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import psycopg
import window

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from bocage.engines.parcels import read_document, sscc_urn, write_sscc
from bocage.kernel.postgres import launcher, roles

DATABASE = "bench"
SECRET = "of a server that lives for one measurement"
PREFIX = "9521234"
EVENTS_A_DOCUMENT = 5_000
DEPOTS = 90
WAY = ("accepting", "arriving", "departing", "arriving", "departing", "urn:bocage:parcel:out_for_delivery")
CARRIER, RECEIVER = UUID(int=1), UUID(int=2)
STORIES = 2_000
SCANS_A_PARCEL = 10
DAYS = 30
ROWS_A_STATEMENT = 500_000
PARCELS_A_STATEMENT = 1_000
ANSWER_SECONDS = 600  # a process that failed answers never
_FORK = multiprocessing.get_context("fork")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--parcels", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rows", type=int, default=2_000_000)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bocage-bench-"))
    server = launcher.start(folder)
    try:
        prepare(server, folder)
        register(server, given.parcels)
        documents = written(given.events, given.parcels)
        load = os.getloadavg()[0]
        print(
            f"{len(documents)} documents of {EVENTS_A_DOCUMENT:,} events,"
            f" {len(documents[0]) / EVENTS_A_DOCUMENT:.0f} B"
            f" an event; {given.parcels:,} parcels; load {load:.1f} on {os.cpu_count()} cores"
        )
        check(documents)
        capture("capture", server, documents, given.processes)
        capture("again", server, documents, given.processes)
        row_by_row(server, documents[: max(len(documents) // 10, 1)])
        story(server, given.rows, given.parcels)
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


def register(server: launcher.Server, parcels: int) -> None:
    """A carrier and its parcels, paid for three days ago, none of them scanned."""
    from bocage.kernel import clock
    from bocage.kernel.acting import Actor, acting_as
    from bocage.services.parcel.models import CarrierRow, ShipmentRow
    from bocage.services.parcel.types import Speed, Status, Zone

    door = {"name": "Name", "street": "1 Rue Haute", "postcode": "38120", "city": "Vallon"}
    paid_at = clock.now() - timedelta(days=3)
    with acting_as(Actor.for_service("parcel")):
        CarrierRow.objects.create(
            organisation_id=CARRIER, name="Bench", company_prefix=PREFIX, s10_service="LX", country="FR"
        )
        ShipmentRow.objects.bulk_create(
            (
                ShipmentRow(
                    id=uuid4(),
                    sender_id=CARRIER,
                    receiver_id=RECEIVER,
                    carrier_id=CARRIER,
                    **{f"{side}_{name}": value for side in ("sender", "receiver") for name, value in door.items()},
                    weight_grams=900,
                    zone=Zone.TOWN,
                    speed=Speed.ECONOMY,
                    amount_minor=390,
                    currency="EUR",
                    sscc=int(write_sscc(PREFIX, serial)),
                    s10=f"{serial:013}",
                    token=f"{serial:026}",
                    status=Status.ANNOUNCED,
                    told=Status.ANNOUNCED,
                    due_on=paid_at.date() + timedelta(days=6),
                    created_at=paid_at,
                )
                for serial in range(parcels)
            ),
            batch_size=PARCELS_A_STATEMENT,
        )
    with psycopg.connect(server.url(DATABASE), autocommit=True) as admin:
        admin.execute("vacuum analyze")


def written(events: int, parcels: int) -> list[bytes]:
    """Documents as a carrier sends them: scans of the last two days, of parcels drawn by chance."""
    dice = random.Random(1)
    epcs = [sscc_urn(write_sscc(PREFIX, serial), len(PREFIX)) for serial in range(parcels)]
    begun = datetime.now(UTC) - timedelta(days=2)
    documents = []
    for _document in range(max(events // EVENTS_A_DOCUMENT, 1)):
        listed = [
            {
                "type": "ObjectEvent",
                "eventID": f"urn:uuid:{uuid4()}",
                "eventTime": (begun + timedelta(seconds=dice.randrange(170_000))).isoformat(timespec="milliseconds"),
                "eventTimeZoneOffset": "+01:00",
                "action": "OBSERVE",
                "bizStep": dice.choice(WAY),
                "disposition": "in_transit",
                "epcList": [dice.choice(epcs)],
                "readPoint": {"id": f"urn:epc:id:sgln:{PREFIX}.{dice.randrange(DEPOTS):05}.0"},
            }
            for _event in range(EVENTS_A_DOCUMENT)
        ]
        documents.append(
            json.dumps(
                {
                    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
                    "type": "EPCISDocument",
                    "schemaVersion": "2.0",
                    "creationDate": begun.isoformat(timespec="milliseconds"),
                    "epcisBody": {"eventList": listed},
                }
            ).encode()
        )
    return documents


def check(documents: list[bytes]) -> None:
    """Reading and checking alone."""
    begun = time.process_time()
    events = sum(len(read_document(each).events) for each in documents)
    took = time.process_time() - begun
    print(f"{'check':12} {events / took:>9,.0f} events a CPU second, {took / events * 1e6:.1f} us an event")


def capture(title: str, server: launcher.Server, documents: list[bytes], processes: int) -> None:
    """Check and write, by so many processes at once, from the moment that all of them are connected."""
    ready, told = _FORK.Barrier(processes + 1, timeout=ANSWER_SECONDS), _FORK.Queue()

    def work(mine: list[bytes]) -> None:
        from django.db import connection

        from bocage.kernel.acting import Actor, acting_as
        from bocage.services.parcel.actions import capturing

        connection.close()
        connection.ensure_connection()
        ready.wait()
        new, begun = 0, time.process_time()
        for each in mine:
            events = read_document(each).events
            with acting_as(Actor.for_service("parcel")):
                new += capturing.capture(CARRIER, events).new
        told.put((new, time.process_time() - begun))
        connection.close()

    from django.db import connections

    connections.close_all()
    workers = [_FORK.Process(target=work, args=(documents[n::processes],)) for n in range(processes)]
    for each in workers:
        each.start()
    ready.wait()
    before, begun = cpu_of(server), time.monotonic()
    answers = [told.get(timeout=ANSWER_SECONDS) for _worker in workers]
    took, cpu = time.monotonic() - begun, cpu_of(server) - before
    for each in workers:
        each.join()
    count = len(documents) * EVENTS_A_DOCUMENT
    own = sum(seconds for _new, seconds in answers)
    print(
        f"{title:12} {count / took:>9,.0f} events a second by the clock, {sum(new for new, _s in answers):,} new;"
        f" {own / count * 1e6:.1f} us of the {processes} processes and {cpu / count * 1e6:.1f} us of PostgreSQL"
        f" an event"
        f" ({processes * count / (own + cpu):,.0f} a second if {processes} cores did nothing else)"
    )


def row_by_row(server: launcher.Server, documents: list[bytes]) -> None:
    """What one writes at first: the same checks, one INSERT an event, one transaction a document."""
    values = "%s, %s, %s, %s, now(), %s, 30, 1, 0, 'O', null, null, null"
    with psycopg.connect(server.url(DATABASE)) as link:
        link.execute("create table naive (like parcel_scan including all)")
        before, cpu, begun, count = cpu_of(server), time.process_time(), time.monotonic(), 0
        for each in documents:
            for event in read_document(each).events:
                row = [count, event.at, uuid4(), CARRIER, event.offset_minutes]
                link.execute(f"insert into naive values ({values}) on conflict do nothing", row)
                count += 1
            link.commit()
        took, cpu = time.monotonic() - begun, time.process_time() - cpu + cpu_of(server) - before
    print(
        f"{'row by row':12} {count / took:>9,.0f} events a second by the clock, {cpu / count * 1e6:.1f} us CPU an event"
    )


def story(server: launcher.Server, rows: int, parcels: int) -> None:
    """Fill the table, then read stories of parcels as their receiver."""
    fill(server, rows)
    from django.db import connection

    from bocage.kernel.acting import Actor, acting_as
    from bocage.services.parcel.models import ShipmentRow
    from bocage.services.parcel.queries import shipments

    dice, took, seen = random.Random(2), [], 0
    with acting_as(Actor.for_person(RECEIVER)):
        ids = list(ShipmentRow.objects.order_by("sscc").values_list("id", flat=True)[:parcels])
        found = [shipments.shipment(each) for each in dice.sample(ids, min(STORIES, len(ids)))]
        cpu = time.process_time() + cpu_of(server)
        for each in found:
            begun = time.perf_counter()
            seen += len(shipments.story(each))
            took.append(time.perf_counter() - begun)
        cpu = time.process_time() + cpu_of(server) - cpu
        with connection.cursor() as cursor:
            cursor.execute("select sum(reltuples)::bigint from pg_class where relname ~ '^parcel_scan_[0-9]+$'")
            (total,) = cursor.fetchone()
    p50, p95, p99 = np.percentile(np.asarray(took) * 1000, [50, 95, 99])
    print(
        f"{'story':12} p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms over {len(took):,} parcels with"
        f" {seen / len(took):.1f} scans each, {total:,} rows in all;"
        f" {cpu / len(took) * 1000:.2f} ms of CPU a story; load {os.getloadavg()[0]:.1f}"
    )


def fill(server: launcher.Server, rows: int) -> None:
    """Scans of parcels that nobody asks for, spread over the days, by the superuser in SQL."""
    with psycopg.connect(server.url(DATABASE), autocommit=True) as admin:
        admin.execute("select parcel_make_days(current_date - %s, current_date + 1)", [DAYS])
        for first in range(0, rows, ROWS_A_STATEMENT):
            admin.execute(
                "insert into parcel_scan select 300000000000000000 + n / %(each)s,"
                " now() - make_interval(secs => random() * %(days)s * 86400), gen_random_uuid(), %(carrier)s, now(),"
                " 60, 30, 2, 15, 'O', 1, null, null from generate_series(%(first)s::bigint, %(last)s::bigint) n",
                {
                    "each": SCANS_A_PARCEL,
                    "days": DAYS - 1,
                    "carrier": CARRIER,
                    "first": first,
                    "last": min(first + ROWS_A_STATEMENT, rows) - 1,
                },
            )
        admin.execute("vacuum analyze parcel_scan")


def cpu_of(server: launcher.Server) -> float:
    """CPU seconds of the server's processes, those that have ended included."""
    return window.postgres_cpu_seconds(int((server.folder / "data" / "postmaster.pid").read_text().split()[0]))


if __name__ == "__main__":
    main()
