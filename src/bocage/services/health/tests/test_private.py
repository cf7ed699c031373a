"""Nobody else reads Health's tables; withdrawal deletes at once; after 14 days nothing remains."""

from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.events import queries as events
from bocage.kernel.keys import subject_keys
from bocage.kernel.manifest import service_names
from bocage.kernel.postgres.roles import BACKUP, MIGRATOR, SIGN_IN_ROLES, password_of
from bocage.services.health import limits
from bocage.services.health.actions import appeals, deciding, erasing, holders, household, manual, scheme, sources
from bocage.services.health.queries.rights import PERSONAL
from bocage.services.health.tests.conftest import Town, signed, work
from bocage.testing import connected_as

SAVED = {"health_scheme", "health_register", "health_venue", "health_laboratory", "health_day_rule"}
# About nobody, and not saved: results that wait sealed, tokens that a gate let through, what its gates counted.
NAMELESS = {"health_waiting_result", "health_spent_token", "health_gate_hour"}


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relname like 'health\\_%' and relkind = 'r' order by 1")
        return [name for (name,) in cursor.fetchall()]


def fill(town: Town) -> None:
    """Something in every personal table."""
    at = clock.now() - timedelta(days=5)
    town.check_in(town.wei, at, 60)
    town.check_in(town.ana, at + timedelta(minutes=5), 50)
    town.result("weilin", "positive")
    town.result("nobody-here", "negative", sample="S-9", claim="DDDDDDDD12345678")
    with acting_as(Actor.for_person(town.ana)):
        sources.report(town.ana, ["fever"], clock.today("Europe/Paris"))
    work()
    with acting_as(Actor.for_person(town.ana)):
        appeals.appeal(town.ana, deciding.current(town.ana).id, "Not me")
        holders.record(town.ana, "Ana", "Morel", date(1990, 2, 3))
        holders.issue_as(town.ana, holders.require_holder(town.ana), clock.now() + limits.PAPER_LIFE)
        household.say(town.ana, "weilin")
    with acting_as(Actor.for_person(town.odile)):
        manual.request(town.ana, "red", "A letter shown at the counter", 2)
    with acting_as(Actor.for_service("health")), own_tables("health"):
        deciding.put_due(town.ana)


def counts() -> dict[str, int]:
    """Rows of every table, past row-level security: as the migrator, who owns them."""
    found = {}
    with connected_as("migrator"), connection.cursor() as cursor:
        for name in tables():
            cursor.execute(f"select count(*) from {name}")
            found[name] = cursor.fetchone()[0]
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*SIGN_IN_ROLES, "bocage_ledger"])
def test_no_role_but_its_own_may_read_any_of_its_tables(role: str) -> None:
    with connection.cursor() as cursor:
        for name in tables():
            cursor.execute("select has_table_privilege(%s, %s, 'select, insert, update, delete')", [role, name])
            allowed = role == MIGRATOR or (role == BACKUP and name in SAVED)
            if not allowed:
                assert cursor.fetchone() == (False,), name
    assert len(tables()) == len(PERSONAL) + len(SAVED) + len(NAMELESS)


def test_every_other_role_tries_and_is_refused(committed_town: Town) -> None:
    fill(committed_town)
    kept = connection.settings_dict
    filled = counts()
    for role in (each for each in SIGN_IN_ROLES if each != MIGRATOR):
        login = {"host": kept["HOST"], "port": kept["PORT"], "dbname": kept["NAME"], "user": role}
        with psycopg.connect(**login, password=password_of(role, settings.SECRET_KEY), autocommit=True) as link:
            link.execute("select set_config('bocage.service', 'health', false)")
            for name in filled:
                if role == BACKUP and name in SAVED:
                    continue
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    link.execute(f"select * from {name}")
                with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                    link.execute(f"delete from {name}")


@pytest.mark.django_db
@pytest.mark.parametrize("service", [*service_names(), "events", "operator"])
def test_no_other_service_sees_a_row_even_with_the_role(service: str, town: Town) -> None:
    fill(town)
    with acting_as(Actor.for_service(service)):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select * from health_test")
        with own_tables("health"):
            found = {table.__name__: table.objects.count() for table in PERSONAL}
    if service != "health":
        assert set(found.values()) == {0}


@pytest.mark.django_db
def test_a_person_sees_her_own_rows_and_nobody_elses(town: Town) -> None:
    fill(town)
    with acting_as(Actor.for_person(town.wei)), own_tables("health"):
        for table in PERSONAL:
            assert set(table.objects.values_list("person_id", flat=True)) <= {town.wei}
    with acting_as(Actor.for_person(town.odile)), own_tables("health"):
        assert [table.objects.count() for table in PERSONAL] == [0] * len(PERSONAL)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("purpose", "emptied"),
    [
        ("health.report", {"Report"}),
        ("health.tests", {"Test"}),
        ("health.checkins", {"CheckIn", "Standing"}),
        ("health.certificates", {"Certificate", "Holder"}),
        ("health.household", {"Housemate", "Standing"}),
    ],
)
def test_a_withdrawal_deletes_that_source_in_the_same_transaction(purpose: str, emptied: set[str], town: Town) -> None:
    fill(town)
    town.result("ana", "negative", sample="S-4", claim="EEEEEEEE12345678")
    with acting_as(Actor.for_person(town.ana)):
        deciding.current(town.ana)
        with own_tables("health"):
            before = {each.__name__ for each in PERSONAL if each.objects.filter(person_id=town.ana).exists()}
        sources.answer(town.ana, purpose, yes=False)
        with own_tables("health"):
            after = {each.__name__ for each in PERSONAL if each.objects.filter(person_id=town.ana).exists()}
    assert before - after == (emptied & before) | {"Decision"}
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Exception, match="not_agreed"):
        sources.require_agreed(town.ana, purpose)


