"""Who may open the console, and how an operator looks at what is somebody's: with a reason, and leaving a receipt."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.approvals.actions import acted
from bocage.kernel.consent.actions import record_read
from bocage.kernel.errors import Refusal, forbidden
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Role

LOOK_REASON_CHARACTERS_MIN = 10
# The reason stands in the receipt beside what was looked at, which takes 120 characters in all.
LOOK_REASON_CHARACTERS_MAX = 90
READER = "operator"
READER_TITLE = gettext_lazy("Who runs the town")
_ACTING = frozenset({Role.OPERATOR, Role.SUPPORT})
_LOOKING = _ACTING | {Role.AUDITOR}


@dataclass(frozen=True)
class Operator:
    """The person at the console and her roles, as they hold at this request."""

    id: UUID
    roles: frozenset[str]

    @property
    def may_look(self) -> bool:
        """Look at somebody's accounts, with a reason."""
        return bool(self.roles & _LOOKING)

    @property
    def may_act(self) -> bool:
        """Try again what failed, freeze an account, read the outbox."""
        return bool(self.roles & _ACTING)

    @property
    def may_propose(self) -> bool:
        """Ask for what takes two people."""
        return Role.OPERATOR in self.roles

    @property
    def may_approve(self) -> bool:
        """Decide on what somebody else asked for."""
        return Role.APPROVER in self.roles

    def require(self, allowed: bool) -> None:
        """Raises `Refusal` (forbidden) unless `allowed`, one of the above."""
        if not allowed:
            raise forbidden(_("Your role does not cover this. Ask somebody who runs the town and whose role does."))


type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


def operators_only[**P](view: Callable[Concatenate[HttpRequest, Operator, P], HttpResponse]) -> View[P]:
    """Give the view the operator who asks; who has no role is told so, and nobody is led to the sign-in."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person_id = current_actor().person_id
        roles = identity.roles(person_id) if person_id else frozenset()
        if person_id is None or not roles:
            raise forbidden(_("This page is for those who run the town. Ask an operator to give you a role."))
        return view(request, Operator(person_id, roles), *args, **kwargs)

    return guarded


@contextmanager
def looking_at(operator: Operator, party_id: UUID, what: str | Promise, reason: str) -> Iterator[None]:
    """See what the party sees, for the block. The party gets a receipt with the reason, the log the operator's act.

    Raises `Refusal` to a role that may not look, and without a reason of 10 to 90 characters.
    """
    operator.require(operator.may_look)
    reason = reason.strip()
    if not LOOK_REASON_CHARACTERS_MIN <= len(reason) <= LOOK_REASON_CHARACTERS_MAX or "\0" in reason:
        raise Refusal(
            "reason_needed",
            _("Say why you look, in %(least)s to %(most)s characters: the person will read it.")
            % {"least": LOOK_REASON_CHARACTERS_MIN, "most": LOOK_REASON_CHARACTERS_MAX},
            field="reason",
        )
    person = identity.persons([party_id]).get(party_id)
    with override(person.language if person else settings.LANGUAGE_CODE):
        told = f"{what}: {reason}"
    acted("look_up", operator.id, kind=READER, target_id=party_id)
    with acting_as(Actor.for_person(operator.id, party_id)):
        record_read(party_id, READER, "", told)
        yield
