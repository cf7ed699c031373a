"""Identity's verbs that need two people."""

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.approvals.registry import Payload, Verb, register
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries
from bocage.kernel.identity.actions import mandates, organisations, roles, stops
from bocage.kernel.identity.types import ROLE_NAMES


def _id(payload: Payload, field: str) -> UUID:
    try:
        return UUID(payload[field])
    except (KeyError, TypeError, ValueError):
        raise Refusal("payload_form", _("This proposal lacks somebody."), field=field) from None


def _name(payload: Payload, field: str) -> str:
    return queries.party(_id(payload, field)).name


def _day(payload: Payload, field: str) -> date:
    try:
        return date.fromisoformat(payload[field])
    except (KeyError, TypeError, ValueError):
        raise Refusal("payload_form", _("This proposal lacks a day, such as 2026-11-22."), field=field) from None


def _instant(payload: Payload, field: str) -> datetime:
    try:
        instant = datetime.fromisoformat(payload[field])
    except (KeyError, TypeError, ValueError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Refusal("payload_form", _("This proposal lacks a time with its zone."), field=field)
    return instant


def _grant_role(payload: Payload, maker_id: UUID) -> None:
    ends_at = _instant(payload, "ends_at") if "ends_at" in payload else None
    role = roles.clean_role(payload["role"])
    roles.set_role(_id(payload, "person_id"), role, by_id=maker_id, reason="", ends_at=ends_at)


def _role_words(payload: Payload) -> dict[str, str]:
    return {"name": _name(payload, "person_id"), "role": str(ROLE_NAMES[roles.clean_role(payload.get("role", ""))])}


def _grant_mandate(payload: Payload, maker_id: UUID) -> None:
    mandates.grant_mandate(
        _id(payload, "principal_id"), _id(payload, "agent_id"), payload["scopes"], ends_at=_instant(payload, "ends_at")
    )


def _mandate_words(payload: Payload) -> str:
    return _("%(agent)s may act for %(principal)s until %(day)s: %(scopes)s.") % {
        "agent": _name(payload, "agent_id"),
        "principal": _name(payload, "principal_id"),
        "day": _instant(payload, "ends_at").date(),
        "scopes": ", ".join(mandates.clean_scopes(payload.get("scopes") or (), also=frozenset({"*"}))),
    }


def _record_death(payload: Payload, maker_id: UUID) -> None:
    executor_id = _id(payload, "executor_id") if payload.get("executor_id") else None
    stops.record_death(_id(payload, "person_id"), _day(payload, "died_on"), executor_id=executor_id, by_id=maker_id)


VERBS = (
    Verb("identity.grant_role", lambda p: _("%(name)s becomes %(role)s of the town.") % _role_words(p), _grant_role),
    Verb(
        "identity.revoke_role",
        lambda p: _("%(name)s is no longer %(role)s of the town.") % _role_words(p),
        lambda p, maker_id: roles.unset_role(_id(p, "person_id"), roles.clean_role(p["role"]), by_id=maker_id),
    ),
    Verb("identity.grant_mandate", _mandate_words, _grant_mandate),
    Verb(
        "identity.verify_organisation",
        lambda p: _("The papers of %(name)s were checked.") % {"name": _name(p, "organisation_id")},
        lambda p, maker_id: organisations.verify_organisation(_id(p, "organisation_id")),
    ),
    Verb(
        "identity.unfreeze",
        lambda p: _("The account of %(name)s is opened again.") % {"name": _name(p, "party_id")},
        lambda p, maker_id: stops.unfreeze(_id(p, "party_id"), by_id=maker_id),
    ),
    Verb(
        "identity.record_death",
        lambda p: _("%(name)s died on %(day)s.") % {"name": _name(p, "person_id"), "day": _day(p, "died_on")},
        _record_death,
    ),
    Verb(
        "identity.undo_death",
        lambda p: _("%(name)s lives: a death was recorded by mistake.") % {"name": _name(p, "person_id")},
        lambda p, maker_id: stops.undo_death(_id(p, "person_id"), by_id=maker_id),
    ),
)
for each in VERBS:
    register(each)
