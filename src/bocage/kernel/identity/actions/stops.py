"""Freezing an account, which can be undone, and recording a death, which rests it until the estate is settled."""

from datetime import date, timedelta
from uuid import UUID

from allauth.idp.oidc.models import Token
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from bocage.kernel.approvals.actions import acted
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import limits, queries
from bocage.kernel.identity.actions.mandates import end, grant_mandate
from bocage.kernel.identity.actions.tokens import revoke_all_tokens
from bocage.kernel.identity.models import Mandate, Organisation, Person
from bocage.kernel.identity.standing import EVERYTHING
from bocage.kernel.identity.telling import tell
from bocage.kernel.identity.types import Role

EXECUTOR_MANDATE = timedelta(days=2 * 365)


def freeze(party_id: UUID, *, by_id: UUID, reason: str) -> None:
    """Stop all that is done in the name of a person or organisation: by herself, or by an operator at once and alone.

    A frozen person is signed out everywhere, can neither sign in nor be acted for, and can still be paid. One person
    suffices because nothing is lost by it; opening again takes two (see `unfreeze`).
    """
    if party_id != by_id and not queries.roles(by_id) & {Role.OPERATOR, Role.SUPPORT}:
        raise forbidden(_("Only the person herself or an operator may freeze an account."))
    if not reason.strip() or len(reason) > limits.REASON_CHARACTERS_MAX:
        raise Refusal("reason_needed", _("Say why, in at most 500 characters."), field="reason")
    change = {"frozen_at": now(), "frozen_reason": reason, "frozen_by_id": by_id}
    if not (
        Person.objects.filter(id=party_id, frozen_at=None).update(**change)
        or Organisation.objects.filter(id=party_id, frozen_at=None).update(**change)
    ):
        queries.party(party_id)
        raise conflict("already_frozen", _("This account is frozen already."))
    sign_out_everywhere(party_id)
    emit("identity.frozen", subject_id=party_id, data={"by": str(by_id), "reason": reason})
    if party_id != by_id:
        acted("freeze", by_id, kind="identity.party", target_id=party_id)
    words = lambda: (_("Your account is frozen"), _("Ask at the counter to have it opened again. %s") % reason)  # noqa: E731
    tell(party_id, words, by_mail=True)


def unfreeze(party_id: UUID, *, by_id: UUID | None) -> None:
    """Open a frozen account again; reached through a proposal, or a recovery of an account its owner froze."""
    change = {"frozen_at": None, "frozen_reason": "", "frozen_by_id": None}
    if not (
        Person.objects.filter(id=party_id, frozen_at__isnull=False, deceased_on=None).update(**change)
        or Organisation.objects.filter(id=party_id, frozen_at__isnull=False).update(**change)
    ):
        raise not_found(_("There is no frozen account of this kind."))
    emit("identity.unfrozen", subject_id=party_id, data={"by": str(by_id) if by_id else None})
    tell(party_id, lambda: (_("Your account is open again"), ""), by_mail=True)


def record_death(person_id: UUID, died_on: date, *, executor_id: UUID | None, by_id: UUID) -> None:
    """Rest the account of somebody who died: reached through a proposal, with the certificate seen.

    Mandates that she gave and her tokens end; the executor may read all there is for two years. Nothing is erased:
    what is owed and owned waits for the estate, and a death recorded by mistake can be undone.
    """
    if died_on > now().date():
        raise Refusal("death_in_future", _("The day of death cannot be in the future."), field="died_on")
    changed = Person.objects.filter(id=person_id, deceased_on=None).update(
        deceased_on=died_on, frozen_at=now(), frozen_reason="", frozen_by_id=by_id
    )
    if not changed:
        raise not_found(_("There is no such living person."), field="person_id")
    sign_out_everywhere(person_id)
    revoke_all_tokens(person_id)
    for row in Mandate.objects.select_for_update().filter(principal_id=person_id, revoked_at=None, ends_at__gt=now()):
        end(row, by_id)
    if executor_id is not None:
        grant_mandate(person_id, executor_id, [EVERYTHING], ends_at=now() + EXECUTOR_MANDATE)
    data = {"died_on": died_on.isoformat(), "executor_id": str(executor_id) if executor_id else None}
    emit("identity.death_recorded", subject_id=person_id, data=data)


def undo_death(person_id: UUID, *, by_id: UUID) -> None:
    """The person lives: open her account again and end the executor's mandate; reached through a proposal."""
    changed = Person.objects.filter(id=person_id, deceased_on__isnull=False).update(
        deceased_on=None, frozen_at=None, frozen_by_id=None
    )
    if not changed:
        raise not_found(_("No death was recorded for this person."))
    for row in Mandate.objects.select_for_update().filter(principal_id=person_id, revoked_at=None, ends_at__gt=now()):
        end(row, by_id)
    emit("identity.death_undone", subject_id=person_id, data={})
    words = lambda: (_("Your account is open again"), _("A death was recorded by mistake. We are sorry."))  # noqa: E731
    tell(person_id, words, by_mail=True)


def sign_out_everywhere(person_id: UUID) -> None:
    """End every session of the person's and every sign-in of a program in her name."""
    for session in UserSession.objects.filter(user_id=person_id):
        session.end()
    Token.objects.filter(user_id=person_id).delete()
