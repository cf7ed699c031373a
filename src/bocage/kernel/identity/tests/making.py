"""People and things that the tests of identity begin with."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from bocage.kernel.identity import actions
from bocage.kernel.identity.types import Organisation, Person

PASSWORD = "a long enough password 7"
SCOPES = {"pay:read": "See payments", "pay:write": "Pay", "pay:take": "Take payments", "forest:read": "See the forest"}


def person(name: str, **more: str) -> Person:
    """Somebody with an address and a password, whose contact was checked."""
    handle = name.lower().replace(" ", ".")
    given = {"email": f"{handle}@example.org", "password": PASSWORD, "tier": "contact"} | more
    return actions.register(display_name=name, **given)


def operator(name: str, *roles: str) -> Person:
    """Somebody who holds roles of the town."""
    made = person(name)
    for role in roles or ("operator", "approver"):
        actions.bootstrap_role(made.id, role, reason="for a test")
    return made


def shop(name: str, owner: Person) -> Organisation:
    """An organisation of the owner's."""
    return actions.create_organisation(name=name, owner_id=owner.id, country="FR", mcc="5814")


@contextmanager
def known_scopes() -> Iterator[None]:
    """Scopes as if services named them, whatever services this installation has."""
    with patch("bocage.kernel.identity.actions.mandates.known_scopes", return_value=SCOPES):
        yield