def files() -> set[Path]:
    """The blobs of this worker; other tests leave theirs, which say nothing of Health."""
    return {each for each in Path(settings.BLOB_FOLDER).glob("??/*") if each.is_file()}


def test_after_14_days_nothing_remains(committed_town: Town) -> None:
    town = committed_town
    before = files()
    fill(town)
    filled = counts()
    gates = {"health_spent_token", "health_gate_hour"}
    assert all(n for name, n in filled.items() if name not in SAVED | gates | {"health_certificate"}), filled
    with clock.shifted(limits.KEPT), acting_as(Actor.for_service("health")):
        scheme.sweep()
    left = counts()
    assert {name: n for name, n in left.items() if n and name not in SAVED} == {}
    # What is elsewhere tells nothing: neutral notices, jobs without arguments, no file.
    with connected_as("migrator"), connection.cursor() as cursor:
        cursor.execute("select title || ' ' || body || ' ' || url from notification")
        told = " ".join(row[0] for row in cursor.fetchall()).lower()
        cursor.execute("select args::text from procrastinate_jobs where task_name like 'health.%'")
        assert {row[0] for row in cursor.fetchall()} <= {"{}"}
        cursor.execute("select kind || ' ' || payload::text || ' ' || reason from approvals_proposal")
        proposed = " ".join(row[0] for row in cursor.fetchall())
    assert not any(word in told for word in ("positive", "negative", "yellow", "red ", "fever", "expos", "moulin"))
    assert str(town.ana) not in proposed
    assert files() <= before


def test_the_log_tells_nothing_of_anybodys_health(committed_town: Town) -> None:
    town = committed_town
    fill(town)
    with connected_as("deliverer"), connection.cursor() as cursor:
        cursor.execute("select type, subject_id, payload from event where type like 'health.%'")
        said = cursor.fetchall()
    assert said
    assert {subject for _type, subject, _payload in said} == {None}
    assert not any(str(each).encode() in bytes(payload) for _t, _s, payload in said for each in (town.ana, town.wei))


def test_what_the_log_holds_of_a_person_is_unreadable_once_her_key_is_destroyed(committed_town: Town) -> None:
    town = committed_town
    fill(town)
    with acting_as(Actor.for_person(town.ana)):
        agreed = [each for each in events.events_about(town.ana) if each.type == "consent.granted"]
        assert {each.data["purpose"] for each in agreed} >= {"health.tests"}
        erasing.erase(town.ana)
        subject_keys.destroy(town.ana)
        with pytest.raises(subject_keys.Erased):
            subject_keys.encrypt(town.ana, b"")
    with connected_as("deliverer"), connection.cursor() as cursor:
        cursor.execute("select payload from event where subject_id = %s", [town.ana])
        sealed = cursor.fetchall()
    assert len(sealed) > 3
    assert not any(b"health" in bytes(payload) for (payload,) in sealed)


@pytest.mark.django_db
def test_a_result_waits_sealed_and_the_claim_code_opens_it(town: Town) -> None:
    from bocage.services.health.actions import results
    from bocage.services.health.models import WaitingResult

    town.result("", "negative", claim="FFFFFFFF12345678", sample="S-5")
    with acting_as(Actor.for_service("health")), own_tables("health"):
        assert b"negative" not in bytes(WaitingResult.objects.get().sealed)
    with acting_as(Actor.for_person(town.ana)):
        first = results.claim(town.ana, "ffff-ffff 1234 5678")
        assert results.claim(town.ana, "FFFFFFFF12345678") == first
    with acting_as(Actor.for_person(town.wei)), pytest.raises(Exception, match="not_found"):
        results.claim(town.wei, "FFFFFFFF12345678")


@pytest.mark.django_db
@pytest.mark.parametrize("handle", ["ana", "lea", "nobody-here"])
def test_a_laboratory_cannot_ask_by_a_claim_code_who_has_a_pass(handle: str, town: Town) -> None:
    """Ana agreed, Léa did not, the third does not exist: a second sample under one code is answered alike."""
    town.result(handle, "positive")
    with pytest.raises(Exception, match="claim_taken"):
        town.result("", "negative", sample="S-2")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "perhaps"}, "outcome"),
        ({"revision": 0}, "revision"),
        ({"revision": True}, "revision"),
        ({"claim": "short"}, "claim"),
        ({"taken_at": "2020-01-01T00:00:00+00:00"}, "taken_at"),
        ({"taken_at": "soon"}, "taken_at"),
        ({"sample": "x\0"}, "sample"),
        ({"laboratory": "moulin"}, "laboratory"),
    ],
)
def test_a_bad_result_is_refused_by_its_field(change: dict[str, object], field: str, town: Town) -> None:
    with pytest.raises(Exception, match=f"bad_result \\({field}\\)"):
        town.result("ana", **{"outcome": "positive", **change})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_result_by_another_key_is_refused_and_the_same_again_is_no_news(town: Town) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from bocage.services.health.actions import results
    from bocage.services.health.models import Test

    payload, signature = signed(town, key=Ed25519PrivateKey.generate(), handle="ana")
    with acting_as(Actor.for_person(town.marco, town.laboratory)):
        with pytest.raises(Exception, match="bad_signature"):
            results.report(town.laboratory, payload, signature)
        payload, signature = signed(town, handle="ana")
        for _again in range(3):
            results.report(town.laboratory, payload, signature)
    with acting_as(Actor.for_person(town.ana)), own_tables("health"):
        assert Test.objects.count() == 1
    with pytest.raises(Exception, match="result_exists"):
        town.result("ana", "negative")
