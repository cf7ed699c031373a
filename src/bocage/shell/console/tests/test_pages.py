"""Every page of the console, empty and full, in both languages, within its budget of queries."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals import actions as approving
from bocage.kernel.approvals import queries as approvals
from bocage.kernel.events import loop
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity.tests import making
from bocage.kernel.messages import actions as messages
from bocage.shell.console.pages import PAGE_ROWS
from bocage.shell.console.tests.conftest import Town, fail_a_job, fail_an_event, settle, sign_in
from bocage.testing import connected_as

# At most this many queries a page, however full the town is: lists are read whole, never row by row.
LOOK = "a look at Ana's accounts"
QUERIES_MAX = {
    "": 23,
    "ledger": 9,
    "events": 20,
    "consents": 8,
    "jobs": 9,
    "operations": 22,
    "messages": 12,
    "people": 12,
    "people?q=a": 9,
    "people/ANA": 10,
    "approvals": 13,
    LOOK: 22,
}
EMPTY = {
    "": ("No account yet", "Nothing happened yet"),
    "ledger": ("No account yet",),
    "events": ("Nothing happened yet",),
    "consents": ("Grow my forest",),
    "jobs": ("No job has failed",),
    "jobs?status=todo": ("Nothing waits",),
    "jobs?status=doing": ("Nothing runs just now",),
    "jobs?status=succeeded": ("Nothing was done yet",),
    "operations": ("No backup yet", "All is well"),
    "messages": ("No message yet",),
    "people": ("Odile Renard",),
    "people?q=zzz": ("Nobody found",),
    "approvals": ("Nothing waits",),
}
FRENCH = {
    "": ("Vue d’ensemble", "Demandes en cours"),
    "ledger": ("Grand livre", "Regarder les comptes de quelqu’un", "équilibré"),
    "events": ("Ce qui a échoué", "Le journal"),
    "consents": ("Accepté", "Usage"),
    "jobs": ("Échouées", "Réessayer"),
    "operations": ("Pas encore de sauvegarde", "Qui a quel retard", "Des tâches ont échoué"),
    "messages": ("gardé ici",),
    "people": ("Qui gère la ville",),
    "approvals": ("En attente d’un second regard",),
}
UNTRANSLATED = ("Try again", "Waiting", "Nothing", "Search</", "Approve<", "balanced", "Agreed", "Overview", "People<")


def fill(town: Town) -> None:
    """Things happen, wait and fail in the town; the log is placed."""
    with acting_as(Actor.for_person(town.odile.id)):
        for role in ("support", "auditor"):
            identity.grant_role(town.odile.id, town.ana.id, role, reason="she will help at the counter")
        first = approvals.open_proposals()[0].id
        approving.withdraw(first, town.odile.id)
    with acting_as(Actor.nobody()):
        for number in range(PAGE_ROWS + 5):
            messages.post("ana@example.org", f"Letter {number}", "Good day.", person_id=town.ana.id)
    for number in range(1, 6):
        fail_an_event(number, dead=number % 2 == 1)
        fail_a_job()
    with connected_as("deliverer"):
        loop.drain()


@pytest.mark.parametrize("page", EMPTY)
def test_an_empty_page_says_so(db: None, page: str) -> None:
    with acting_as(Actor.nobody()):
        operator = making.operator("Odile Renard")
    answer = sign_in(operator).get(f"/console/{page}")
    body = answer.content.decode()
    assert answer.status_code == 200
    for words in EMPTY[page]:
        assert words in body


def test_a_full_town_in_french_within_the_budget(fresh_database: str) -> None:
    town = settle()
    odile = sign_in(town.odile)
    fill(town)
    get_user_model().objects.filter(id=town.odile.id).update(language="fr")
    spent: dict[str, int] = {}
    for page in QUERIES_MAX.keys() - {LOOK}:
        address = f"/console/{page}".replace("ANA", str(town.ana.id))
        odile.get(address)
        with CaptureQueriesContext(connection) as queries:
            answer = odile.get(address)
        body = answer.content.decode()
        assert answer.status_code == 200
        assert [words for words in FRENCH.get(page, ()) if words not in body] == []
        assert [words for words in UNTRANSLATED if words in body] == []
        spent[page] = len(queries)
    with CaptureQueriesContext(connection) as queries:
        odile.post("/console/ledger", {"handle": town.ana.handle, "reason": "to count the queries"})
    spent[LOOK] = len(queries)
    over = {page: (count, QUERIES_MAX[page]) for page, count in spent.items() if count > QUERIES_MAX[page]}
    assert over == {}, spent
