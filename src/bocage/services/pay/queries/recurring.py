"""A party's recurring payments: what it agreed to pay, and what others agreed to pay it."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from bocage.kernel import clock
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.types import Charge, Mandate
from bocage.services.pay import limits
from bocage.services.pay.queries import codes


@dataclass(frozen=True)
class Agreement:
    """A mandate as one of its two sides sees it. `pays`: the viewer is who pays.

    `state`: running, paused, over or ended.
    """

    mandate: Mandate
    pays: bool
    other_id: UUID
    other_name: str
    state: str


def agreements(party_id: UUID) -> list[Agreement]:
    """Those that run before those that are over, the newest first; at most `RECURRING_SHOWN_MAX` of each side."""
    paying = payments.mandates(party_id, taken=False, limit=limits.RECURRING_SHOWN_MAX)
    taking = payments.mandates(party_id, taken=True, limit=limits.RECURRING_SHOWN_MAX)
    found = _named(party_id, [*paying, *taking])
    return sorted(found, key=lambda each: each.state not in ("running", "paused"))


def agreement(party_id: UUID, mandate_id: UUID) -> tuple[Agreement, tuple[Charge, ...]]:
    """One of them, with what was paid or tried, the newest first. Raises a `Refusal` (404)."""
    (found,) = _named(party_id, [payments.mandate(mandate_id)])
    return found, payments.charges(mandate_id, limits.PAGE_ROWS)


def _named(party_id: UUID, mandates: list[Mandate]) -> list[Agreement]:
    others = {each.payee_id if each.payer_id == party_id else each.payer_id for each in mandates}
    names = {id: payee.name for id, payee in codes.payees(others).items()} if others else {}
    return [_agreement(party_id, each, names) for each in mandates]


def _agreement(party_id: UUID, mandate: Mandate, names: dict[UUID, str]) -> Agreement:
    pays = mandate.payer_id == party_id
    other_id = mandate.payee_id if pays else mandate.payer_id
    if mandate.revoked_at is not None:
        state = "ended"
    elif clock.today(settings.TOWN["time_zone"]) > mandate.terms.ends_on:
        state = "over"
    elif mandate.paused_at is not None:
        state = "paused"
    else:
        state = "running"
    return Agreement(mandate, pays, other_id, names.get(other_id, ""), state)
