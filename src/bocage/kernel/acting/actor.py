"""The actor of a transaction: a person (for herself, under a mandate, or for her organisation) or a service."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from bocage.kernel.errors import forbidden
from bocage.kernel.postgres.roles import PRIVATE_SERVICES, role_of

_SET_ACTOR_SQL = (
    "select set_config('bocage.actor', %s, true), set_config('bocage.subject', %s, true),"
    " set_config('bocage.service', %s, true)"
)


@dataclass(frozen=True)
class Actor:
    """Who acts (`person_id`), for whom (`subject_id`), or which service acts for itself (`service`).

    The two ids differ under a mandate and for staff of an organisation. Nobody has neither: row-level security
    then shows no row that belongs to anyone.
    """

    person_id: UUID | None = None
    subject_id: UUID | None = None
    service: str = ""

    @classmethod
    def for_person(cls, person_id: UUID, subject_id: UUID | None = None) -> "Actor":
        return cls(person_id=person_id, subject_id=subject_id or person_id)

    @classmethod
    def for_service(cls, service: str) -> "Actor":
        return cls(service=service)

    @classmethod
    def nobody(cls) -> "Actor":
        return cls()

    def required_subject(self) -> UUID:
        """The subject, or a refusal where nobody is signed in."""
        if self.subject_id is None:
            raise forbidden("Sign in first.")
        return self.subject_id


@dataclass
class _Frame:
    actor: Actor
    gathered: dict[Callable[[Counter[Any]], None], Counter[Any]] = field(default_factory=dict)


_own_tables_of: ContextVar[str] = ContextVar("own_tables_of", default="")
_frame: ContextVar[_Frame | None] = ContextVar("acting_frame", default=None)


def current_actor() -> Actor:
    """The actor of the running transaction; nobody outside of one."""
    frame = _frame.get()
    return frame.actor if frame else Actor.nobody()


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """One transaction (or savepoint, when nested) in which `actor` acts. An exception rolls all of it back."""
    outer = _frame.get()
    frame = _Frame(actor)
    with transaction.atomic():
        token = _frame.set(frame)
        try:
            _tell_database(actor)
            yield
            # A set_rollback leaves nothing to commit, so there is nothing to add what was gathered to.
            if not transaction.get_rollback():
                for write, counts in frame.gathered.items():
                    write(counts)
                if outer is not None:
                    _tell_database(outer.actor)
                elif connection.in_atomic_block:
                    _tell_database(Actor.nobody())
        finally:
            _frame.reset(token)


def become(actor: Actor) -> None:
    """Go on as `actor` in the running transaction: what signing in, and a token on an API call, do."""
    frame = _frame.get()
    if frame is None:
        raise RuntimeError("become() needs a running acting_as() block")
    frame.actor = actor
    _tell_database(actor)


@contextmanager
def own_tables(service: str) -> Iterator[None]:
    """Take the database role of `service` for the block: it alone reads that service's private tables, and no other.

    Only the service's own code calls this (a test of the house reads the source). Row-level security goes on holding
    it to who acts. An exception that spoilt the transaction leaves the role to the rollback.
    """
    if service not in PRIVATE_SERVICES:
        raise ValueError(f"{service} has no private tables: name it in kernel/postgres/roles.py")
    if _own_tables_of.get() == service:
        yield
        return
    if not connection.in_atomic_block:
        raise RuntimeError("own_tables() needs a running transaction")
    token = _own_tables_of.set(service)
    _take_role(role_of(service))
    try:
        yield
    finally:
        _own_tables_of.reset(token)
        status = connection.connection.info.transaction_status if connection.connection else None
        if status == TransactionStatus.INTRANS:
            _take_role("none")


def gather[Item](write: Callable[[Counter[Item]], None], item: Item, count: int = 1) -> None:
    """Count `item` in the running `acting_as` block; `write` is given all counts once, in its transaction, at its end.

    A block that is rolled back forgets what it gathered.
    """
    frame = _frame.get()
    if frame is None:
        raise RuntimeError("gather() needs a running acting_as() block")
    frame.gathered.setdefault(write, Counter())[item] += count


def _tell_database(actor: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET_ACTOR_SQL, [str(actor.person_id or ""), str(actor.subject_id or ""), actor.service])


def _take_role(role: str) -> None:
    # The name is one of ours; SET takes no parameters.
    with connection.cursor() as cursor:
        cursor.execute(f"set local role {role}")
