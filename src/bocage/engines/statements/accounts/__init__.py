"""Reads a company's accounts: the FEC, electronic invoices (Factur-X, CII, UBL), fuel cards and meters."""

from .reader import preview_accounts, read_accounts
from .types import (
    ACCOUNTS_LIMITS,
    Accounts,
    AccountsFormat,
    Consumption,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    Refuelling,
    TableMapping,
    TablePreview,
)

__all__ = [
    "ACCOUNTS_LIMITS",
    "Accounts",
    "AccountsFormat",
    "Consumption",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "Refuelling",
    "TableMapping",
    "TablePreview",
    "preview_accounts",
    "read_accounts",
]
