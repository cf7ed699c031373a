"""A payee's fee: a share of the amount in basis points, rounded half to even, and a fixed part; never above the
amount. The payer's amount is the payee's part plus the fee, exactly."""

from uuid import UUID

from django.db import connection

from bocage.kernel.payments import limits
from bocage.kernel.payments.types import FeeTerms


def fee_of(amount_minor: int, terms: FeeTerms) -> int:
    """The fee on `amount_minor` (at least 0, whole minor units)."""
    share, rest = divmod(amount_minor * terms.basis_points, limits.BASIS_POINTS)
    if 2 * rest > limits.BASIS_POINTS or (2 * rest == limits.BASIS_POINTS and share % 2 == 1):
        share += 1
    return min(share + terms.fixed_minor, amount_minor)


def terms_of(payee_id: UUID) -> FeeTerms:
    """The payee's terms, or the usual ones; whoever pays may be told."""
    with connection.cursor() as cursor:
        cursor.execute("select basis_points, fixed_minor from payments_fee_terms(%s)", [payee_id])
        row = cursor.fetchone()
    return FeeTerms(*row) if row else FeeTerms(limits.FEE_BASIS_POINTS_DEFAULT, limits.FEE_FIXED_MINOR_DEFAULT)
