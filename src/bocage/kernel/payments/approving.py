"""What operators do to other people's payments: each takes two of them."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals.registry import Payload, Verb, register
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.actions.exchange import check_rate
from bocage.kernel.payments.actions.wallets import OPERATING, check_fee_terms
from bocage.kernel.payments.types import DisputeState, FeeTerms

DECIDE = "payments.decide_dispute"
_DECISIONS = (DisputeState.FOR_PAYER, DisputeState.FOR_PAYEE)


def register_verbs() -> None:
    """Called when the app is loaded."""
    register(Verb(DECIDE, _says_decision, _decide))
    register(Verb("payments.set_fee_terms", _says_terms, _set_terms))
    register(Verb("payments.set_rate", _says_rate, _set_rate))
    register(Verb("payments.unfreeze_wallet", _says_unfreeze, _unfreeze))


def _says_decision(payload: Payload) -> str:
    dispute_id, state = _id(payload, "dispute_id"), payload.get("state")
    if state not in _DECISIONS:
        raise Refusal("state_invalid", _("Decide for the payer or for the payee."), field="state")
    with acting_as(Actor.for_service(OPERATING)):
        dispute = queries.dispute(dispute_id)
    winner = dispute.payer_id if state == DisputeState.FOR_PAYER else dispute.payee_id
    return _("Decide dispute %(id)s for %(name)s.") % {"id": dispute_id, "name": identity.party_name(winner)}


def _decide(payload: Payload, _maker_id: UUID) -> None:
    with acting_as(Actor.for_service(OPERATING)):
        actions.end_dispute(_id(payload, "dispute_id"), DisputeState(payload["state"]))


def _says_terms(payload: Payload) -> str:
    payee_id, terms = _terms(payload)
    return _("Let %(name)s pay %(basis_points)s basis points and %(fixed)s minor units for each payment taken.") % {
        "name": identity.party(payee_id).name,
        "basis_points": terms.basis_points,
        "fixed": terms.fixed_minor,
    }


def _set_terms(payload: Payload, _maker_id: UUID) -> None:
    actions.set_fee_terms(*_terms(payload))


def _says_rate(payload: Payload) -> str:
    sell_unit, buy_unit, numerator, denominator = _rate(payload)
    check_rate(sell_unit, buy_unit, numerator, denominator)
    return _("From now on, %(sell)s minor units of %(sell_unit)s buy %(buy)s minor units of %(buy_unit)s.") % {
        "sell": denominator,
        "sell_unit": sell_unit,
        "buy": numerator,
        "buy_unit": buy_unit,
    }


def _set_rate(payload: Payload, _maker_id: UUID) -> None:
    with acting_as(Actor.for_service(OPERATING)):
        actions.set_rate(*_rate(payload))


def _says_unfreeze(payload: Payload) -> str:
    owner_id, currency = _id(payload, "owner_id"), str(payload.get("currency", ""))
    actions.wallet_of(owner_id, currency)
    name = identity.party(owner_id).name
    return _("Let money leave the %(currency)s wallet of %(name)s again.") % {"currency": currency, "name": name}


def _unfreeze(payload: Payload, _maker_id: UUID) -> None:
    ledger.unfreeze(queries.wallet(_id(payload, "owner_id"), payload["currency"]))


def _terms(payload: Payload) -> tuple[UUID, FeeTerms]:
    basis_points, fixed_minor = payload.get("basis_points"), payload.get("fixed_minor")
    if not isinstance(basis_points, int) or not isinstance(fixed_minor, int):
        raise Refusal("fee_out_of_range", _("Choose a fee within the limits."), field="basis_points")
    terms = FeeTerms(basis_points, fixed_minor)
    check_fee_terms(terms)
    return _id(payload, "payee_id"), terms


def _rate(payload: Payload) -> tuple[str, str, int, int]:
    numerator, denominator = payload.get("numerator"), payload.get("denominator")
    if not isinstance(numerator, int) or not isinstance(denominator, int):
        raise Refusal("rate_out_of_range", _("Choose a rate of two whole numbers above zero."), field="numerator")
    return str(payload.get("sell_unit", "")), str(payload.get("buy_unit", "")), numerator, denominator


def _id(payload: Payload, field: str) -> UUID:
    try:
        return UUID(str(payload.get(field)))
    except ValueError:
        raise Refusal("id_invalid", _("This is not an id."), field=field) from None
