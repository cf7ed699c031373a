"""Every table that holds somebody's rows is under row-level security, or is named here with the reason."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

OWNER_COLUMNS = (
    "person_id",
    "subject_id",
    "owner_id",
    "payer_id",
    "payee_id",
    "organisation_id",
    "user_id",
    "agent_id",
)

# Read before anybody is known to act: signing in itself, and what public pages show.
UNGUARDED = {
    "subject_key": "sealed by the master key; read to write a fact about somebody else",
    "identity_membership": "says for whom a person may act, read to find the actor",
    "identity_rolegrant": "says what a person may do for the town, read to find what the actor may",
    "identity_mandate": "says for whom a person may act, read to find the actor",
    "identity_apitoken": "signs a program in; holds digests only",
    "identity_trustedperson": "read in a recovery, when the person cannot sign in",
    "identity_recoverycase": "read in a recovery, when the person cannot sign in",
    "identity_countercode": "read in a recovery, when the person cannot sign in; holds digests only",
    "account_emailaddress": "signing in reads it",
    "mfa_authenticator": "signing in reads it",
    "usersessions_usersession": "signing in writes it",
    "allauth_idp_oidc_client": "programs sign in with it; its owner is an operator",
    "allauth_idp_oidc_token": "signs a program in; holds digests only",
    "city_observation": "what sensors say, of no person; for operators and the rules",
    "city_phase_change": "what lights showed and why, of no person; for everybody",
    "city_signal": "what lights are, of no person; for everybody",
    "city_sender": "which organisation's programs may send, read to take what they send",
    "health_venue": "what hangs on a wall as a poster; only Health's role reads it",
    "health_gate_hour": "counts of colours, of nobody; only Health's role reads it",
    "health_laboratory": "a public key; only Health's role reads it",
}

# What no backup may hold, so that it is gone when it is deleted: the tables of `rls.keep_private` that are not `saved`.
UNSAVED = {
    f"health_{name}"
    for name in (
        "appeal",
        "certificate",
        "checkin",
        "decision",
        "due",
        "holder",
        "household_notice",
        "housemate",
        "issued_name",
        "manual",
        "report",
        "standing",
        "test",
    )
}


def test_each_table_with_an_owner_is_guarded_or_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select c.relname, c.relrowsecurity and c.relforcerowsecurity
            from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
              and a.attname = any(%s) and not a.attisdropped
            group by 1, 2 order by 1
            """,
            [list(OWNER_COLUMNS)],
        )
        tables = dict(cursor.fetchall())
    open_tables = {name for name, guarded in tables.items() if not guarded}
    assert open_tables == set(UNGUARDED), "guard it with kernel.acting.rls.protect, or say here why not"
    assert len(tables) > len(UNGUARDED)


def test_the_roles_that_serve_may_not_pass_row_level_security() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select rolname, rolsuper or rolbypassrls from pg_roles where rolname like 'bocage\\_%'")
        roles = dict(cursor.fetchall())
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("bocage_app",)
    assert roles.pop("bocage_admin", True) in {True, False}
    # It serves nobody and writes nothing; a plain pg_dump as this role leaves no row out.
    assert roles.pop("bocage_backup") is True
    assert not any(roles.values()), roles


def test_the_backup_reads_every_row_of_every_guarded_table() -> None:
    """A table without this policy would be left out of `pg_dump --enable-row-security`, and nobody would be told."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select c.relname from pg_class c where c.relrowsecurity and c.relnamespace = 'public'::regnamespace
              and (not has_table_privilege('bocage_backup', c.oid, 'select') or not exists (
                select from pg_policies p where p.tablename = c.relname and 'bocage_backup' = any(p.roles)
                  and p.cmd = 'SELECT' and p.qual = 'true' and p.permissive = 'PERMISSIVE'))
            order by 1
            """
        )
        assert {name for (name,) in cursor.fetchall()} == UNSAVED


def test_functions_with_their_owners_rights_look_no_name_up_among_temporary_tables_first() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select p.proname from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace
              and not coalesce('search_path=pg_catalog, public, pg_temp' = any(p.proconfig), false) order by 1
            """
        )
        assert [name for (name,) in cursor.fetchall()] == []
