"""Writes and reads ISO 20022 messages between a customer and its bank: pain.001, pain.002, camt.053, camt.054."""

from .camt import write_camt053, write_camt054
from .documents import validate
from .identifiers import check_bic, check_iban, exponent_of
from .pain001 import read_pain001, write_pain001
from .pain002 import read_pain002, write_pain002
from .types import AccountReport, Entry, Iso20022Error, Order, Payment, PaymentStatus, StatusReport

__all__ = [
    "AccountReport",
    "Entry",
    "Iso20022Error",
    "Order",
    "Payment",
    "PaymentStatus",
    "StatusReport",
    "check_bic",
    "check_iban",
    "exponent_of",
    "read_pain001",
    "read_pain002",
    "validate",
    "write_camt053",
    "write_camt054",
    "write_pain001",
    "write_pain002",
]
