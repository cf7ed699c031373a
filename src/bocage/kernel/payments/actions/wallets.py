"""The accounts that payments move money between, opened at first need."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import queries as accounts
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.payments import limits
from bocage.kernel.payments.models import Fee
from bocage.kernel.payments.queries import wallet
from bocage.kernel.payments.types import FeeTerms

# What operators do to payments that are not their own, they do as this service.
OPERATING = "payments"


def wallet_of(owner_id: UUID, currency: str) -> UUID:
    """The id of the party's wallet, opened at first need. Raises `Refusal` for a unit that is not money."""
    if not accounts.unit(currency).is_money:
        raise Refusal("not_money", _("Payments are made in money. Choose a currency."), field="currency")
    id = wallet(owner_id, currency)
    ledger.open_account(id, owner_id, currency, "wallet")
    return id


def fees_id(payee_id: UUID, currency: str) -> UUID:
    """The id of the account where one payee's fees gather. One for all would be one that all payers wait for."""
    return account_id_of(payee_id, currency, "fees")


def fees_from(payee_id: UUID, currency: str) -> UUID:
    """The same, opened at first need."""
    id = fees_id(payee_id, currency)
    ledger.open_account(id, None, currency, "fees")
    return id


def check_fee_terms(terms: FeeTerms) -> None:
    """Raises `Refusal` where the terms pass the limits."""
    if not (
        0 <= terms.basis_points <= limits.FEE_BASIS_POINTS_MAX and 0 <= terms.fixed_minor <= limits.FEE_FIXED_MINOR_MAX
    ):
        raise Refusal("fee_out_of_range", _("Choose a fee within the limits."), field="basis_points")


def set_fee_terms(payee_id: UUID, terms: FeeTerms) -> None:
    """What the payee pays from now on for payments it takes; an operator's verb, by two people."""
    check_fee_terms(terms)
    with acting_as(Actor.for_service(OPERATING)):
        Fee.objects.update_or_create(
            payee_id=payee_id, defaults={"basis_points": terms.basis_points, "fixed_minor": terms.fixed_minor}
        )
