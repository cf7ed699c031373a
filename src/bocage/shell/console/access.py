"""Who may open the console, and how an operator looks at somebody's account: with a reason, and leaving a receipt."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.approvals.actions import acted
from bocage.kernel.consent.actions import record_read
from bocage.kernel.errors import Refusal, forbidden
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Role

REASON_CHARACTERS_MIN = 10
REASON_CHARACTERS_MAX = 200
_ANY = frozenset(Role)


def operators_only[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse], roles: frozenset[Role] = _ANY
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only people with one of `roles` may open the page; everybody else is told that they may not."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        require_role(roles)
        return view(request, *args, **kwargs)

    return guarded


def require_role(roles: frozenset[Role]) -> UUID:
    """The person who acts, if she has one of `roles`. Raises `Refusal` (forbidden)."""
    person_id = current_actor().person_id
    if person_id is None or not identity.roles(person_id) & {role.value for role in roles}:
        raise forbidden(_("This page is for those who run the town. Ask an operator to give you a role."))
    return person_id


@contextmanager
def looking_at(party_id: UUID, what: str, reason: str) -> Iterator[None]:
    """See what the party sees, for the block. The party gets a receipt, the log gets the operator's act.

    Raises `Refusal` without a reason of at least ten characters.
    """
    reason = reason.strip()
    if not REASON_CHARACTERS_MIN <= len(reason) <= REASON_CHARACTERS_MAX or "\0" in reason:
        raise Refusal(
            "reason_needed",
            _("Say why you look, in %(least)s to %(most)s characters: the person will see that you did.")
            % {"least": REASON_CHARACTERS_MIN, "most": REASON_CHARACTERS_MAX},
            field="reason",
        )
    operator_id = require_role(frozenset({Role.OPERATOR, Role.SUPPORT, Role.AUDITOR}))
    acted("look_up", operator_id, kind=what, target_id=party_id)
    with acting_as(Actor.for_person(operator_id, party_id)):
        record_read(party_id, "operator", "", what)
        yield
