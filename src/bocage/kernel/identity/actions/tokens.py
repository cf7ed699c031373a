"""API tokens: made by a person, for herself or for whom she may act, shown once."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import limits, tokens
from bocage.kernel.identity.actions.mandates import clean_scopes
from bocage.kernel.identity.actions.people import clean_name
from bocage.kernel.identity.models import ApiToken, Person
from bocage.kernel.identity.standing import subject_for


def create_token(
    person_id: UUID, name: str, scopes: Collection[str], *, life: timedelta, subject_id: UUID | None = None
) -> tuple[UUID, str]:
    """Make a token that may do `scopes` for `subject_id` (the person herself when None). Its id, and the token itself.

    The token is not stored: this answer is the only time it can be read. Raises a `Refusal` for an unknown scope, one
    that the person may not use for the subject, a life over 366 days, or a twenty-first live token.
    """
    wanted = clean_scopes(scopes)
    for scope in wanted:
        subject_for(person_id, subject_id, scope)
    if not timedelta(0) < life <= limits.TOKEN_LIFE_MAX:
        raise Refusal("token_life", _("A token lives for at most 366 days."), field="life")
    # The lock on the person makes the count hold when two requests come at once.
    Person.objects.select_for_update().get(id=person_id)
    live = ApiToken.objects.filter(person_id=person_id, revoked_at=None, expires_at__gt=now())
    if live.count() >= limits.TOKENS_PER_PERSON_MAX:
        raise Refusal("too_many_tokens", _("Revoke one of your 20 tokens first."))
    raw = tokens.make()
    row = ApiToken.objects.create(
        person_id=person_id,
        subject_id=subject_id or person_id,
        name=clean_name(name),
        hint=raw[: tokens.HINT_CHARACTERS],
        digest=tokens.digest(raw),
        scopes=wanted,
        expires_at=now() + life,
    )
    _log_created(row, wanted, row.expires_at)
    return row.id, raw


def revoke_token(token_id: UUID, person_id: UUID) -> None:
    """Stop a token of the person's at once. Twice is the same as once."""
    row = ApiToken.objects.select_for_update().filter(id=token_id, person_id=person_id).first()
    if row is None:
        raise not_found(_("There is no such token."))
    if row.revoked_at is None:
        _revoke(row)


def revoke_all_tokens(person_id: UUID) -> int:
    """Stop every token of the person's; how many there were."""
    rows = list(ApiToken.objects.select_for_update().filter(person_id=person_id, revoked_at=None))
    for row in rows:
        _revoke(row)
    return len(rows)


def _revoke(row: ApiToken) -> None:
    row.revoked_at = now()
    row.save(update_fields=["revoked_at"])
    emit("identity.token_revoked", subject_id=row.person_id, data={"token_id": str(row.id)})


def _log_created(row: ApiToken, scopes: list[str], expires_at: datetime) -> None:
    data = {"token_id": str(row.id), "name": row.name, "scopes": scopes, "expires_at": expires_at.isoformat()}
    emit("identity.token_created", subject_id=row.person_id, data=data)
